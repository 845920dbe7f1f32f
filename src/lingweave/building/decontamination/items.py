"""The texts of a benchmark, as a table's texts are held against them."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from lingweave.benchmark import Benchmark, Texts
from lingweave.building.decontamination.normal import letters_of
from lingweave.building.decontamination.shingles import Vocabulary, shingles_of
from lingweave.building.decontamination.tokens import words
from lingweave.table import Side

Corpus = Literal["all", "gold", "none"]
TEXTS = 4096
"""Texts that are taken apart together."""


class Item(NamedTuple):
    """One text of a benchmark."""

    side: Side
    """Whether it asks or answers."""
    language: str
    """Its language."""
    id: str
    """Its id there."""
    text: str
    """The text."""

    def __str__(self) -> str:
        return f"the {self.side} {self.id} ({self.language})"


class Items:
    """A benchmark's texts, and where each run of letters stands in them.

    Memory: the texts, and about 60 bytes for each letter of those that are long enough to be
    looked for with changes (XQuAD-R, 2.6 million letters: 150 MB).
    """

    def __init__(self, benchmark: Benchmark, corpus: Corpus, shortest: int) -> None:
        """Reads the benchmark once.

        Args:
            benchmark: any.
            corpus: which of its passages: all, those that answer a query, or none.
            shortest: words of the shortest text that is looked for with changes or inside others.
        """
        self.items = list(_items(benchmark, corpus))
        self.exact: dict[str, int] = {}
        self.normal: dict[str, int] = {}
        hashes: list[NDArray[np.uint64]] = []
        owners: list[NDArray[np.int64]] = []
        for start in range(0, len(self.items), TEXTS):
            some = self.items[start : start + TEXTS]
            letters = letters_of([item.text for item in some])
            for place, form in enumerate(letters.strings(), start):
                self.exact.setdefault(self.items[place].text, place)
                if form:
                    self.normal.setdefault(form, place)
            runs = shingles_of(letters)
            long = np.array([len(words(i.text, i.language)) >= shortest for i in some], np.bool_)
            hashes.append(runs.hashes[long[runs.texts]])
            owners.append(runs.texts[long[runs.texts]] + start)
        every = np.concatenate(hashes) if hashes else np.empty(0, np.uint64)
        self.vocabulary = Vocabulary(every)
        owner = np.concatenate(owners) if owners else np.empty(0, np.int64)
        shape = (len(self.vocabulary), len(self.items))
        self.runs = distinct_pairs(self.vocabulary.places(every), owner, shape)
        """(vocabulary, items) 1 where a run of letters stands in an item."""
        self.counts = np.asarray(self.runs.sum(axis=0)).ravel().astype(np.int64)
        """(items,) distinct runs of each; 0 of those that are too short."""

    @lru_cache(maxsize=1 << 16)  # noqa: B019  The items live as long as their words.
    def words(self, item: int) -> tuple[str, ...]:
        """The words of an item."""
        return tuple(words(self.items[item].text, self.items[item].language))


def distinct_pairs(
    rows: NDArray[np.int64], columns: NDArray[np.int64], shape: tuple[int, int]
) -> sp.csr_matrix:
    """1 where a pair stands, however often it does."""
    pairs = sp.csr_matrix((np.ones(len(rows), np.int32), (rows, columns)), shape)
    pairs.sum_duplicates()
    pairs.data[:] = 1
    return pairs


def _items(benchmark: Benchmark, corpus: Corpus) -> Iterator[Item]:
    for language, texts in sorted(benchmark.queries.items()):
        yield from _of("query", language, texts)
    if corpus == "none":
        return
    gold = {(one.language, one.passage_id) for one in benchmark.gold}
    for language, texts in sorted(benchmark.corpora.items()):
        for item in _of("passage", language, texts):
            if corpus == "all" or (language, item.id) in gold:
                yield item


def _of(side: Side, language: str, texts: Texts) -> Iterator[Item]:
    for id, text in zip(texts.ids, texts.texts, strict=True):
        yield Item(side, language, id, text)
