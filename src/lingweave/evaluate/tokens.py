"""What a language pays for its tokenizer: tokens a character or translation, and what is lost."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from lingweave.benchmark import Benchmark, Texts
from lingweave.bias import Figure
from lingweave.bias.figure import OURS, itself, mean_of
from lingweave.errors import LingweaveError
from lingweave.evaluate.bias import BiasResult, result_of
from lingweave.evaluate.figure_sums import FigureSums
from lingweave.significance import Resampling

Values = NDArray[np.float64]


class Tokens(NamedTuple):
    """What a tokenizer makes of a text, special tokens left out."""

    number: int
    """Tokens."""
    lost: int
    """Characters inside unknown tokens: the model cannot tell them from any others."""


Counter = Callable[[Sequence[str]], Sequence[Tokens]]
"""Texts to their tokens."""

SAMPLE = 1000
"""Passages of each language that are counted at most."""

TOKENS_PER_CHARACTER = Figure(
    name="tokens_per_character",
    meaning="tokens that the tokenizer makes of a character, by language of the passage",
    source=f"{OURS}; a relative of fertility, which counts tokens a word",
    unit="ratio",
    better="lower",
    by="passage language",
    shape="languages",
    breakdown=itself,
    value=mean_of(itself),
    users=lambda told: (
        f"A character becomes {told.value:.2f} tokens, from {told.by_language[told.lowest]:.2f} in"
        f" {told.lowest} to {told.by_language[told.highest]:.2f} in {told.highest}: the more, the"
        " sooner a passage is cut off. Writing systems differ in how much a character says, and few"
        " tokens can also mean unknown ones: see unknown_characters."
    ),
)
UNKNOWN_CHARACTERS = Figure(
    name="unknown_characters",
    meaning="share of characters that the tokenizer turns into unknown tokens, by language",
    source=OURS,
    unit="share",
    better="lower",
    by="passage language",
    shape="languages",
    breakdown=itself,
    value=mean_of(itself),
    users=lambda told: (
        f"Of what is written in {told.highest}, {told.by_language[told.highest]:.1%} is unknown to"
        " the model and cannot be searched for; on the mean over languages"
        f" {told.value:.1%}."
    ),
)
TOKENS_OF_TRANSLATIONS = Figure(
    name="tokens_of_translations",
    meaning="tokens of a language's queries over those of their translations in the pivot",
    source=f"arXiv 2305.15425 compares lengths of translations in tokens; ratio of sums: {OURS}",
    unit="ratio",
    better="lower",
    by="query language",
    shape="languages",
    breakdown=itself,
    value=mean_of(itself),
    users=lambda told: (
        f"The same question takes {told.by_language[told.highest]:.1f} times as many tokens in"
        f" {told.highest} as in the pivot, {told.value:.1f} times on the mean over languages."
    ),
)


def token_counter(folder: Path) -> Counter:
    """Counts tokens with the `tokenizer.json` of a model's folder.

    Raises:
        LingweaveError: there is none.
    """
    found = sorted(folder.rglob("tokenizer.json"), key=lambda path: len(path.parts))
    if not found:
        raise LingweaveError(f"{folder}: holds no tokenizer.json; its tokens cannot be counted")
    tokenizer = Tokenizer.from_file(str(found[0]))
    tokenizer.no_truncation()
    tokenizer.no_padding()

    model = json.loads(tokenizer.to_str())["model"]
    name = model.get("unk_token")
    unknown = model.get("unk_id") if name is None else tokenizer.token_to_id(name)

    def counts(texts: Sequence[str]) -> list[Tokens]:
        encoded = tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [
            Tokens(
                len(one.ids),
                sum(
                    end - start
                    for id, (start, end) in zip(one.ids, one.offsets, strict=True)
                    if id == unknown
                ),
            )
            for one in encoded
        ]

    return counts


def tokens_per_character(
    count: Counter, corpora: Mapping[str, Texts], resampling: Resampling | None = None
) -> tuple[BiasResult, BiasResult]:
    """Tokens over characters, and the share of characters that are lost in unknown tokens.

    Args:
        count: A tokenizer, such as `token_counter` gives.
        corpora: Passages by language; of each at most `SAMPLE`, evenly from its corpus.
        resampling: How intervals are drawn; passages are drawn again.
    """
    languages = tuple(sorted(corpora))
    most = max((min(len(side.texts), SAMPLE) for side in corpora.values()), default=0)
    tokens, lost = (
        FigureSums.empty("languages", len(languages), np.arange(most)) for _ in range(2)
    )
    for x, language in enumerate(languages):
        texts = corpora[language].texts
        rows = np.unique(np.linspace(0, len(texts) - 1, min(len(texts), SAMPLE)).astype(np.int64))
        some = [texts[row] for row in rows.tolist()] if len(texts) else []
        counted, lengths = count(some), [len(text) for text in some]
        _add(tokens, x, np.arange(len(some)), [one.number for one in counted], lengths)
        _add(lost, x, np.arange(len(some)), [one.lost for one in counted], lengths)
    how = resampling or Resampling()
    return (
        result_of(TOKENS_PER_CHARACTER, languages, tokens, how),
        result_of(UNKNOWN_CHARACTERS, languages, lost, how),
    )


def tokens_of_translations(
    count: Counter, benchmark: Benchmark, pivot: str = "en", resampling: Resampling | None = None
) -> BiasResult | None:
    """Tokens of each language's queries over those of the same queries in the pivot.

    None where the pivot asks nothing, or no other language asks the same.
    """
    if pivot not in benchmark.queries:
        return None
    others = tuple(x for x in sorted(benchmark.queries) if x != pivot)
    side = benchmark.queries[pivot]
    counted = count(list(side.texts))
    of_pivot = {id: one.number for id, one in zip(side.ids, counted, strict=True)}
    place = {id: i for i, id in enumerate(of_pivot)}
    _, clusters = np.unique([benchmark.group(id) for id in of_pivot], return_inverse=True)
    sums = FigureSums.empty("languages", len(others), clusters)
    for x, language in enumerate(others):
        asked = benchmark.queries[language]
        shared = [(id, t) for id, t in zip(asked.ids, asked.texts, strict=True) if id in place]
        rows = np.array([place[id] for id, _ in shared], dtype=np.int64)
        above = [one.number for one in count([text for _, text in shared])]
        _add(sums, x, rows, above, [of_pivot[id] for id, _ in shared])
    if not sums.total[1].any():
        return None
    figure = replace(
        TOKENS_OF_TRANSLATIONS, meaning=TOKENS_OF_TRANSLATIONS.meaning.replace("the pivot", pivot)
    )
    return result_of(figure, others, sums, resampling or Resampling())


def _add(
    sums: FigureSums, x: int, rows: NDArray[np.int64], above: Sequence[int], below: Sequence[int]
) -> None:
    """Adds numerators and denominators of one language, by the clusters of their rows."""
    for side, values in enumerate((above, below)):
        numbers = np.asarray(values, dtype=np.float64)
        clusters = sums.clusters[rows]
        sums.total[side, x] += numbers.sum()
        sums.by_cluster[side, x] += np.bincount(
            clusters, numbers, minlength=sums.by_cluster.shape[2]
        )
