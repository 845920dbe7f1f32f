"""Which languages stand beside which, and how often."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lingweave.table import SIDES, ParallelTable

Ints = NDArray[np.int64]
TOGETHER = 1 << 16
"""Records that are counted at a time."""


class Coverage(NamedTuple):
    """Counts of records by language."""

    pairs: Ints
    """(L, L) records with a query in one language (row) and a passage in the other (column)."""
    queries: Ints
    """(L,) records with a query."""
    passages: Ints
    """(L,) records with a passage."""
    languages_of: NDArray[np.int16]
    """(N,) how many languages of a record have a query with a passage."""


def coverage_of(table: ParallelTable) -> Coverage:
    """Counts the cells of a table, some records at a time."""
    count = len(table.languages)
    pairs = np.zeros((count, count), np.int64)
    queries, passages = np.zeros(count, np.int64), np.zeros(count, np.int64)
    languages_of = np.zeros(len(table), np.int16)
    for start in range(0, len(table), TOGETHER):
        rows = slice(start, min(start + TOGETHER, len(table)))
        asked, given = (table.present(side, rows) for side in SIDES)
        # Sums of at most 65,536 ones are exact in float32, whose products are fast.
        pairs += (asked.T.astype(np.float32) @ given.astype(np.float32)).astype(np.int64)
        queries += asked.sum(axis=0)
        passages += given.sum(axis=0)
        languages_of[rows] = (asked & given).sum(axis=1)
    return Coverage(pairs, queries, passages, languages_of)
