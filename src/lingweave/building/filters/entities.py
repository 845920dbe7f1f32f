"""Translations without the addresses, codes and names that the source has."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, NamedTuple

import regex

from lingweave.building.blocks import Block, Verdicts
from lingweave.building.filters.found import Found, Keyed
from lingweave.building.filters.named import Named, bare, named, stem
from lingweave.building.filters.script import scripts
from lingweave.building.filters.sources import comparisons, sampled
from lingweave.table import SIDES, ParallelTable, Side

_WORD = regex.compile(r"(?<![\p{L}\p{N}'’-])\p{Ll}[\p{L}\p{M}'’-]{3,}")
_SEEN = 2
"""Times that a name must have been lost in a language before its loss there is taken for usual."""


class _Cell(NamedTuple):
    """One text beside what its source has."""

    place: int
    language: int
    side: Side
    source: int
    text: str
    same_script: bool


@dataclass(frozen=True)
class Entities(Keyed):
    """Cells with a text that lacks what should have stayed.

    Addresses must stay in every language, codes where source and translation share a script. Names
    are put into other letters, inflected and translated (London, Londres), so other languages of
    the record bear witness: a name that they kept should have been kept here. Only its beginning
    counts, without case and accents.
    """

    usual: frozenset[tuple[str, str]] = frozenset()
    """Languages and the beginnings of words that change in them, as a sample of the table has it:
    names that are mostly lost, and words that are written without a capital letter too."""
    witnesses: int = 2
    """The least number of other languages of the source's script in a record for its names to be
    judged."""
    agreed: float = 1.0
    """The least share of them that must have kept a name."""

    name = "entities"

    @classmethod
    def fitted(
        cls, table: ParallelTable, reference: str | None, witnesses: int = 2, agreed: float = 1.0
    ) -> "Entities":
        """The filter for a table, from a sample of it."""
        lost, seen = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        common: set[tuple[str, str]] = set()
        for block in sampled(table, reference):
            for source in {one.source for one in comparisons(block)}:
                for side in SIDES:
                    texts = filter(None, block.texts(side, table.languages[source]))
                    words = {word for text in texts for word in _WORD.findall(text)}
                    common |= {(table.languages[source], stem(word)) for word in words}
            for had, cells in _records(block):
                for cell in cells:
                    if cell.same_script:
                        keys = [(block.table.languages[cell.language], stem(x)) for x in had.names]
                        text = bare(cell.text) if keys else ""
                        seen.update(keys)
                        lost.update(key for key in keys if key[1] not in text)
        usual = (key for key, times in lost.items() if times >= _SEEN and 2 * times > seen[key])
        return cls(frozenset(common).union(usual), witnesses, agreed)

    @property
    def key(self) -> tuple[Any, ...]:
        """Its name, version and fields, the usual as a hash."""
        usual = hashlib.sha256(repr(sorted(self.usual)).encode()).hexdigest()
        return (self.name, self.version, usual, self.witnesses, self.agreed)

    def __call__(self, block: Block) -> Verdicts:
        found = Found(block, self.name)
        names = block.table.languages
        for had, cells in _records(block):
            gone = {cell: _missing(had, cell) for cell in cells}
            voices = [cell for cell in cells if cell.same_script]
            for cell in voices:
                for name in _outvoted(had, cell, voices, self.witnesses, self.agreed):
                    keys = {(names[x], stem(name)) for x in (cell.language, cell.source)}
                    if not keys & self.usual:
                        gone[cell].append(name)
            for cell, what in gone.items():
                if what:
                    detail = f"{cell.side}: without {', '.join(what[:3])} of {names[cell.source]}"
                    found.add(cell.place, cell.language, detail, len(what))
        return found.verdicts()


def _records(block: Block) -> Iterator[tuple[Named, list[_Cell]]]:
    """What each source of a block has that should stay, and the cells translated from it."""
    names = block.table.languages
    for side in SIDES:
        text_of = lru_cache(maxsize=len(names))(partial(block.texts, side))
        had: dict[int, dict[int, Named]] = {}
        cells: dict[tuple[int, int], list[_Cell]] = defaultdict(list)
        for one in comparisons(block):
            if one.source not in had:
                found = enumerate(map(named, (x or "" for x in text_of(names[one.source]))))
                had[one.source] = {place: its for place, its in found if any(its)}
            same = bool({*scripts(names[one.language])} & {*scripts(names[one.source])})
            ours = text_of(names[one.language])
            for place in one.places.tolist():
                its, text = had[one.source].get(place), ours[place]
                if its and text is not None and (same or its.addresses):
                    cell = _Cell(place, one.language, side, one.source, text, same)
                    cells[one.source, place].append(cell)
        for (source, place), beside in cells.items():
            yield had[source][place], beside


def _missing(had: Named, cell: _Cell) -> list[str]:
    """Addresses and codes that a text lacks."""
    asked = (*had.addresses, *(had.codes if cell.same_script else ()))
    asked = tuple(x for x in asked if x not in cell.text)
    # 8GB may have become 8 GB.
    text = "".join(bare(cell.text).split()) if asked else ""
    return [x for x in asked if bare(x) not in text]


def _outvoted(
    had: Named, cell: _Cell, voices: list[_Cell], witnesses: int, agreed: float
) -> list[str]:
    """Names that a text lacks and most others of its record have."""
    others = [other for other in voices if other is not cell]
    if len(others) < witnesses:
        return []
    lost = [name for name in had.names if not _has(cell.text, name)]
    return [
        name
        for name in lost
        if sum(_has(other.text, name) for other in others) >= agreed * len(others)
    ]


def _has(text: str, name: str) -> bool:
    return name in text or stem(name) in bare(text)
