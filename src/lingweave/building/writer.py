"""A table that is written record by record, whatever its size."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lingweave.atomic import whole_file
from lingweave.building.spool import column
from lingweave.errors import LingweaveError
from lingweave.table import Origin, ParallelTable
from lingweave.table.layout import Contents, Extras, columns_of, fingerprint
from lingweave.table.table import refuse_unknown_origins

SPOOL = ".spool"
"""How the folders of unfinished columns end."""


class TableWriter:
    """Writes one table file with one record batch, in memory that does not grow with the table.

    Columns grow in files of a folder beside the table, which takes its place on ``close``: whole,
    or not at all. For a while the disk holds the table twice. After a kill the folder stays until
    the next writer of the same table finds it.

    Used as a context manager, it closes after the block, and leaves nothing after an exception.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        languages: Sequence[str],
        origins: Sequence[Origin] = (),
        unseen: Sequence[dict[str, Any]] = (),
        score_names: Sequence[str] = (),
        answers: bool = False,
    ):
        """Begins a table.

        Args:
            path: the Arrow file.
            languages: canonical codes; the table keeps them sorted.
            origins: what the columns ``origin:<code>`` count in; none: there are no such columns.
            unseen: the benchmarks whose items are not among the records, as plain JSON.
            score_names: the table has ``score:<name>:<code>`` for each of these.
            answers: whether the table has ``answers:<code>``.

        Raises:
            LingweaveError: a score's name cannot be a column's; the place cannot be written to.
        """
        self.path = Path(path)
        self.languages = tuple(sorted(languages))
        self.origins, self.unseen = tuple(origins), tuple(unseen)
        extras = Extras(answers, bool(origins), tuple(score_names))
        self._kinds = columns_of(self.languages, extras)
        self._datasets: list[str] = []
        self._offsets: list[int] = []
        self._rows = 0
        with _named(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._folder, self._lock = _own_folder(self.path)
        names = enumerate(self._kinds.items())
        self._columns = {n: column(kind, self._folder / str(place)) for place, (n, kind) in names}

    def add(self, records: pa.RecordBatch | pa.Table) -> None:
        """Appends records; the records of a data set come together.

        Args:
            records: columns as in the file, in any order; absent ones are null.

        Raises:
            LingweaveError: a column is unknown or of a wrong type, a record has no id or data set,
                a data set comes back after another one, an origin is not among ``origins``, or the
                disk is full.
        """
        if unknown := set(records.schema.names) - set(self._kinds):
            raise LingweaveError(
                f"{self.path}: no column {min(unknown)!r}: it has {', '.join(self._kinds)}"
            )
        if not len(records):
            return
        everything = pa.array(np.arange(len(records)))
        values = {}
        for name, kind in self._kinds.items():
            values[name] = _cells(records, name, kind, everything, self.path)
        for code in self.languages:
            refuse_unknown_origins(values.get(f"origin:{code}"), len(self.origins))
        self._count(values["dataset"])
        with _named(self.path):
            for name, cells in values.items():
                self._columns[name].add(cells)

    def _count(self, names: pa.Array) -> None:
        runs = pc.run_end_encode(names)
        ends = runs.run_ends.to_pylist()
        for name, start in zip(runs.values.to_pylist(), [0, *ends[:-1]], strict=True):
            if not self._datasets or name != self._datasets[-1]:
                if name in self._datasets:
                    raise LingweaveError(
                        f"{self.path}: records of the data set {name!r} come after those of"
                        f" {self._datasets[-1]!r}: the records of a data set must come together"
                    )
                self._datasets.append(name)
                self._offsets.append(self._rows + start)
        self._rows += ends[-1]

    def close(self, before: Callable[[str], object] | None = None) -> ParallelTable:
        """The table, on the disk under its name and memory-mapped.

        Args:
            before: called with the fingerprint when everything is written and only the name is
                missing; if it raises, there is no table.

        Raises:
            LingweaveError: the disk is full.
        """
        try:
            with _named(self.path):
                columns = {name: spooled.mapped() for name, spooled in self._columns.items()}
                contents = Contents(
                    self.languages,
                    tuple(self._datasets),
                    (*self._offsets, self._rows),
                    fingerprint(columns, self.languages),
                    self.origins,
                    self.unseen,
                )
                batch = pa.record_batch(list(columns.values()), names=list(columns))
                schema = batch.schema.with_metadata(contents.as_metadata())
                with whole_file(self.path) as part:
                    with pa.OSFile(str(part), "wb") as sink, pa.ipc.new_file(sink, schema) as file:
                        file.write_batch(batch.replace_schema_metadata(schema.metadata))
                    if before is not None:
                        before(contents.fingerprint)
        finally:
            self.discard()
        return ParallelTable.open(self.path)

    def discard(self) -> None:
        """Removes what was spooled; the table is not written."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._lock.close()

    def __enter__(self) -> "TableWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        if kind is not None:
            self.discard()
        elif not self._lock.closed:
            self.close()


def _cells(
    records: pa.RecordBatch | pa.Table,
    name: str,
    kind: pa.DataType,
    everything: pa.Array,
    path: Path,
) -> pa.Array:
    """A column's values in fresh buffers, so that equal values lie in equal bytes."""
    if name not in records.schema.names:
        if name in ("id", "dataset"):
            raise LingweaveError(f"{path}: records without the column {name!r}")
        return pa.nulls(len(records), kind).take(everything)
    values = records[name]
    try:
        whole = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
        found = whole.cast(kind).take(everything)
    except pa.ArrowException as error:
        raise LingweaveError(
            f"{path}: column {name!r} must be {kind} ({' '.join(str(error).split())})"
        ) from None
    if name in ("id", "dataset") and found.null_count:
        raise LingweaveError(f"{path}: a record has no {name}")
    return found


def _own_folder(path: Path) -> tuple[Path, BinaryIO]:
    """A new folder beside a table, and the lock that says that its process lives. Folders of the
    same table whose process does not are removed."""
    for old in path.parent.glob(f".{path.name}.*{SPOOL}"):
        # Another writer may be removing it too.
        with suppress(FileNotFoundError), _lock_of(old) as lock:
            if _locked(lock):
                shutil.rmtree(old, ignore_errors=True)
    while True:
        folder = Path(tempfile.mkdtemp(SPOOL, f".{path.name}.", path.parent))
        # Before the lock is there, another writer may take the folder for a dead one's.
        with suppress(FileNotFoundError):
            lock = _lock_of(folder)
            if _locked(lock) and (folder / "lock").exists():
                return folder, lock
            lock.close()


def _lock_of(folder: Path) -> BinaryIO:
    return (folder / "lock").open("ab")


def _locked(lock: BinaryIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or " ".join(str(error).split())
        raise LingweaveError(f"{path}: cannot write the table ({reason})") from None
