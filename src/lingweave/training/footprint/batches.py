"""How long the texts of a step are: from the table where there is one, else at their limits."""

import itertools
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from transformers import AutoTokenizer

from lingweave.encoders.loading import is_decoder, prepare_tokenizer
from lingweave.errors import LingweaveError
from lingweave.objectives import Need
from lingweave.plan import BatchPlan, Recipe
from lingweave.table import ParallelTable
from lingweave.training.checks import check_prompts
from lingweave.training.chunks import chunks_by_length
from lingweave.training.config import TrainConfig
from lingweave.training.footprint.shape import Described

Ints = NDArray[np.int64]
SAMPLED_STEPS = 16
"""Steps of the plan that are looked at, evenly over the run."""
SAMPLED_TEXTS = 20_000
"""Texts that are tokenised for it at most."""


class Texts(NamedTuple):
    """How long the texts of one process's steps are."""

    sizes: Ints
    """(n,): tokens of each text of the step with the most tokens."""
    tokens: float
    """Tokens of a step on average."""
    padded: float
    """The same with the padding of its chunks."""
    known: str
    """Where the lengths are from, in words."""


def texts_at_limits(config: TrainConfig, needs: frozenset[Need], budget: int) -> Texts:
    """Every text as long as it may be: an upper bound."""
    views = ("other_query" in needs, "other_passage" in needs)
    queries = config.batch_size * (1 + views[0])
    passages = config.batch_size * (1 + config.negatives + views[1])
    sizes = np.repeat([config.query_length, config.passage_length], [queries, passages])
    known = "lengths at their limits (query_length, passage_length)"
    return Texts(sizes, float(sizes.sum()), float(padded_tokens(sizes, budget)), known)


def texts_sampled(
    config: TrainConfig,
    shape: Described,
    table: ParallelTable,
    recipe: Recipe,
    needs: frozenset[Need],
    budget: int,
) -> Texts | None:
    """Lengths in batches that the run will see; None if the encoder has no tokenizer beside it.

    Hard negatives and views are taken to be as long as the passages and queries themselves.
    """
    tokenizer = _tokenizer(shape, config)
    if tokenizer is None:
        return None
    lengths = (config.query_length, config.passage_length)
    check_prompts(config, lengths, lambda prompt: len(tokenizer(prompt)["input_ids"]))
    plan = BatchPlan(recipe, table.shape(), config.seed)
    count = max(1, min(SAMPLED_STEPS, config.steps, SAMPLED_TEXTS // (2 * config.batch_size)))
    steps = np.unique(np.linspace(0, config.steps - 1, count).astype(int)).tolist()
    found = [_sizes(config, tokenizer, table, plan, step, needs) for step in steps]
    padded = [padded_tokens(sizes, budget) for sizes in found]
    known = f"lengths from {len(steps)} batches of the plan (memory: the largest of them)"
    means = float(np.mean([sizes.sum() for sizes in found])), float(np.mean(padded))
    return Texts(found[int(np.argmax(padded))], *means, known)


def padded_tokens(sizes: Ints, budget: int) -> int:
    """Tokens of the chunks of a step, padding included; ``budget`` 0: one chunk."""
    if not budget:
        return len(sizes) * int(sizes.max())
    return sum(len(chunk) * int(sizes[chunk[0]]) for chunk in chunks_by_length(sizes, budget))


def _tokenizer(shape: Described, config: TrainConfig) -> Any:
    if shape.folder is None or not any((shape.folder / name).is_file() for name in _FILES):
        return None
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(shape.folder), local_files_only=True)
    except Exception as error:  # Files of every vintage raise everything.
        reason = " ".join(str(error).split())[:160]
        raise LingweaveError(f"encoder: the tokenizer in {shape.folder}: {reason}") from error
    assert shape.config is not None
    if not (Path(config.encoder) / "modules.json").is_file():
        prepare_tokenizer(tokenizer, is_decoder(shape.config), shape.pooling)
    return tokenizer


_FILES = ("tokenizer.json", "tokenizer.model", "vocab.txt", "vocab.json")


def _sizes(
    config: TrainConfig,
    tokenizer: Any,
    table: ParallelTable,
    plan: BatchPlan,
    step: int,
    needs: frozenset[Need],
) -> Ints:
    batch = plan.batch(step)
    sides = []
    for read, languages, prompt, length, times in (
        (table.query, batch.query_languages, config.query_prompt, config.query_length,
         1 + ("other_query" in needs)),
        (table.passage, batch.passage_languages, config.passage_prompt, config.passage_length,
         1 + config.negatives + ("other_passage" in needs)),
    ):  # fmt: skip
        pairs = zip(batch.rows.tolist(), languages.tolist(), strict=True)
        texts = [prompt + read(row, language) for row, language in pairs]
        ids = tokenizer(texts, truncation=True, max_length=length)["input_ids"]
        sides.append(np.array([len(one) for one in ids] * times, np.int64))
    return np.concatenate(list(itertools.chain(sides)))
