"""Texts in another language than they are said to be in."""

from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lingweave.building.blocks import Block, Verdicts
from lingweave.building.filters.columns import Column, column, members
from lingweave.building.filters.detector import Detector, detector
from lingweave.building.filters.found import Found, Keyed, shown
from lingweave.building.filters.related import base, related
from lingweave.building.filters.script import scripts
from lingweave.table import SIDES

_TOGETHER = 1024
"""Texts that are looked at together."""


@dataclass(frozen=True)
class Language(Keyed):
    """Cells with a text that is surely of another language, as py3langid sees it.

    It chooses among the languages that are written in the cell's script. Those that alone use
    theirs, such as Thai or Greek, are left to the filter of scripts.
    Where the detector does not know a cell's language, only languages of the table are held against
    it.
    """

    letters: int = 25
    """Texts with fewer letters are not judged; of those in Han script or kana a third is enough."""
    least: float = 0.02
    """A text goes whose own language, those near to it included, has less than this probability."""
    sure: float = 0.8
    """And another one, not near to it, at least this."""
    read: int = 160
    """Characters of a text that are looked at."""

    name = "language"

    @property
    def key(self) -> tuple[Any, ...]:
        """Its name, fields and the detector's version."""
        return (*super().key, version("py3langid"))

    def __call__(self, block: Block) -> Verdicts:
        found = Found(block, self.name)
        for number, language in enumerate(block.table.languages):
            if not confusable(language):
                continue
            model = of_scripts(scripts(language))
            for side in SIDES:
                texts = column(block, side, language)
                han = texts.counts(members(r"[\p{Han}\p{Hiragana}\p{Katakana}]"))
                letters = texts.counts(members(r"\p{L}")) + 2 * han
                places = np.flatnonzero(letters >= self.letters)
                for start in range(0, len(places), _TOGETHER):
                    some = places[start : start + _TOGETHER]
                    for place, other, sure in self._others(model, texts, some, language, block):
                        detail = f"{side}: looks like {other} ({shown(texts.text(place))})"
                        found.add(place, number, detail, sure)
        return found.verdicts()

    def _others(
        self, model: Detector, texts: Column, places: NDArray[np.int64], language: str, block: Block
    ) -> list[tuple[int, str, float]]:
        """The texts that are surely in another language, that language and its probability."""
        seen = model.probabilities([texts.text(place, self.read) for place in places.tolist()])
        own = np.array([related(x, language) for x in model.languages])
        against = ~own
        if not any(base(x) == base(language) for x in model.languages):
            table = {base(x) for x in block.table.languages}
            against &= np.array([base(x) in table for x in model.languages])
        others = np.where(against, seen, 0)
        best = others.argmax(axis=1)
        sure = others.max(axis=1)
        bad = (seen[:, own].sum(axis=1) < self.least) & (sure >= self.sure)
        return [
            (int(places[i]), model.languages[best[i]], float(sure[i]))
            for i in np.flatnonzero(bad).tolist()
        ]


@lru_cache(maxsize=16)
def of_scripts(ours: tuple[str, ...]) -> Detector:
    """The detector with the languages that share a script with these."""
    languages = detector().languages
    return detector().among([i for i, x in enumerate(languages) if {*scripts(x)} & {*ours}])


@lru_cache(maxsize=1024)
def confusable(language: str) -> bool:
    """Whether the detector knows another language in this one's scripts."""
    return any(base(x) != base(language) for x in of_scripts(scripts(language)).languages)
