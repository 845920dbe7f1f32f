"""What a bias figure is: a value for each query in each cell, and how cells become one number."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lingweave.bias.heads import Heads
from lingweave.bias.seen import Seen

Ints = NDArray[np.int64]
Values = NDArray[np.float64]

OURS = "this project"
"""The source of a definition that is our own."""


class Cells(NamedTuple):
    """One row a query and cell: a query language, or a pair (query, passage language)."""

    cell: Ints
    """(n,) x, or x * L + y."""
    query: Ints
    """(n,) index into the query ids."""
    values: Values
    """(n,) the figure; NaN where it is undefined, and then it takes no part."""
    chance: Values
    """(n,) what it would be if languages had no say in a random ranking."""


Shape = Literal["languages", "pairs"]
"""(L,) a cell a query language; (L, L) a cell a query and passage language."""
Reduction = Callable[[Values], Values]
"""From the means of the cells, (..., *shape), to a figure for each language, (..., L)."""
Value = Callable[[Values, Values], Values]
"""From the means of the cells, (..., *shape), and those of chance, (*shape), to (...)."""


class Told(NamedTuple):
    """The numbers that a sentence for users is made of."""

    value: float
    """The figure."""
    chance: float
    """The figure at chance."""
    by_language: Mapping[str, float]
    """The figure by language; undefined ones left out."""

    @property
    def uneven(self) -> bool:
        """Whether languages differ at all."""
        return len({*self.by_language.values()}) > 1

    @property
    def highest(self) -> str:
        """The language with the highest figure, or a dash."""
        return max(self.by_language, key=self.by_language.__getitem__, default="–")

    @property
    def lowest(self) -> str:
        """The language with the lowest figure, or a dash."""
        return min(self.by_language, key=self.by_language.__getitem__, default="–")


@dataclass(frozen=True)
class Figure:
    """A bias figure. Means are nested: queries of a cell first, then cells, then languages."""

    name: str
    """How files and tables call it."""
    meaning: str
    """One line: what is measured."""
    source: str
    """Where the definition is from; "this project" where it is ours."""
    unit: Literal["ranks", "ratio", "share", "difference", "correlation"]
    """What the number counts."""
    better: Literal["lower", "higher", "chance", "zero"]
    """The fair direction: lower or higher is fairer, or nearer to chance, or nearer to zero."""
    by: Literal["query language", "passage language"]
    """What the breakdown by language is by."""
    shape: Shape
    """The cells."""
    breakdown: Reduction
    """(..., *shape) -> (..., L), one figure a language."""
    value: Value
    """(..., *shape), (*shape) -> (...), the figure."""
    users: Callable[[Told], str]
    """What it means for the people who search, in one or two sentences."""


@dataclass(frozen=True)
class RankFigure(Figure):
    """A figure of where golds stand: needs relevance judgements."""

    cells: Callable[[Seen], Cells]
    """Its values, from the golds of one query language or of several."""


@dataclass(frozen=True)
class HeadFigure(Figure):
    """A figure of what stands at the head of pool lists: needs no relevance judgements."""

    cells: Callable[[Heads], Cells]
    """Its values, from the heads of all query languages."""


def known_mean(values: Values, axis: int | tuple[int, ...] = -1) -> Values:
    """The mean of what is not NaN; NaN where nothing is known."""
    known = ~np.isnan(values)
    counts = known.sum(axis=axis)
    totals = np.where(known, values, 0.0).sum(axis=axis)
    return np.asarray(np.where(counts > 0, totals / np.maximum(counts, 1), np.nan))


def itself(means: Values) -> Values:
    """The breakdown of a figure whose cells are the query languages."""
    return means


def over_queries(means: Values) -> Values:
    """(..., L, L) -> (..., L) by passage language: the mean over query languages."""
    return known_mean(means, axis=-2)


def mean_of(breakdown: Reduction) -> Value:
    """The value of a figure that is the mean over its breakdown by language."""
    return lambda means, _: known_mean(breakdown(means))


def spread_of(breakdown: Reduction) -> Value:
    """The value of a figure that is the highest of its breakdown minus the lowest."""

    def spread(means: Values, _: Values) -> Values:
        languages = breakdown(means)
        unknown = np.isnan(languages)
        high = np.where(unknown, -np.inf, languages).max(axis=-1, initial=-np.inf)
        low = np.where(unknown, np.inf, languages).min(axis=-1, initial=np.inf)
        return np.asarray(np.where(np.isfinite(high), high - low, np.nan))

    return spread


def distance_of(breakdown: Reduction) -> Value:
    """The value of a figure that is the total variation of its shares from those of chance."""
    return lambda means, chance: np.asarray(
        np.abs(breakdown(means) - breakdown(chance)).sum(axis=-1) / 2
    )
