"""Records that can never be each other's negatives, by what the table says of them.

Two passages that answer one question would be a wrong negative however far apart an encoder puts
them: these pairs are known, not guessed.
"""

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from lingweave.plan.draws import Ints
from lingweave.plan.shape import Repeats, TableShape


class Pairs(NamedTuple):
    """Excluded pairs, by column."""

    rows: Ints
    """(n,) places in the block of records."""
    columns: Ints
    """(n,) places in the data set, ascending."""

    def between(self, start: int, end: int) -> tuple[Ints, Ints]:
        """The pairs whose column is in [start, end), columns counted from start."""
        low, high = np.searchsorted(self.columns, [start, end])
        return self.rows[low:high], self.columns[low:high] - start


class Excluded:
    """Which records of a data set are no negatives of which others.

    Of a record: itself; those of its group; those that share a query with it, in any language;
    and those whose passage, in any language, is a passage of it or of a record that shares a query
    with it, since each of these answers the query.
    """

    def __init__(self, shape: TableShape, dataset: int) -> None:
        start, end = shape.offsets[dataset : dataset + 2]
        rows = np.arange(end - start)
        width = len(shape.languages)
        self._queries = _incidence(shape.query_repeats, width, start, end)
        self._passages = _incidence(shape.passage_repeats, width, start, end)
        # A record without a group is a group of its own.
        groups = np.full(end - start, -1) if shape.groups is None else shape.groups[start:end]
        alone = rows + groups.max(initial=0) + 1
        self._groups = _matrix(rows, np.where(groups < 0, alone, groups), end - start)

    def of(self, rows: slice) -> Pairs:
        """The excluded pairs of some records, by their places in the data set."""
        same_group = self._groups[rows] @ self._groups.T
        # Its own row shares no text when nothing of it repeats, so it is named apart.
        places = np.arange(rows.start, rows.stop)
        itself = _matrix(places - rows.start, places, len(places), self._groups.shape[0])
        asked = self._queries[rows] @ self._queries.T + itself
        answers = (asked @ self._passages) @ self._passages.T
        pairs = (same_group + asked + answers).tocoo()
        order = np.argsort(pairs.col, kind="stable")
        return Pairs(pairs.row[order].astype(np.int64), pairs.col[order].astype(np.int64))


def _incidence(repeats: Repeats, width: int, start: int, end: int) -> Any:
    """(records, texts): which record of a data set has which text, of those that repeat."""
    low, high = np.searchsorted(repeats.cells, [start * width, end * width])
    rows = repeats.cells[low:high] // width - start
    texts, numbers = np.unique(repeats.texts[low:high], return_inverse=True)
    return _matrix(rows, numbers, end - start, len(texts))


def _matrix(rows: Ints, columns: Ints, height: int, width: int | None = None) -> Any:
    """A sparse matrix of truth values: products of such add with "or" and cannot overflow."""
    width = int(columns.max(initial=-1)) + 1 if width is None else width
    ones = np.ones(len(rows), bool)
    matrix = sp.csr_matrix((ones, (rows, columns)), shape=(height, width), dtype=bool)
    matrix.sum_duplicates()
    return matrix
