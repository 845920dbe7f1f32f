"""Translations that are the source over again, in whole or nearly."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lingweave.building.blocks import Block, Verdicts
from lingweave.building.filters.columns import Column, column, members
from lingweave.building.filters.found import Found, Keyed, shown
from lingweave.building.filters.related import same_language
from lingweave.building.filters.sources import comparisons
from lingweave.building.filters.words import Words, words_of
from lingweave.table import SIDES, Side

_BITS = 22


@dataclass(frozen=True)
class Copied(Keyed):
    """Cells with a text whose words are those of its source.

    Only words in lower case count: names, codes and abbreviations are right to stay. Varieties of
    one language (pt-BR and pt-PT) may agree.
    """

    share: float = 0.75
    """From this share of its words on, a text counts as a copy."""
    words: int = 4
    """Texts with fewer different words in lower case are not judged."""

    name = "copied"

    def __call__(self, block: Block) -> Verdicts:
        found = Found(block, self.name)
        names = block.table.languages

        @lru_cache(maxsize=2)
        def kept(side: Side, language: str) -> _Keys:
            return _keys(column(block, side, language))

        for one in comparisons(block):
            if same_language(names[one.language], names[one.source]):
                continue
            for side in SIDES:
                texts = column(block, side, names[one.language])
                ours, theirs = _keys(texts), kept(side, names[one.source])
                total, shares = _shares(ours, theirs, self.share)
                bad = (total >= self.words) & (shares >= self.share)
                for place in one.places[bad[one.places]].tolist():
                    share = float(shares[place])
                    detail = (
                        f"{side}: {share:.0%} of its words as in {names[one.source]}"
                        f" ({shown(texts.text(place))})"
                    )
                    found.add(place, one.language, detail, share)
        return found.verdicts()


_Keys = tuple[NDArray[np.int64], NDArray[np.uint64], int]
"""Texts, keys of text and word, and how many texts there are."""


def _keys(texts: Column) -> _Keys:
    """The words of texts that are in lower case or have none."""
    words: Words = words_of(texts)
    kept = members(r"[\p{L}&&[^\p{Lu}\p{Lt}]]")[texts.codes[words.at]]
    return words.texts[kept], words.keys[kept], len(texts.present)


def _shares(
    ours: _Keys, theirs: _Keys, least: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(n,) how many different words texts have, and which share of them is in the others' texts.

    Texts whose share is surely below the least one have 0 and 0.
    """
    # Most texts share little: a table of marks tells so, with no sorting.
    marks = np.zeros(1 << _BITS, bool)
    marks[theirs[1] >> np.uint64(64 - _BITS)] = True
    hits = marks[ours[1] >> np.uint64(64 - _BITS)]
    size = ours[2]
    likely = np.bincount(ours[0], hits, size) >= least / 2 * np.bincount(ours[0], minlength=size)
    kept = likely[ours[0]]
    keys, first = np.unique(ours[1][kept], return_index=True)
    owners = ours[0][kept][first]
    total = np.bincount(owners, minlength=size)
    both = np.bincount(owners[np.isin(keys, theirs[1])], minlength=size)
    return total, both / np.maximum(total, 1)
