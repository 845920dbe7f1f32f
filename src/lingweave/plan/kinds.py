"""The kinds of batch: which languages the rows of one step stand in.

A kind is a value. ``draw`` gives every row its query and its passage language; it says of each row
whether the record has both, so that the plan can put another record in its place.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from lingweave.errors import LingweaveError
from lingweave.plan.draws import Floats, Ints
from lingweave.plan.shape import Cells


class Drawn(NamedTuple):
    """The languages of n rows."""

    query_languages: Ints
    passage_languages: Ints
    usable: Cells
    """(n,): whether the record has the query and the passage in these languages."""


class Chance(NamedTuple):
    """The random numbers of one draw and the weights of the languages."""

    step: float
    """One uniform number that the whole step shares."""
    rows: Floats
    """(n, 2, L) uniform numbers: for each row, side and language one."""
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

    def draw(self, queries: Cells, passages: Cells, chance: Chance) -> Drawn:
        """Languages for the rows whose cells these are, each (n, L)."""

    def usable(self, queries: Cells, passages: Cells) -> Cells:
        """(n,): which rows this kind can use in at least one way."""


@dataclass(frozen=True)
class Mono:
    """X-X-mono: every query and passage of the batch in one language (arXiv 2408.10536, 3.1)."""

    name = "mono"

    def draw(self, queries: Cells, passages: Cells, chance: Chance) -> Drawn:
        shares = np.cumsum(chance.batch_weights * chance.whole)
        language = int(np.searchsorted(shares, chance.step * shares[-1], side="right"))
        languages = np.full(len(queries), language)
        return Drawn(languages, languages, queries[:, language] & passages[:, language])

    def usable(self, queries: Cells, passages: Cells) -> Cells:
        return np.asarray((queries & passages).any(1))


@dataclass(frozen=True)
class Same:
    """LAReQA's X-X: query and passage of a row share a language, the batch mixes languages."""

    name = "same"

    def draw(self, queries: Cells, passages: Cells, chance: Chance) -> Drawn:
        cells = queries & passages
        languages = _drawn(cells, chance.rows[:, 0], chance.row_weights)
        return Drawn(languages, languages, np.asarray(cells.any(1)))

    def usable(self, queries: Cells, passages: Cells) -> Cells:
        return np.asarray((queries & passages).any(1))


@dataclass(frozen=True)
class Cross:
    """X-Y: every row draws its own query language and its own other passage language."""

    name = "cross"

    def draw(self, queries: Cells, passages: Cells, chance: Chance) -> Drawn:
        everyone = np.arange(len(queries))
        # A query language is of use only if some other language has the passage.
        others = passages.sum(1)[:, None] - passages > 0
        asked = queries & others
        query_languages = _drawn(asked, chance.rows[:, 0], chance.row_weights)
        answered = passages.copy()
        answered[everyone, query_languages] = False
        passage_languages = _drawn(answered, chance.rows[:, 1], chance.row_weights)
        return Drawn(query_languages, passage_languages, np.asarray(asked.any(1)))

    def usable(self, queries: Cells, passages: Cells) -> Cells:
        return np.asarray((queries & (passages.sum(1)[:, None] - passages > 0)).any(1))


@dataclass(frozen=True)
class Pivot:
    """One fixed language on one side, any other on the other; En-En fixes both sides."""

    query: int | None
    """The language of all queries; None: drawn for each row."""
    passage: int | None
    """The language of all passages; None: drawn for each row."""
    name: str = "pivot"
    """As the recipe writes it, with its languages."""

    def __post_init__(self) -> None:
        if self.query is None and self.passage is None:
            raise LingweaveError("a pivot batch needs a fixed language: write pivot(en,*)")

    def draw(self, queries: Cells, passages: Cells, chance: Chance) -> Drawn:
        asked, answered = self._sides(queries, passages)
        return Drawn(
            _drawn(asked, chance.rows[:, 0], chance.row_weights),
            _drawn(answered, chance.rows[:, 1], chance.row_weights),
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


def _narrowed(cells: Cells, fixed: int | None, besides: int | None) -> Cells:
    """The cells of one side that a pivot may use."""
    kept = np.ones(cells.shape[1], bool) if fixed is None else np.zeros(cells.shape[1], bool)
    kept[besides if fixed is None else fixed] = fixed is not None
    return np.asarray(cells & kept)


def _drawn(cells: Cells, uniform: Floats, weights: Floats) -> Ints:
    """(n,): one language a row, among its cells, in proportion to the weights.

    The largest ``log(u) / w`` is a weighted draw (Efraimidis and Spirakis, 2006); with equal
    weights the largest ``u`` is.
    """
    if (weights != weights[0]).any():
        # A language that the data set lacks has weight 0, and no cell either.
        uniform = np.log(np.maximum(uniform, 1e-300)) / np.maximum(weights, 1e-300)
    return np.asarray(np.where(cells, uniform, -np.inf).argmax(1))
