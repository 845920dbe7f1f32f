"""The tables of a run: to learn from, to be judged by, and to make a vocabulary of."""

from collections.abc import Iterator
from itertools import chain, islice

from lingweave.errors import LingweaveError
from lingweave.sources.rows import read_table
from lingweave.table import SIDES, ParallelTable
from lingweave.training.config import TrainConfig

TOKENIZER_TEXTS = 500_000
"""Texts a tokenizer is trained on at most; more cost minutes and hardly change it."""


def training_table(config: TrainConfig) -> ParallelTable:
    """The table that a run learns from.

    Raises:
        LingweaveError: a file cannot be read, or nothing is left of it.
    """
    return _read(config, config.table, "train")


def validation_table(config: TrainConfig) -> ParallelTable | None:
    """The table that a run is judged by; None: it is not.

    Raises:
        LingweaveError: there is nothing to validate on.
    """
    if not config.eval_every:
        return None
    if config.valid:
        return read_table(config.valid, languages=config.languages, split=None)
    try:
        return _read(config, config.table, "validation")
    except LingweaveError as error:
        raise LingweaveError(
            f"eval_every: there is nothing to validate on ({error}); name files with valid,"
            " or leave eval_every out"
        ) from error


def vocabulary_texts(config: TrainConfig, table: ParallelTable) -> Iterator[str]:
    """The texts that a tokenizer is trained on."""
    own = sampled_texts(table)
    if not config.vocabulary_from:
        return own
    return chain(sampled_texts(_read(config, config.vocabulary_from, "train")), own)


def sampled_texts(table: ParallelTable) -> Iterator[str]:
    """What a tokenizer is trained on: all texts, or every k-th of a table that has too many."""
    total = sum(int(table.present(side).sum()) for side in SIDES)
    stride = -(-total // TOKENIZER_TEXTS)
    return islice(chain(*(table.texts(side) for side in SIDES)), 0, None, stride)


def _read(config: TrainConfig, paths: list[str], split: str) -> ParallelTable:
    return read_table(
        paths,
        languages=config.languages,
        datasets=config.datasets,
        one_of=config.one_of or (),
        split=split,
    )
