"""Verdicts on disk: one Parquet file a slice of records and filter, whole or not there.

A folder holds a folder for each filter, named by it and a hash of all that its verdicts depend on:
its options, the table's texts and origins, the reference. So a run that was killed goes on where
it was, several processes may share the work, and a filter with another option is judged anew while
the others' verdicts stand. A file's name carries the checksum of its bytes, which are read no
further where they are others: a damaged file is as good as none.
"""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lingweave.atomic import whole_file, write_json
from lingweave.building.blocks import Verdicts
from lingweave.building.filters.found import joined
from lingweave.errors import LingweaveError
from lingweave.table import ParallelTable

FORMAT_VERSION = 1
_ABOUT = "about.json"
_DIGITS = 16
"""Hexadecimal digits of a checksum that stand in a name."""
_NAME = re.compile(rf"\d{{9,}}-\d{{9,}}-[0-9a-f]{{{_DIGITS}}}")
"""The names of its files without their ending."""
_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("language", pa.int16()),
        ("reason", pa.dictionary(pa.int32(), pa.string())),
        ("detail", pa.string()),
        ("value", pa.float32()),
    ]
)


class VerdictFiles:
    """The verdicts of one filter on one table, by slice of records."""

    def __init__(
        self,
        folder: Path,
        name: str,
        key: Sequence[Any],
        table: ParallelTable,
        reference: str | None,
    ) -> None:
        """
        Args:
            folder: the folder of all filters.
            name: the filter's name.
            key: what its verdicts depend on beside the table, as JSON takes it.
            table: the records.
            reference: the language that cells are compared with.
        """
        self.about = {
            "format_version": FORMAT_VERSION,
            "name": name,
            "key": list(key),
            "table": table.fingerprint,
            "origins": _origins(table),
            "reference": reference,
            "records": len(table),
        }
        text = json.dumps(self.about, sort_keys=True, default=str)
        digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
        self.folder = folder / f"{name}-{digest}"
        self._paths: dict[str, Path] = {}

    def open(self) -> "VerdictFiles":
        """Makes the folder, and says in it what it is of; Parquet files that are not its own, or
        not the only one of their slice, go.

        Raises:
            OSError: it cannot be written to.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self.folder / _ABOUT).exists():
            write_json(self.folder / _ABOUT, json.loads(json.dumps(self.about, default=str)))
        self._paths = {}
        for path in sorted(self.folder.glob("*.parquet")):
            before = self._paths.get(slice_of(path))
            if _NAME.fullmatch(path.stem) is None or (before and read_file(path) is None):
                path.unlink()
                continue
            if before is not None:
                before.unlink()
            self._paths[slice_of(path)] = path
        return self

    def read(self, rows: slice) -> Verdicts | None:
        """The verdicts on a slice; None if it was not judged before the folder was opened, or its
        file is damaged."""
        path = self._paths.get(_name(rows))
        return None if path is None else read_file(path)

    def write(self, rows: slice, verdicts: Verdicts) -> None:
        """Writes the verdicts on a slice: whole, or not at all.

        Raises:
            OSError: the disk is full.
        """
        columns = [
            pa.array(verdicts.rows, pa.int64()),
            pa.array(verdicts.languages, pa.int16()),
            pa.array(list(verdicts.reasons), pa.string()).dictionary_encode(),
            pa.array(list(verdicts.details), pa.string()),
            pa.array(verdicts.values, pa.float32()),
        ]
        sink = pa.BufferOutputStream()
        pq.write_table(pa.table(columns, schema=_SCHEMA), sink)
        content = sink.getvalue().to_pybytes()
        name = _name(rows)
        path = self.folder / f"{name}-{_checksum(content)}.parquet"
        with whole_file(path) as part:
            part.write_bytes(content)
        before = self._paths.get(name)
        if before is not None and before != path:
            before.unlink(missing_ok=True)
        self._paths[name] = path


def slice_of(path: Path) -> str:
    """The part of a file's name that says which records it is of."""
    return path.stem.rpartition("-")[0]


def read_file(path: Path) -> Verdicts | None:
    """The verdicts of one file; None if there is no such file or it is damaged."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    if path.stem.rpartition("-")[2] != _checksum(content):
        return None
    table = pq.read_table(pa.BufferReader(content))
    return Verdicts(
        table["row"].to_numpy(),
        table["language"].to_numpy(),
        table["reason"].to_pylist(),
        table["detail"].to_pylist(),
        table["value"].to_numpy(),
    )


def read_verdicts(folders: Sequence[Path]) -> Iterator[Verdicts]:
    """All verdicts of some filters' folders, slice by slice, in the order of the table.

    Each slice is of all filters; slices of filters that were judged by other ones come one by one.

    Raises:
        LingweaveError: a file is damaged.
    """
    files: dict[str, list[Path]] = defaultdict(list)
    for folder in folders:
        for path in folder.glob("*.parquet"):
            files[slice_of(path)].append(path)
    for name in sorted(files):
        found = []
        for path in files[name]:
            verdicts = read_file(path)
            if verdicts is None:
                raise LingweaveError(f"{path}: damaged; run the same command to make it again")
            found.append(verdicts)
        yield joined(found)


def _name(rows: slice) -> str:
    return f"{rows.start:09d}-{rows.stop:09d}"


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_DIGITS]


def _origins(table: ParallelTable) -> str | None:
    """A hash of where cells come from, which the table's fingerprint leaves out."""
    digest, any_there = hashlib.sha256(), False
    for language in table.languages:
        numbers = table.origin(language)
        if numbers is not None:
            any_there = True
            digest.update(language.encode())
            digest.update(numbers.fill_null(-1).to_numpy(zero_copy_only=False).tobytes())
    digest.update(repr(table.origins).encode())
    return digest.hexdigest() if any_there else None
