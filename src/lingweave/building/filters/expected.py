"""How long translations are: by pair of languages and side, learned from the table itself."""

from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lingweave.building.blocks import Block
from lingweave.building.filters.columns import Column, column
from lingweave.building.filters.density import density
from lingweave.building.filters.found import median_spread
from lingweave.building.filters.sources import comparisons, sampled
from lingweave.table import SIDES, ParallelTable, Side

ENOUGH = 40
"""Pairs of texts from which the usual ratio of their lengths is learned."""
UNKNOWN_SPREAD = 0.3
"""Standard deviation of the logarithm of the ratio where there are too few."""
LEAST_SPREAD = 0.06
_PADDING = 6.0
"""Characters that are added to both lengths, so that ratios of short texts are not extreme."""
_SHORT = 40.0
"""Length in characters below which ratios vary much more than above."""


class Expected(NamedTuple):
    """What is usual for one pair of languages and one side."""

    source: str
    """The language translated from."""
    language: str
    """The language translated into."""
    side: Side
    """Queries or passages."""
    middle: float
    """Median of the logarithm of the ratio of lengths, translation to source."""
    spread: float
    """Standard deviation of the logarithm, of long texts."""


class Lengths(NamedTuple):
    """The lengths of cells beside those of their sources."""

    expected: Expected
    """What is usual for them."""
    language: int
    """The cells' language, by its place in the table."""
    places: NDArray[np.int64]
    """(n,) their records, counted from the start of the block; both texts are there."""
    deviations: NDArray[np.float64]
    """(n,) by how many standard deviations a text is longer than usual."""
    texts: Column
    """The cells' texts, of all of the block."""
    sources: Column
    """The texts of their sources."""

    def ratio(self, place: int) -> float:
        """How many times as long as its source a text is."""
        return float(self.texts.lengths[place] / max(self.sources.lengths[place], 1))


def expected_lengths(table: ParallelTable, reference: str | None) -> tuple[Expected, ...]:
    """What is usual in a table, learned from a sample of it, faults and all.

    Medians and median absolute deviations do not move with faults in a few cells of a hundred.
    """
    ratios: dict[tuple[str, str, Side], list[NDArray[np.float64]]] = defaultdict(list)
    for block in sampled(table, reference):
        for key, _, _, values, _, _ in _compared(block):
            ratios[key].append(np.stack(values))
    found = []
    for (source, language, side), parts in sorted(ratios.items()):
        logarithms, weights = np.concatenate(parts, axis=1)
        if len(logarithms) >= ENOUGH:
            middle = float(np.median(logarithms))
            _, spread = median_spread((logarithms - middle) * weights)
            found.append(Expected(source, language, side, middle, max(spread, LEAST_SPREAD)))
    return tuple(found)


def lengths(block: Block, expected: tuple[Expected, ...]) -> Iterator[Lengths]:
    """The lengths of all cells of a block that can be compared, in the light of what is usual."""
    known = _by_key(expected)
    for key, language, places, (logarithms, weights), texts, sources in _compared(block):
        usual = known.get(key) or _unknown(*key)
        deviations = (logarithms - usual.middle) * weights / usual.spread
        yield Lengths(usual, language, places, deviations, texts, sources)


_Values = tuple[NDArray[np.float64], NDArray[np.float64]]


def _compared(
    block: Block,
) -> Iterator[tuple[tuple[str, str, Side], int, NDArray[np.int64], _Values, Column, Column]]:
    """By pair and side: the places, logarithms of ratios and the weights of their deviations."""
    names = block.table.languages
    source_of = lru_cache(maxsize=2)(partial(column, block))
    for one in comparisons(block):
        for side in SIDES:
            texts = column(block, side, names[one.language])
            sources = source_of(side, names[one.source])
            places = one.places[(texts.present & sources.present)[one.places]]
            if not len(places):
                continue
            ours, theirs = texts.lengths[places], sources.lengths[places]
            logarithms = np.log((ours + _PADDING) / (theirs + _PADDING))
            # As the variance of a ratio of sums falls with the length of the sums, down to a floor.
            weights = np.sqrt(theirs / (theirs + _SHORT))
            key = (names[one.source], names[one.language], side)
            yield key, one.language, places, (logarithms, weights), texts, sources


@lru_cache(maxsize=16)
def _by_key(expected: tuple[Expected, ...]) -> dict[tuple[str, str, Side], Expected]:
    return {(one.source, one.language, one.side): one for one in expected}


def _unknown(source: str, language: str, side: Side) -> Expected:
    middle = float(np.log(density(language) / density(source)))
    return Expected(source, language, side, middle, UNKNOWN_SPREAD)
