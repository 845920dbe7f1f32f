"""Numbers of the source that are not in its translation."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from functools import lru_cache, partial

import regex

from lingweave.building.blocks import Block, Verdicts
from lingweave.building.filters.columns import column, members
from lingweave.building.filters.found import Found, Keyed
from lingweave.building.filters.sources import comparisons
from lingweave.table import SIDES

_NUMBER = regex.compile(
    # Groups of digits are set apart by blanks, points, commas or apostrophes, as languages have it.
    r"\p{Nd}+(?:[.,'’٫٬:\u00a0\u202f ](?=\p{Nd}{3}(?!\p{Nd}))\p{Nd}{3}|[.,٫:]\p{Nd}+)*"
)
_NOT_DIGIT = regex.compile(r"\P{Nd}+")
_LONGEST = 40
"""Digits of a number that are read."""


@dataclass(frozen=True)
class Numbers(Keyed):
    """Cells with a text that has other numbers than its source.

    Digits of any script are the same, and so are 1,234.50, 1 234,5 and १,२३४.५: separators and the
    zeros at both ends are left out. Small numbers, which may be written as words, do not count.
    """

    digits: int = 2
    """Numbers with fewer digits do not count."""
    lost: int = 2
    """A text goes that lacks so many numbers of its source and more than half of them; it goes for
    a single one if it has another number in its place."""

    name = "numbers"

    def __call__(self, block: Block) -> Verdicts:
        found = Found(block, self.name)
        names, digits = block.table.languages, members(r"\p{Nd}")
        source_of = lru_cache(maxsize=2)(partial(column, block))
        for one in comparisons(block):
            for side in SIDES:
                texts = column(block, side, names[one.language])
                sources = source_of(side, names[one.source])
                asked = sources.counts(digits) >= self.digits
                for place in one.places[(asked & texts.present)[one.places]].tolist():
                    lost, new = self._differences(sources.text(place), texts.text(place))
                    if lost:
                        detail = f"{side}: without {', '.join(lost[:3])} of {names[one.source]}"
                        if new:
                            detail += f", with {', '.join(new[:3])}"
                        found.add(place, one.language, detail, len(lost))
        return found.verdicts()

    def _differences(self, source: str, text: str) -> tuple[list[str], list[str]]:
        """The numbers that a text lacks and has too many, if it is to go."""
        theirs, ours = _numbers(source), _numbers(text)
        lost, new = theirs.keys() - ours.keys(), ours.keys() - theirs.keys()
        if not lost:
            return [], []
        # Ranges and years are put together in other ways: 1990-91, 1990/1991, the 90s.
        missing, added = {_digits(theirs[key]) for key in lost}, {_digits(ours[key]) for key in new}
        lost = {key for key in lost if not _part_of(_digits(theirs[key]), added)}
        new = {key for key in new if not _part_of(_digits(ours[key]), missing)}
        lost = {key for key in lost if len(_digits(theirs[key])) >= self.digits}
        new = {key for key in new if len(_digits(ours[key])) >= self.digits}
        counted = [key for key in theirs if len(_digits(theirs[key])) >= self.digits]
        if not (lost and new) and not (len(lost) >= self.lost and 2 * len(lost) > len(counted)):
            return [], []
        return [theirs[key] for key in theirs if key in lost], [
            ours[key] for key in ours if key in new
        ]


# The numbers of a source are asked for once for each language of its record.
@lru_cache(maxsize=16_384)
def _numbers(text: str) -> Mapping[str, str]:
    """Numbers as they stand in a text, by what is left without separators and outer zeros."""
    found = {}
    for number in _NUMBER.findall(text):
        digits = str(int(_NOT_DIGIT.sub("", number)[:_LONGEST]))
        found[digits.rstrip("0") or "0"] = number
    return found


def _digits(number: str) -> str:
    return "".join(str(int(x)) for x in number if x.isdecimal())


def _part_of(key: str, others: Set[str]) -> bool:
    """Whether a number of two digits or more is in one of others, or one of them in it."""
    return any(min(len(key), len(other)) > 1 and (key in other or other in key) for other in others)
