"""Translations that break off: the source ends with a full stop, they do not and are short."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lingweave.building.blocks import Block, Verdicts
from lingweave.building.filters.columns import Column, members
from lingweave.building.filters.expected import Expected, lengths
from lingweave.building.filters.found import Found, Keyed

ENDS = r"[\p{Sentence_Terminal}:;…]"
"""What a sentence ends with; a colon or an ellipsis is an end too."""
AFTER = r"[\p{Pe}\p{Pf}\p{Pi}\p{Po}\p{Z}\p{C}&&[^\p{Sentence_Terminal}:;…]]"
NO_ENDS = frozenset({"th", "lo", "km", "my", "dz", "bo"})
"""Languages that end sentences with a blank, or do so often."""


@dataclass(frozen=True)
class Unfinished(Keyed):
    """Cells with a passage that lacks its end."""

    expected: tuple[Expected, ...] = ()
    """How long translations are, as for the length ratio."""
    width: float = 1.5
    """A passage without an end that is shorter than usual by so many standard deviations goes."""

    name = "unfinished"

    def __call__(self, block: Block) -> Verdicts:
        found = Found(block, self.name)
        for one in lengths(block, self.expected):
            source, language, side = one.expected[:3]
            bare = {source.partition("-")[0], language.partition("-")[0]} & NO_ENDS
            if side == "query" or bare:
                continue
            short = one.places[one.deviations < -self.width]
            ended, whole = _ended(one.texts), _ended(one.sources)
            for place in short[whole[short] & ~ended[short]].tolist():
                ratio = one.ratio(place)
                last = one.texts.text(place).rstrip()[-20:]
                detail = f"{side}: no end ({last!r}), {ratio:.2f} × as long as {source}"
                found.add(place, one.language, detail, ratio)
        return found.verdicts()


def _ended(texts: Column) -> NDArray[np.bool_]:
    """(n,) whether the last character that is no quote or bracket ends a sentence."""
    solid = ~members(AFTER)[texts.codes]
    # The place of the last such character up to each one.
    last = np.maximum.accumulate(np.where(solid, np.arange(len(solid)), -1))
    ends = texts.starts[1:] - 1
    filled = texts.lengths > 0
    places = np.where(filled, last[np.where(filled, ends, 0)] if len(last) else -1, -1)
    ended = np.zeros(len(ends), bool)
    inside = places >= texts.starts[:-1]
    ended[inside] = members(ENDS)[texts.codes[places[inside]]]
    return ended
