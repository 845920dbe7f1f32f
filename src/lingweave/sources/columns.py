"""Strings in an Arrow column, memory-mapped or not, as a plain sequence."""

from collections.abc import Iterator, Sequence
from typing import Any, overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

ROWS = 16384
"""Rows that are made Python strings together in one walk."""


class Column(Sequence[str]):
    """A view on a string column: a row becomes a string when it is asked for."""

    def __init__(self, column: pa.ChunkedArray | pa.Array) -> None:
        if isinstance(column, pa.Array):
            column = pa.chunked_array([column])
        self._column = column.cast(pa.large_string())
        sizes = [len(chunk) for chunk in self._column.chunks]
        self._starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)

    def __len__(self) -> int:
        return len(self._column)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> "Column": ...
    def __getitem__(self, index: int | slice) -> "str | Column":
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step == 1:
                return Column(self._column.slice(start, max(stop - start, 0)))
            return Column(self._column.take(pa.array(range(start, stop, step), pa.int64())))
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(index)
        chunk = int(np.searchsorted(self._starts, place, side="right")) - 1
        return str(self._column.chunk(chunk)[place - int(self._starts[chunk])])

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), ROWS):
            yield from self._column.slice(start, ROWS).to_pylist()

    def __arrow_array__(self, type: pa.DataType | None = None) -> pa.ChunkedArray:
        return self._column if type is None else self._column.cast(type)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Column):
            return bool(self._column.equals(other._column))
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return Column, (self._column,)

    def __repr__(self) -> str:
        return f"Column({len(self)} rows)"

    def places(self, wanted: Sequence[str]) -> NDArray[np.int64]:
        """(wanted,) where each of these distinct strings stands first, or -1.

        Only `wanted` is hashed: the column may be far longer than memory.
        """
        found = np.full(len(wanted), -1, dtype=np.int64)
        values = pa.array(wanted, pa.large_string())
        for chunk, start in zip(self._column.chunks, self._starts, strict=False):
            which = pc.index_in(chunk, value_set=values)
            rows = np.flatnonzero(which.is_valid().to_numpy(zero_copy_only=False))
            hits = which.drop_null().to_numpy(zero_copy_only=False)
            # The first of equal rows counts: later ones are written before it.
            late = found[hits] < 0
            found[hits[late][::-1]] = rows[late][::-1] + int(start)
        return found

    def repeated(self) -> str | None:
        """A string that stands twice, if there is one."""
        if pc.count_distinct(self._column).as_py() == len(self):
            return None
        counts = pc.value_counts(self._column)
        twice = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
        return str(twice[0])
