"""What a filter sees and what it says: a block of records in, verdicts out."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from lingweave.table import ParallelTable, Side

WHOLE = -1
"""In place of a language's column: the verdict is on the record, in every language."""
RECORDS = 4096
"""Records of a block: texts of a block in a dozen languages take some tens of MB."""


class Verdicts(NamedTuple):
    """Cells that are to go, and why; one row a cell, several where there are several reasons."""

    rows: NDArray[np.int64]
    """(n,) the records, by their places in the table."""
    languages: NDArray[np.int16]
    """(n,) the languages' places in the table's ``languages``; ``WHOLE``: all of the record."""
    reasons: Sequence[str]
    """(n,) the filter that says so, such as ``length_ratio``."""
    details: Sequence[str]
    """(n,) what it saw, for a person: ``passage: 3.9 × as long as en``."""
    values: NDArray[np.float32]
    """(n,) the figure that decided; NaN where there is none."""


class Block(NamedTuple):
    """Some records of a table that stand together."""

    table: ParallelTable
    """The whole table, memory-mapped."""
    rows: slice
    """Which of its records, with a start and a stop."""
    reference: str | None = None
    """The language that cells are compared with where the table does not say from which one they
    were translated."""

    def __len__(self) -> int:
        return int(self.rows.stop - self.rows.start)

    def texts(self, side: Side, language: str) -> list[str | None]:
        """The queries or passages of one language, None at holes."""
        found: list[str | None] = self.table.column(side, language)[self.rows].to_pylist()
        return found


def blocks(
    table: ParallelTable, reference: str | None = None, records: int = RECORDS
) -> Iterator[Block]:
    """All records of a table, some at a time, in its order."""
    for start in range(0, len(table), records):
        yield Block(table, slice(start, min(start + records, len(table))), reference)


class Filter(Protocol):
    """Tells which cells of a block are bad. It keeps no state between blocks."""

    name: str
    """The reason that its verdicts give."""

    def __call__(self, block: Block) -> Verdicts:
        """The cells of the block that are to go."""
        ...

    @property
    def key(self) -> tuple[Any, ...]:
        """What its verdicts depend on but for the texts, as JSON takes it."""
        ...
