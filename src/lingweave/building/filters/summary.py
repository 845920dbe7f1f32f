"""What filters took from a table: cells by filter and language, records."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lingweave.building.blocks import WHOLE, Verdicts, blocks
from lingweave.table import ParallelTable


class Summary(NamedTuple):
    """How much of a table is to go, and why."""

    records: int
    """The table's records."""
    cells: int
    """Its cells: records and languages with a query or a passage."""
    lost_records: int
    """Records of which nothing is left."""
    lost_cells: int
    """Cells that are to go, each counted once."""
    reasons: dict[str, dict[str, int]]
    """Cells by filter and language; several filters may name one cell."""


def summary_of(table: ParallelTable, verdicts: Iterable[Verdicts]) -> Summary:
    """Counts the verdicts on a table.

    Args:
        table: the records.
        verdicts: all of them; those of one record stand together.
    """
    names = table.languages
    cells = sum(int(_there(table, block.rows).sum()) for block in blocks(table))
    lost_cells = lost_records = 0
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    for one in verdicts:
        if not len(one.rows):
            continue
        counted: dict[str, set[tuple[int, int]]] = defaultdict(set)
        start, stop = int(one.rows.min()), int(one.rows.max()) + 1
        there = _there(table, slice(start, stop))
        gone = np.zeros_like(there)
        for row, language, reason in zip(
            one.rows.tolist(), one.languages.tolist(), one.reasons, strict=True
        ):
            which = slice(None) if language == WHOLE else slice(language, language + 1)
            gone[row - start, which] = True
            places = np.flatnonzero(there[row - start, which]) + (which.start or 0)
            counted[reason] |= {(row, x) for x in places.tolist()}
        for reason, found in counted.items():
            reasons[reason].update(names[x] for _, x in found)
        gone &= there
        lost = gone.sum(axis=1)
        lost_cells += int(lost.sum())
        lost_records += int(((lost > 0) & (lost == there.sum(axis=1))).sum())
    return Summary(
        len(table),
        cells,
        lost_records,
        lost_cells,
        {reason: dict(sorted(found.items())) for reason, found in sorted(reasons.items())},
    )


def _there(table: ParallelTable, rows: slice) -> NDArray[np.bool_]:
    """(rows, languages): which cells have a query or a passage."""
    return table.present("query", rows) | table.present("passage", rows)
