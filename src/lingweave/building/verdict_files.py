"""Verdicts on disk: one Parquet file a slice of records and filter, whole or not there.

A folder holds a folder for each filter, named by it and a hash of all that its verdicts depend on:
its options, the table's texts and origins, the reference. So a run that was killed goes on where
it was, several processes may share the work, and a filter with another option is judged anew while
the others' verdicts stand. A file carries a checksum of its verdicts; a damaged one is as good as
none.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lingweave.atomic import whole_file, write_json
from lingweave.building.blocks import Verdicts
from lingweave.building.filters.found import joined
from lingweave.table import ParallelTable

FORMAT_VERSION = 1
_ABOUT = "about.json"
_KIND = b"lingweave verdicts"
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
        self._digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        self.folder = folder / f"{name}-{self._digest}"

    def open(self) -> "VerdictFiles":
        """Makes the folder, and says in it what it is of.

        Raises:
            OSError: it cannot be written to.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self.folder / _ABOUT).exists():
            write_json(self.folder / _ABOUT, json.loads(json.dumps(self.about, default=str)))
        return self

    def read(self, rows: slice) -> Verdicts | None:
        """The verdicts on a slice; None if it was not judged yet, or its file is damaged."""
        return read_file(self._path(rows))

    def write(self, rows: slice, verdicts: Verdicts) -> None:
        """Writes the verdicts on a slice: whole, or not at all.

        Raises:
            OSError: the disk is full.
        """
        checksum = _checksum(verdicts)
        table = pa.table(
            [
                pa.array(verdicts.rows, pa.int64()),
                pa.array(verdicts.languages, pa.int16()),
                pa.array(list(verdicts.reasons), pa.string()).dictionary_encode(),
                pa.array(list(verdicts.details), pa.string()),
                pa.array(verdicts.values, pa.float32()),
            ],
            schema=_SCHEMA.with_metadata({_KIND: checksum}),
        )
        with whole_file(self._path(rows)) as part:
            pq.write_table(table, part)

    def _path(self, rows: slice) -> Path:
        return self.folder / f"{rows.start:09d}-{rows.stop:09d}.parquet"


def read_file(path: Path) -> Verdicts | None:
    """The verdicts of one file; None if there is no such file or it is damaged."""
    try:
        table = pq.read_table(path, memory_map=False, partitioning=None)
        checksum = (table.schema.metadata or {}).get(_KIND)
        # The page of the statistics and the schema are damaged as easily as those of the values.
        table = table.cast(_SCHEMA)
        verdicts = Verdicts(
            table["row"].to_numpy(),
            table["language"].to_numpy(),
            table["reason"].to_pylist(),
            table["detail"].to_pylist(),
            table["value"].to_numpy(),
        )
        return verdicts if _checksum(verdicts) == checksum else None
    except (OSError, pa.ArrowException, UnicodeDecodeError, TypeError, MemoryError):
        return None


def read_verdicts(folders: Sequence[Path]) -> Iterator[Verdicts]:
    """All verdicts of some filters' folders, slice by slice, in the order of the table.

    Each slice is of all filters; slices of filters that were judged by other ones come one by one.
    """
    files: dict[str, list[Path]] = defaultdict(list)
    for folder in folders:
        for path in folder.glob("*.parquet"):
            files[path.stem].append(path)
    for name in sorted(files):
        found = [read_file(path) for path in files[name]]
        yield joined([verdicts for verdicts in found if verdicts is not None])


def _checksum(verdicts: Verdicts) -> bytes:
    digest = hashlib.sha256()
    numbers = (verdicts.rows, verdicts.languages, verdicts.values)
    for array, kind in zip(numbers, (np.int64, np.int16, np.float32), strict=True):
        digest.update(np.ascontiguousarray(array, kind).tobytes())
    for texts in (verdicts.reasons, verdicts.details):
        digest.update(json.dumps(list(texts)).encode())
    return digest.hexdigest().encode()


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
