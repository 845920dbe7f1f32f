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
    """(n,) places in the span of candidates, ascending."""

    def between(self, start: int, end: int) -> tuple[Ints, Ints]:
        """The pairs whose column is in [start, end), columns counted from start."""
        low, high = np.searchsorted(self.columns, [start, end])
        return self.rows[low:high], self.columns[low:high] - start


class Excluded:
    """Which records of a table are no negatives of which others.

    Of a record: itself; those of its group; those that share a query with it, in any language;
    and those whose passage, in any language, is a passage of it or of a record that shares a query
    with it, since each of these answers the query.
    """

    def __init__(self, shape: TableShape) -> None:
        rows = np.arange(len(shape))
        self._itself = _matrix(rows, rows, (len(rows), len(rows)))
        self._queries = _incidence(shape.query_repeats, shape)
        self._passages = _incidence(shape.passage_repeats, shape)
        groups = np.full(len(rows), -1) if shape.groups is None else shape.groups
        grouped = np.flatnonzero(groups >= 0)
        size = (len(rows), int(groups.max(initial=-1)) + 1)
        self._groups = _matrix(grouped, groups[grouped], size)

    def of(self, rows: slice, span: slice) -> Pairs:
        """The excluded pairs of some records with those of a span, both rows of the table.

        In what comes back, rows count from ``rows.start`` and columns from ``span.start``.
        """
        same_group = self._groups[rows] @ self._groups[span].T
        # A query that stands once is in no matrix of repeats, so each row is added itself.
        asked = self._queries[rows] @ self._queries.T + self._itself[rows]
        answers = (asked @ self._passages) @ self._passages[span].T
        pairs = (same_group + asked[:, span] + answers).tocoo()
        order = np.argsort(pairs.col, kind="stable")
        return Pairs(pairs.row[order].astype(np.int64), pairs.col[order].astype(np.int64))


def _incidence(repeats: Repeats, shape: TableShape) -> Any:
    """(records, texts): which record has which text, of those that repeat."""
    texts, numbers = np.unique(repeats.texts, return_inverse=True)
    rows = repeats.cells // len(shape.languages)
    return _matrix(rows, numbers, (len(shape), len(texts)))


def _matrix(rows: Ints, columns: Ints, size: tuple[int, int]) -> Any:
    """A sparse matrix of truth values: products of such add with "or" and cannot overflow."""
    return sp.csr_matrix((np.ones(len(rows), bool), (rows, columns)), shape=size, dtype=bool)
