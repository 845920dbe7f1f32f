"""How many tokens a step of a run encodes, from some steps of its plan."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lingweave.objectives import objective_of
from lingweave.plan import Batch, BatchPlan
from lingweave.plan.views import other_languages
from lingweave.sources.rows import read_table
from lingweave.table import ParallelTable
from lingweave.training.config import TrainConfig

SAMPLED_STEPS = 16
"""Steps whose texts are tokenised to estimate the tokens of a run."""
CHARACTERS = 4
"""Characters that are taken for a token where there is no tokenizer."""
_TOKENIZER = "tokenizer.json"

Ints = NDArray[np.int64]


def tokens_per_step(config: TrainConfig, model: Path | None) -> float:
    """Tokens that the encoder reads at a step, without padding, on average over some steps of the
    plan: queries, passages, hard negatives, and the translations that the objective needs.

    A teacher reads each text of the table once, before the first step: it is not counted.

    Args:
        config: the run.
        model: whose tokenizer counts; without one, or where it has no `tokenizer.json`, so many
            characters are taken for a token.
    """
    # They import torch, which takes seconds.
    from lingweave.training.feeding import wanted_of
    from lingweave.training.options import recipe_of

    lengths = _token_counts(model)
    table = read_table(
        config.table,
        languages=config.languages,
        datasets=config.datasets,
        one_of=config.one_of or (),
    )
    terms = objective_of(config.objective, config.temperature)
    views = wanted_of(config, table, terms, lambda line: None).views
    plan = BatchPlan(recipe_of(config), table.shape(), config.seed)
    steps = np.unique(np.linspace(0, config.steps - 1, SAMPLED_STEPS).astype(int)).tolist()
    total = 0
    for step in steps:
        batch = plan.batch(step)
        own = (batch.query_languages, batch.passage_languages)
        for side, view in enumerate(views):
            prompt = (config.query_prompt, config.passage_prompt)[side]
            limit = (config.query_length, config.passage_length)[side]
            texts = _texts(table, side, batch.rows, own[side])
            counted = sum(_cut(lengths, prompt, texts, limit))
            total += counted
            if side and config.negatives:
                total += _of_negatives(config, table, batch, lengths, counted)
            if view is not None:
                found = other_languages(plan, batch, side, view.language)
                # Rows without a translation encode their own text again.
                languages = np.where(found < 0, own[side], found)
                texts = _texts(table, side, batch.rows, languages)
                total += sum(_cut(lengths, prompt, texts, limit))
    return total / len(steps)


def _texts(table: ParallelTable, side: int, rows: Ints, languages: Ints) -> Iterator[str]:
    read = table.passage if side else table.query
    return (read(*cell) for cell in zip(rows.tolist(), languages.tolist(), strict=True))


def _of_negatives(
    config: TrainConfig,
    table: ParallelTable,
    batch: Batch,
    lengths: Callable[[list[str]], list[int]],
    passages: int,
) -> int:
    """Tokens of the hard negatives; mined ones are taken to be as long as passages."""
    if config.mined is not None:
        return config.negatives * passages
    cells = zip(batch.rows.tolist(), batch.passage_languages.tolist(), strict=True)
    texts = (text for cell in cells for text in table.negatives(*cell)[: config.negatives])
    return sum(_cut(lengths, config.passage_prompt, texts, config.passage_length))


def _cut(
    lengths: Callable[[list[str]], list[int]], prompt: str, texts: Iterator[str], limit: int
) -> Iterator[int]:
    return (min(count, limit) for count in lengths([prompt + text for text in texts]))


def _token_counts(model: Path | None) -> Callable[[list[str]], list[int]]:
    """Gives the tokens of texts."""
    places = (model, *sorted(model.glob("*/"))) if model is not None else ()
    found = next((place for place in places if (place / _TOKENIZER).is_file()), None)
    if found is None:
        return lambda texts: [-(-len(text) // CHARACTERS) for text in texts]
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(found / _TOKENIZER))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return lambda texts: [len(one) for one in tokenizer.encode_batch(texts)]
