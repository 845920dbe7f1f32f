"""Texts that go round in circles: a phrase over and over, a character over and over."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lingweave.building.blocks import Block, Verdicts
from lingweave.building.filters.columns import Column, column, column_of, members
from lingweave.building.filters.found import Found, Keyed, shown
from lingweave.building.filters.sources import Sources
from lingweave.building.filters.words import words_of
from lingweave.table import SIDES

PERIOD = 24
"""Words of the longest phrase whose repetition is looked for."""


@dataclass(frozen=True)
class Repetition(Keyed):
    """Cells with a text that says one phrase several times in a row, more often than its source."""

    times: int = 3
    """A phrase of two words or more goes so often in a row; a single word once more."""
    words: int = 6
    """The least length of what is repeated, in words, the first time counted in."""
    characters: int = 8
    """The least run of one letter or digit."""

    name = "repetition"

    def __call__(self, block: Block) -> Verdicts:
        found, before = Found(block, self.name), Sources(block)
        for number, language in enumerate(block.table.languages):
            for side in SIDES:
                texts = column(block, side, language)
                for place, detail, value in self._loops(texts):
                    source = column_of(pa.array([before.text(place, side, number)]))
                    if not any(value <= its for _, _, its in self._loops(source)):
                        found.add(place, number, f"{side}: {detail}", value)
        return found.verdicts()

    def _loops(self, texts: Column) -> list[tuple[int, str, float]]:
        found: dict[int, tuple[str, float]] = {}
        letters = members(r"[\p{L}\p{N}]")[texts.codes[1:]]
        same = (texts.codes[1:] == texts.codes[:-1]) & letters
        for start, run in _runs(same, self.characters - 1):
            place = int(texts.owners(np.array([start]))[0])
            count = min(run + 1, int(texts.starts[place + 1]) - start)
            if count >= self.characters:
                what = f"{count} × {chr(texts.codes[start])!r} in a row"
                found.setdefault(place, (what, float(count)))
        words = words_of(texts)
        # Half of each hash: a run of chance equals is as unlikely, and is compared twice as fast.
        keys = words.keys.astype(np.uint32)
        for period in range(1, PERIOD + 1):
            times = self.times + (period == 1)
            least = max(period * (times - 1), self.words - period)
            for start, run in _runs(keys[period:] == keys[:-period], least):
                at = words.at[start]
                place = int(texts.owners(np.array([at]))[0])
                phrase = texts.text(place)[at - texts.starts[place] :]
                count = run // period + 1
                found.setdefault(place, (f"{count} × in a row: {shown(phrase)}", float(count)))
        return [(place, *what) for place, what in sorted(found.items())]


def _runs(same: NDArray[np.bool_], least: int) -> list[tuple[int, int]]:
    """Starts and lengths of the runs of elements that are true, those at least so long."""
    places = np.flatnonzero(same)
    if len(places) < least:
        return []
    edges = np.flatnonzero(np.diff(places) != 1) + 1
    starts, ends = np.concatenate([[0], edges]), np.concatenate([edges, [len(places)]])
    long = ends - starts >= least
    return list(zip(places[starts[long]].tolist(), (ends - starts)[long].tolist(), strict=True))
