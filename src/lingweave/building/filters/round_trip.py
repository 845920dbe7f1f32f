"""Translations that, translated back, are not what was translated."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from lingweave.building.blocks import Block, Verdicts
from lingweave.building.filters.chrf import chrf
from lingweave.building.filters.found import Found, Keyed, shown
from lingweave.building.filters.sources import comparisons
from lingweave.errors import LingweaveError
from lingweave.table import SIDES, ParallelTable


@dataclass(frozen=True)
class RoundTrip(Keyed):
    """Cells with a text whose translation back is too unlike its source, by chrF.

    The translations back are a packed table of the same records in the same order; a cell of it
    holds what the cell at its place says, in that cell's source language.
    """

    back: Path
    """The packed table of translations back."""
    least: float = 0.25
    """The least chrF, 0 to 1; two different sentences of one language come to about 0.2."""

    name = "round_trip"

    @property
    def key(self) -> tuple[Any, ...]:
        """Its name, version, the translations' fingerprint and the threshold."""
        return (self.name, self.version, _opened(self.back).fingerprint, self.least)

    def __call__(self, block: Block) -> Verdicts:
        found = Found(block, self.name)
        names, back = block.table.languages, _opened(self.back)
        if not back.ids().equals(block.table.ids()):
            raise LingweaveError(
                f"{self.back}: has other records than the table; the translations back are those"
                " of its records in their order"
            )
        turned = Block(back, block.rows)
        for one in comparisons(block):
            if names[one.language] not in back.languages:
                continue
            for side in SIDES:
                again = turned.texts(side, names[one.language])
                sources = block.texts(side, names[one.source])
                for place in one.places.tolist():
                    text, source = again[place], sources[place]
                    if text is None or source is None:
                        continue
                    value = chrf(text, source)
                    if value < self.least:
                        detail = f"{side}: chrF {value:.2f} of {shown(text)!r}"
                        found.add(place, one.language, detail, value)
        return found.verdicts()


@lru_cache(maxsize=2)
def _opened(path: Path) -> ParallelTable:
    return ParallelTable.open(path)
