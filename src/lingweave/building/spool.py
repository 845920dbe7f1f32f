"""Arrow columns that grow on the disk: what was added is never in memory together."""

import errno
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

HELD = 1 << 16
"""Bytes of a buffer that wait in memory for being written; a wide table has a thousand buffers."""


class _Buffer:
    """Bytes that grow in a file of their own. The file is open only while it is written to: a
    process may have no more than some hundred open files."""

    def __init__(self, path: Path):
        self._path = path
        self._held = bytearray()

    def add(self, data: NDArray[np.generic]) -> None:
        self._held += data.tobytes()
        if len(self._held) >= HELD:
            self._flush()

    def _flush(self) -> None:
        with self._path.open("ab") as file:
            file.write(self._held)
        self._held.clear()

    def mapped(self) -> pa.Buffer:
        self._flush()
        if not self._path.stat().st_size:
            return pa.py_buffer(b"")
        with pa.memory_map(str(self._path)) as file:
            return file.read_buffer()


class _Bits:
    """Which values are there, one bit each."""

    def __init__(self, path: Path):
        self._buffer = _Buffer(path)
        self._rest: NDArray[np.bool_] = np.zeros(0, bool)
        self.nulls = 0

    def add(self, values: pa.Array) -> None:
        self.nulls += values.null_count
        bits = np.concatenate([self._rest, values.is_valid().to_numpy(zero_copy_only=False)])
        whole = len(bits) // 8 * 8
        self._buffer.add(np.packbits(bits[:whole], bitorder="little"))
        self._rest = bits[whole:]

    def mapped(self) -> pa.Buffer | None:
        self._buffer.add(np.packbits(self._rest, bitorder="little"))
        self._rest = self._rest[:0]
        return self._buffer.mapped() if self.nulls else None


class Column(Protocol):
    """A column of one type."""

    def add(self, values: pa.Array) -> None:
        """Appends values, with nothing behind their nulls, as ``take`` gives them."""
        ...

    def mapped(self) -> pa.Array:
        """All values in one piece, memory-mapped; nothing may be added any more."""
        ...


def column(kind: pa.DataType, path: Path) -> Column:
    """An empty column whose files' names begin with a path."""
    if pa.types.is_struct(kind):
        return _Struct(kind, path)
    if pa.types.is_large_list(kind):
        return _Varied(kind, path, np.int64, column(kind.value_type, _beside(path, "values")))
    if pa.types.is_large_string(kind):
        return _Varied(kind, path, np.int64)
    if pa.types.is_string(kind):
        return _Varied(kind, path, np.int32)
    return _Fixed(kind, path)


def _beside(path: Path, name: str) -> Path:
    return path.with_name(f"{path.name}.{name}")


class _Fixed:
    """Numbers."""

    def __init__(self, kind: pa.DataType, path: Path):
        self._kind, self._length = kind, 0
        self._valid = _Bits(_beside(path, "valid"))
        self._data = _Buffer(_beside(path, "data"))

    def add(self, values: pa.Array) -> None:
        if not len(values):
            return
        self._length += len(values)
        self._valid.add(values)
        self._data.add(_numbers(values.buffers()[1], values.offset, len(values), self._kind))

    def mapped(self) -> pa.Array:
        return pa.Array.from_buffers(
            self._kind,
            self._length,
            [self._valid.mapped(), self._data.mapped()],
            self._valid.nulls,
        )


class _Varied:
    """Texts, or lists of the values of another column."""

    def __init__(
        self, kind: pa.DataType, path: Path, width: type[np.signedinteger], of: Column | None = None
    ):
        self._kind, self._width, self._of = kind, width, of
        self._length, self._end = 0, 0
        self._valid = _Bits(_beside(path, "valid"))
        self._offsets = _Buffer(_beside(path, "offsets"))
        self._data = _Buffer(_beside(path, "data"))
        self._offsets.add(np.zeros(1, width))

    def add(self, values: pa.Array) -> None:
        if not len(values):
            return
        self._length += len(values)
        self._valid.add(values)
        kind = pa.from_numpy_dtype(self._width)
        ends = _numbers(values.buffers()[1], values.offset, len(values) + 1, kind)
        first, last = int(ends[0]), int(ends[-1])
        self._offsets.add((ends[1:].astype(np.int64) - first + self._end).astype(self._width))
        self._end += last - first
        if self._end > np.iinfo(self._width).max:
            raise OSError(errno.EFBIG, "ids, groups or names of data sets of more than 2 GiB")
        if self._of is not None:
            self._of.add(values.values[first:last])
        elif last > first:
            self._data.add(np.frombuffer(values.buffers()[2], np.uint8, last - first, first))

    def mapped(self) -> pa.Array:
        buffers = [self._valid.mapped(), self._offsets.mapped()]
        if self._of is None:
            buffers.append(self._data.mapped())
        children: Sequence[pa.Array] | None = [self._of.mapped()] if self._of else None
        return pa.Array.from_buffers(
            self._kind, self._length, buffers, self._valid.nulls, children=children
        )


class _Struct:
    """Several columns side by side."""

    def __init__(self, kind: pa.StructType, path: Path):
        self._kind, self._length = kind, 0
        self._valid = _Bits(_beside(path, "valid"))
        self._fields = [column(field.type, _beside(path, field.name)) for field in kind]

    def add(self, values: pa.StructArray) -> None:
        self._length += len(values)
        self._valid.add(values)
        for place, field in enumerate(self._fields):
            # flatten() minds the offset of a slice and hides what lies behind nulls.
            field.add(values.flatten()[place])

    def mapped(self) -> pa.Array:
        return pa.Array.from_buffers(
            self._kind,
            self._length,
            [self._valid.mapped()],
            self._valid.nulls,
            children=[field.mapped() for field in self._fields],
        )


def _numbers(buffer: pa.Buffer, offset: int, count: int, kind: pa.DataType) -> NDArray[np.generic]:
    return np.frombuffer(buffer, kind.to_pandas_dtype(), count, offset * kind.bit_width // 8)
