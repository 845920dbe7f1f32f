"""Texts whose encoding is damaged: bytes read as another code, characters lost."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import regex
from numpy.typing import NDArray

from lingweave.building.blocks import Block, Verdicts
from lingweave.building.filters.columns import Column, column, members
from lingweave.building.filters.found import Found, Keyed, shown
from lingweave.building.filters.script import pattern
from lingweave.building.filters.sources import Sources
from lingweave.table import SIDES

LEADS = r"[\u00c2-\u00f4]"
"""The first byte of a character in UTF-8, read as Latin-1."""
LOST = r"[\ufffd\ufffe\uffff\u0080-\u0084\u0086-\u009f\p{Co}]"
_LOST = regex.compile(LOST)
_QUESTION = regex.compile(r"\p{L}\?+\p{L}|\?{3,}|(?<=[\s'’(])\?+\p{Ll}")
_PAIRS = regex.compile(
    r"[\u00c2-\u00df][\u0080-\u00bf]|[\u00e0-\u00ef][\u0080-\u00bf]{2}|[\u00f0-\u00f4][\u0080-\u00bf]{3}"
)
"""UTF-8 read as Latin-1."""
_COMMON = regex.compile(r"[\u00a0-\u017f\u2010-\u2026\u20ac\U0001f300-\U0001faff]")
# Windows-1252 has other characters where Latin-1 has controls.
_TO_LATIN = {
    ord(bytes([byte]).decode("cp1252")): byte
    for byte in range(0x80, 0xA0)
    if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}


@dataclass(frozen=True)
class Damage(Keyed):
    """Cells with a text that has replacement characters, or was decoded from the wrong code."""

    marks: int = 2
    """Characters that are read as two or more, letters lost for question marks; a replacement
    character counts for two. The source must have fewer."""

    name = "damage"

    def __call__(self, block: Block) -> Verdicts:
        found = Found(block, self.name)
        before = Sources(block)
        for number, language in enumerate(block.table.languages):
            letters = regex.compile(pattern(language), flags=regex.V1)
            for side in SIDES:
                texts = column(block, side, language)
                suspect = texts.counts(members(LOST)) > 0
                suspect[texts.owners(_broken(texts))] = True
                suspect |= texts.counts(members(r"\?")) >= self.marks
                for place in np.flatnonzero(suspect).tolist():
                    marks, shape = damaged(texts.text(place), letters)
                    source = before.text(place, side, number)
                    if marks >= self.marks and marks > damaged(source, letters)[0]:
                        found.add(place, number, f"{side}: {shown(shape)}", marks)
        return found.verdicts()


def _broken(texts: Column) -> NDArray[np.int64]:
    """Positions of characters that look like the first byte of one, before one like the second."""
    leads, following = members(LEADS)[texts.codes], members(_following())[texts.codes]
    return np.flatnonzero(leads[:-1] & following[1:])


@lru_cache(maxsize=1)
def _following() -> str:
    others = "".join(map(chr, _TO_LATIN))
    return rf"[\u0080-\u00bf{regex.escape(others)}]"


def damaged(text: str, letters: "regex.Pattern[str]") -> tuple[int, str]:
    """How many marks of damage a text has, and the place of the first one.

    Args:
        text: a text.
        letters: the letters of its language: what decodes to one of them, or to common marks,
            was that before.
    """
    count, first = 0, len(text)
    for match in _LOST.finditer(text):
        count, first = count + 2, min(first, match.start())
    for match in _PAIRS.finditer(text.translate(_TO_LATIN)):
        try:
            was = match.group().encode("latin-1").decode("utf-8")
        except UnicodeDecodeError:
            continue
        if letters.fullmatch(was) or _COMMON.fullmatch(was):
            count, first = count + 1, min(first, match.start())
    for match in _QUESTION.finditer(text):
        count, first = count + 1, min(first, match.start())
    return count, text[max(first - 10, 0) : first + 25]
