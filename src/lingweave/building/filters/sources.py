"""Which cell a cell is compared with: the one it was translated from, else the reference's."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lingweave.building.blocks import RECORDS, Block, blocks
from lingweave.errors import LingweaveError
from lingweave.languages import canonical
from lingweave.table import ParallelTable, Side

SLICES = 32
"""Parts of a table that are looked at to learn what is usual in it."""
SAMPLED = 128
"""Records of each part."""


class Comparison(NamedTuple):
    """Cells of a language and the language of the cells that they are compared with."""

    language: int
    """The judged cells' language, by its place in the table's ``languages``."""
    source: int
    """The language of the cells that they were translated from."""
    places: NDArray[np.int64]
    """(n,) their records, counted from the start of the block."""


def comparisons(block: Block) -> Iterator[Comparison]:
    """All cells of a block that can be compared with a source, by pair of languages.

    Where the table does not say what a cell was translated from, it is the reference. Cells of the
    reference, and those whose source is not known, are compared with nothing; whether a text is
    there on both sides is for the caller to see.
    """
    table = block.table
    reference = reference_of(table, block.reference)
    everything = np.arange(len(block))
    for language, code in enumerate(table.languages):
        sources = np.full(len(block), reference)
        origins = table.origin(code)
        if origins is not None:
            froms = [_place(table, origin.from_language) for origin in table.origins]
            known = np.array([*froms, -1])
            numbers = origins[block.rows].fill_null(-1).to_numpy(zero_copy_only=False)
            sources = np.where(known[numbers] >= 0, known[numbers], reference)
        for source in np.unique(sources).tolist():
            if source >= 0 and source != language:
                yield Comparison(language, source, everything[sources == source])


class Sources:
    """The sources of single cells, for filters that judge translations by themselves first."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._sources = np.full((len(block), len(block.table.languages)), -1)
        for one in comparisons(block):
            self._sources[one.places, one.language] = one.source

    def text(self, place: int, side: Side, language: int) -> str:
        """The text that a cell is compared with; '' where there is none.

        Args:
            place: the cell's record, counted from the start of the block.
            side: which text of it.
            language: the cell's language, by its place in the table's ``languages``.
        """
        source = int(self._sources[place, language])
        if source < 0:
            return ""
        column = self._block.table.column(side, self._block.table.languages[source])
        return column[self._block.rows.start + place].as_py() or ""


def reference_of(table: ParallelTable, reference: str | None) -> int:
    """The place of the reference in the table's languages, -1 if there is none.

    Raises:
        LingweaveError: the table does not have that language.
    """
    if reference is None:
        return -1
    place = _place(table, canonical(reference))
    if place < 0:
        raise LingweaveError(
            f"reference {reference}: the table has no such language, only"
            f" {', '.join(table.languages)}"
        )
    return place


def sampled(table: ParallelTable, reference: str | None) -> list[Block]:
    """Short blocks from all over a table, always the same ones; all of it if it is small."""
    if len(table) <= SLICES * SAMPLED:
        return list(blocks(table, reference, RECORDS))
    starts = np.linspace(0, len(table) - SAMPLED, SLICES).astype(int).tolist()
    return [Block(table, slice(start, start + SAMPLED), reference) for start in starts]


def _place(table: ParallelTable, language: str | None) -> int:
    return table.languages.index(language) if language in table.languages else -1
