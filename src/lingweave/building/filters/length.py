"""Texts that are empty, or too short or too long to be a query or a passage."""

from dataclasses import dataclass

import numpy as np

from lingweave.building.blocks import Block, Verdicts
from lingweave.building.filters.columns import column, members
from lingweave.building.filters.density import density
from lingweave.building.filters.found import Found, Keyed
from lingweave.table import SIDES


@dataclass(frozen=True)
class Length(Keyed):
    """Cells with a text outside these lengths, or one without a letter or digit.

    Lengths are in characters of Latin script; those of denser scripts count for more.
    """

    query: tuple[float, float] = (3.0, 1_000.0)
    """The shortest and the longest query."""
    passage: tuple[float, float] = (12.0, 20_000.0)
    """The shortest and the longest passage."""

    name = "length"

    def __call__(self, block: Block) -> Verdicts:
        found = Found(block, self.name)
        for number, language in enumerate(block.table.languages):
            for side in SIDES:
                texts = column(block, side, language)
                least, most = self.query if side == "query" else self.passage
                lengths = texts.lengths / density(language)
                blank = texts.counts(members(r"[\p{L}\p{N}]")) == 0
                bad = texts.present & (blank | (lengths < least) | (lengths > most))
                for place in np.flatnonzero(bad).tolist():
                    size = int(texts.lengths[place])
                    what = "no letter or digit" if blank[place] else f"{size} characters"
                    found.add(place, number, f"{side}: {what}", size)
        return found.verdicts()
