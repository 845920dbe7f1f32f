"""The kinds of batch: which languages the rows of one step stand in.

A kind is a value. ``draw`` gives every record its query and its passage language (``multi``:
several of each); it says of each record whether it has texts in all of them, so that the plan can
put another record in its place.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from lingweave.errors import LingweaveError
from lingweave.plan.draws import Floats, Ints
from lingweave.plan.shape import Cells


class Drawn(NamedTuple):
    """The languages of n records with m rows each."""

    query_languages: Ints
    """(n, m)"""
    passage_languages: Ints
    """(n, m)"""
    usable: Cells
    """(n,): whether the record has the queries and the passages in these languages."""


class Chance(NamedTuple):
    """The random numbers of one draw for n records, and the weights of the languages."""

    step: Floats
    """(n,) uniform numbers, the same for all records of a step."""
    rows: Callable[[int], Floats]
    """Side (0: query, 1: passage) -> (n, L) uniform numbers: one for each record and language."""
    batch_weights: Floats
    """(L,): how often a language is drawn for a whole batch, relative to the others."""
    row_weights: Floats
    """(L,): the same for a row, among the languages that its record has."""
    whole: Cells
    """(L,): languages in which the data set can fill a batch by itself."""


class Kind(Protocol):
    """A kind of batch."""

    @property
    def name(self) -> str:
        """What recipes and logs call it."""

    @property
    def rows_per_record(self) -> int:
        """How many rows of the batch each record has."""

    def draw(self, queries: Cells, passages: Cells, chance: Chance) -> Drawn:
        """Languages for the records whose cells these are, each (n, L)."""

    def usable(self, queries: Cells, passages: Cells) -> Cells:
        """(n,): which records this kind can use in at least one way."""


@dataclass(frozen=True)
class Mono:
    """X-X-mono: every query and passage of the batch in one language (arXiv 2408.10536, 3.1)."""

    name = "mono"
    rows_per_record = 1

    def draw(self, queries: Cells, passages: Cells, chance: Chance) -> Drawn:
        shares = np.cumsum(chance.batch_weights * chance.whole)
        languages = np.searchsorted(shares, chance.step * shares[-1], side="right")[:, None]
        usable = (np.take_along_axis(cells, languages, 1)[:, 0] for cells in (queries, passages))
        return Drawn(languages, languages, np.logical_and(*usable))

    def usable(self, queries: Cells, passages: Cells) -> Cells:
        return np.asarray((queries & passages).any(1))


@dataclass(frozen=True)
class Same:
    """LAReQA's X-X: query and passage of a row share a language, the batch mixes languages."""

    name = "same"
    rows_per_record = 1

    def draw(self, queries: Cells, passages: Cells, chance: Chance) -> Drawn:
        cells = queries & passages
        languages = drawn_languages(cells, chance.rows(0), chance.row_weights)
        return Drawn(languages, languages, np.asarray(cells.any(1)))

    def usable(self, queries: Cells, passages: Cells) -> Cells:
        return np.asarray((queries & passages).any(1))


@dataclass(frozen=True)
class Cross:
    """X-Y: every row draws its own query language and its own other passage language."""

    name = "cross"
    rows_per_record = 1

    def draw(self, queries: Cells, passages: Cells, chance: Chance) -> Drawn:
        # A query language is of use only if some other language has the passage.
        others = passages.sum(1)[:, None] > passages
        asked = queries & others
        query_languages = drawn_languages(asked, chance.rows(0), chance.row_weights)
        answered = passages.copy()
        np.put_along_axis(answered, query_languages, False, axis=1)
        passage_languages = drawn_languages(answered, chance.rows(1), chance.row_weights)
        return Drawn(query_languages, passage_languages, np.asarray(asked.any(1)))

    def usable(self, queries: Cells, passages: Cells) -> Cells:
        return np.asarray((queries & (passages.sum(1)[:, None] > passages)).any(1))


@dataclass(frozen=True)
class Pivot:
    """One fixed language on one side, any other on the other; En-En fixes both sides."""

    query: int | None
    """The language of all queries; None: drawn for each row."""
    passage: int | None
    """The language of all passages; None: drawn for each row."""
    name: str = "pivot"
    """As the recipe writes it, with its languages."""
    rows_per_record = 1

    def __post_init__(self) -> None:
        if self.query is None and self.passage is None:
            raise LingweaveError("a pivot batch needs a fixed language: write pivot(en,*)")

    def draw(self, queries: Cells, passages: Cells, chance: Chance) -> Drawn:
        asked, answered = self._sides(queries, passages)
        return Drawn(
            drawn_languages(asked, chance.rows(0), chance.row_weights),
            drawn_languages(answered, chance.rows(1), chance.row_weights),
            np.asarray(asked.any(1) & answered.any(1)),
        )

    def usable(self, queries: Cells, passages: Cells) -> Cells:
        asked, answered = self._sides(queries, passages)
        return np.asarray(asked.any(1) & answered.any(1))

    def _sides(self, queries: Cells, passages: Cells) -> tuple[Cells, Cells]:
        return (
            _narrowed(queries, self.query, besides=self.passage),
            _narrowed(passages, self.passage, besides=self.query),
        )


@dataclass(frozen=True)
class Multi:
    """Every record in several rows, with different query and different passage languages.

    The rows of a record stand next to each other. The languages of its queries are drawn without
    replacement, and so, independently, are those of its passages: a record's row may stand in one
    language on both sides. What multi-positive InfoNCE is made for.
    """

    rows_per_record: int = 2
    """Rows, and languages of each side, of a record."""

    @property
    def name(self) -> str:
        """As the recipe writes it."""
        return f"multi({self.rows_per_record})"

    def draw(self, queries: Cells, passages: Cells, chance: Chance) -> Drawn:
        return Drawn(
            drawn_languages(queries, chance.rows(0), chance.row_weights, self.rows_per_record),
            drawn_languages(passages, chance.rows(1), chance.row_weights, self.rows_per_record),
            self.usable(queries, passages),
        )

    def usable(self, queries: Cells, passages: Cells) -> Cells:
        enough = np.minimum(queries.sum(1), passages.sum(1)) >= self.rows_per_record
        return np.asarray(enough)


def _narrowed(cells: Cells, fixed: int | None, besides: int | None) -> Cells:
    """The cells of one side that a pivot may use."""
    kept = np.ones(cells.shape[1], bool) if fixed is None else np.zeros(cells.shape[1], bool)
    kept[besides if fixed is None else fixed] = fixed is not None
    return np.asarray(cells & kept)


def drawn_languages(cells: Cells, uniform: Floats, weights: Floats, count: int = 1) -> Ints:
    """(n, count): different languages for each row, among its cells, in proportion to the weights.

    The largest ``log(u) / w`` are a weighted draw without replacement (Efraimidis and Spirakis,
    2006); with equal weights the largest ``u`` are.
    """
    if (weights != weights[0]).any():
        # A language that the data set lacks has weight 0, and no cell either.
        uniform = np.log(np.maximum(uniform, 1e-300)) / np.maximum(weights, 1e-300)
    left = np.where(cells, uniform, -np.inf)
    drawn = [left.argmax(1)[:, None]]
    while len(drawn) < count:
        np.put_along_axis(left, drawn[-1], -np.inf, axis=1)
        drawn.append(left.argmax(1)[:, None])
    return np.concatenate(drawn, axis=1)
