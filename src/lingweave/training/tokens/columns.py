"""The texts of one kind (queries, passages or hard negatives), all languages one after another.

A text's *place* counts the cells of all languages before it. Shards end where data sets and
languages end, so a data set that grows leaves the shards of the others as they are.
"""

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from lingweave.table import ParallelTable, Side
from lingweave.training.tokens.sequences import Ints, Sequences, spans
from lingweave.training.tokens.shard import Shard

SHARD = 32_768
"""Texts a shard at most: seconds of work, and few enough files for the largest tables."""


class SideCells:
    """Queries or passages: one cell a record and language, which may be a hole.

    ``pieces`` are the texts, cut where shards begin; ``starts`` (pieces,) their first places.
    """

    def __init__(self, table: ParallelTable, side: Side) -> None:
        self._height = len(table)
        columns = [table.column(side, language) for language in table.languages]
        ends = table.shape().offsets
        self.pieces, self.starts = _pieces(columns, [ends] * len(columns))

    def places(self, rows: Ints, languages: Ints) -> Ints:
        """(n,) the place of each row's cell in its language."""
        return languages * self._height + rows


class NegativeCells:
    """Hard negatives: any number a record and language. ``pieces`` and ``starts`` as above."""

    def __init__(self, table: ParallelTable) -> None:
        columns: list[Any] = [
            table.column("negatives", language)  # type: ignore[arg-type]
            for language in table.languages
        ]
        self._offsets = [column.offsets.to_numpy() for column in columns]
        self._sizes = [np.diff(offsets) for offsets in self._offsets]
        for sizes, column in zip(self._sizes, columns, strict=True):
            sizes[column.is_null().to_numpy(False)] = 0
        ends = [offsets[table.shape().offsets] for offsets in self._offsets]
        values = [column.values for column in columns]
        self._bases = np.cumsum([0] + [len(texts) for texts in values])
        self.pieces, self.starts = _pieces(values, ends)

    def places(self, rows: Ints, languages: Ints, count: int) -> Ints:
        """The places of at most ``count`` negatives of each row in its language, row by row."""
        starts, sizes = np.empty((2, len(rows)), np.int64)
        for language in np.unique(languages).tolist():
            here = languages == language
            starts[here] = self._bases[language] + self._offsets[language][rows[here]]
            sizes[here] = np.minimum(self._sizes[language][rows[here]], count)
        return spans(starts, sizes)


class Column(NamedTuple):
    """The token ids of a kind's texts."""

    starts: Ints
    """(shards,) the place of each shard's first cell, ascending."""
    shards: list[Shard]
    """Their ids."""

    def take(self, places: Ints) -> Sequences:
        """The texts at these places (n,).

        Raises:
            ValueError: there is a hole.
        """
        if not len(places):
            return Sequences(*np.empty((3, 0), np.int64))
        numbers = np.searchsorted(self.starts, places, "right") - 1
        cells = places - self.starts[numbers]
        begins, ends, texts = np.empty((3, len(places)), np.int64)
        for number in np.unique(numbers).tolist():
            shard, here = self.shards[number], numbers == number
            begins[here], ends[here] = shard.offsets[cells[here]], shard.offsets[cells[here] + 1]
            texts[here] = shard.texts[cells[here]]
        # A slice a text: gathering token by token takes as long for one shard, longer for many.
        shards = [self.shards[number].ids for number in numbers.tolist()]
        ids = [
            shard[begin:end]
            for shard, begin, end in zip(shards, begins.tolist(), ends.tolist(), strict=True)
        ]
        found = Sequences(np.concatenate(ids, dtype=np.int64), ends - begins, texts)
        if (found.texts < 0).any():
            raise ValueError("a row was asked for in a language in which it has no such text")
        return found


def _pieces(
    columns: list[pa.LargeStringArray], ends: list[Ints]
) -> tuple[list[pa.LargeStringArray], Ints]:
    """The columns in pieces that end at their ``ends`` (in cells of that column), and starts."""
    pieces, starts, base = [], [], 0
    for column, edges in zip(columns, ends, strict=True):
        for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            for start in range(first, last, SHARD):
                pieces.append(column.slice(start, min(SHARD, last - start)))
                starts.append(base + start)
        base += len(column)
    return pieces, np.array(starts, np.int64)
