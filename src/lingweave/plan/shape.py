"""What a plan needs to know of a table: how many records, in which languages, grouped how."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lingweave.errors import LingweaveError
from lingweave.plan.draws import Ints

Cells = NDArray[np.bool_]


class Repeats(NamedTuple):
    """The cells of one side whose text stands in more than one record, and which text it is."""

    cells: Ints
    """``row * number of languages + language``, ascending."""
    texts: Ints
    """Equal for equal texts."""

    def of(self, rows: Ints, languages: Ints, width: int) -> Ints:
        """The text number of each (row, language), -1 where the text stands in one record only.

        Rows and languages have one shape or are broadcast to one.
        """
        wanted = rows * width + languages
        if not len(self.cells):
            return np.full(wanted.shape, -1, np.int64)
        places = np.minimum(np.searchsorted(self.cells, wanted), len(self.cells) - 1)
        found = np.asarray(self.cells[places] == wanted)
        return np.where(found, self.texts[places], -1)


NO_REPEATS = Repeats(np.empty(0, np.int64), np.empty(0, np.int64))


@dataclass(frozen=True)
class TableShape:
    """The shape of a ParallelTable: N records × L languages, without its texts."""

    languages: tuple[str, ...]
    """The L languages, in the order of the table's columns."""
    datasets: tuple[str, ...]
    """The data sets; the records of one stand next to each other."""
    offsets: Ints
    """(data sets + 1,): the records of data set d are ``offsets[d]`` up to ``offsets[d + 1]``."""
    queries: Cells | None = None
    """(N, L): which records have a query in which language; None: every one in all."""
    passages: Cells | None = None
    """(N, L): the same for the positive passage."""
    groups: Ints | None = None
    """(N,): records with one number are near each other (one paragraph, one document); -1: none."""
    query_repeats: Repeats = NO_REPEATS
    """Queries whose text more than one record has."""
    passage_repeats: Repeats = NO_REPEATS
    """Passages whose text more than one record has."""

    def __post_init__(self) -> None:
        if len(self.offsets) != len(self.datasets) + 1 or (np.diff(self.offsets) < 1).any():
            raise LingweaveError("a table needs at least one record in each of its data sets")
        for cells in (self.queries, self.passages):
            if cells is not None and cells.shape != (len(self), len(self.languages)):
                raise LingweaveError(
                    f"cells of shape {cells.shape} do not fit {len(self)} records"
                    f" × {len(self.languages)} languages"
                )

    def __len__(self) -> int:
        return int(self.offsets[-1])

    def size(self, dataset: int) -> int:
        """The number of records of a data set."""
        return int(self.offsets[dataset + 1] - self.offsets[dataset])

    def cells(self, rows: Ints) -> tuple[Cells, Cells]:
        """Which of these rows have a query, and which a passage, in each language: 2 × (n, L)."""
        full = np.ones((len(rows), len(self.languages)), bool)
        queries = full if self.queries is None else self.queries[rows]
        passages = full if self.passages is None else self.passages[rows]
        return queries, passages

    @cached_property
    def plain(self) -> bool:
        """Whether every record has all texts, and every text stands in one record only."""
        repeats = len(self.query_repeats.cells) + len(self.passage_repeats.cells)
        return self.queries is None and self.passages is None and not repeats
