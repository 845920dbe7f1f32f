"""Translations that are much longer or shorter than those of their pair of languages are."""

from dataclasses import dataclass

import numpy as np

from lingweave.building.blocks import Block, Verdicts
from lingweave.building.filters.expected import Expected, lengths
from lingweave.building.filters.found import Found, Keyed


@dataclass(frozen=True)
class LengthRatio(Keyed):
    """Cells with a text whose length, beside its source's, lies outside a band.

    The band is one of the logarithm of the ratio, around the median of the pair and side.
    """

    expected: tuple[Expected, ...] = ()
    """What is usual by pair and side; for others the densities of their scripts stand in."""
    width: float = 4.5
    """Half the band's width, in standard deviations of the pair."""

    name = "length_ratio"

    def __call__(self, block: Block) -> Verdicts:
        found = Found(block, self.name)
        for one in lengths(block, self.expected):
            usual = np.exp(one.expected.middle)
            for i in np.flatnonzero(np.abs(one.deviations) > self.width).tolist():
                place = int(one.places[i])
                ratio = one.ratio(place)
                detail = (
                    f"{one.expected.side}: {ratio:.2f} × as long as {one.expected.source}"
                    f" (usual {usual:.2f})"
                )
                found.add(place, one.language, detail, ratio)
        return found.verdicts()
