"""ParallelTable: records × languages on memory-mapped Arrow.

A record is one question-passage pair in every language that has it. It is stored once a language,
and never multiplied out by language pairs: which pairs are trained is the plan's business.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lingweave.atomic import whole_file
from lingweave.errors import LingweaveError
from lingweave.plan.shape import NO_REPEATS, Cells, Repeats, TableShape

FORMAT_VERSION = 1
_METADATA = b"lingweave"

Side = Literal["query", "passage"]


class ParallelTable:
    """A table of aligned question-passage pairs, memory-mapped from one Arrow file.

    Columns of the file: ``id``, ``dataset``, ``group`` (null: none), and for each language
    ``query:<code>``, ``passage:<code>`` and ``negatives:<code>`` (a list); a null is a hole.
    The records of a data set stand next to each other.
    """

    def __init__(self, table: pa.Table, path: Path | None = None):
        metadata = json.loads((table.schema.metadata or {}).get(_METADATA, b"{}"))
        if metadata.get("format_version") != FORMAT_VERSION:
            raise LingweaveError(
                f"{path or 'table'}: not a lingweave table of format {FORMAT_VERSION};"
                " read its source with `lingweave data pack`"
            )
        self.path = path
        self.languages: tuple[str, ...] = tuple(metadata["languages"])
        self.datasets: tuple[str, ...] = tuple(metadata["datasets"])
        self.fingerprint: str = metadata["fingerprint"]
        """A hash of all ids and texts: equal tables have equal fingerprints."""
        self._offsets = np.array(metadata["offsets"], np.int64)
        self._arrow = table
        self._columns = {name: _one_chunk(table[name]) for name in table.column_names}

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> "ParallelTable":
        """The table of an Arrow file that ``write`` made.

        Raises:
            LingweaveError: the file is missing, cut off, or no lingweave table.
        """
        path = Path(path)
        try:
            with pa.memory_map(str(path)) as source:
                return cls(pa.ipc.open_file(source).read_all(), path)
        except FileNotFoundError:
            raise LingweaveError(f"{path}: no such file") from None
        except (pa.ArrowInvalid, OSError) as error:
            raise LingweaveError(f"{path}: not a readable Arrow file ({_line(error)})") from None

    @classmethod
    def build(
        cls,
        ids: pa.Array,
        datasets: pa.Array,
        groups: pa.Array,
        languages: Sequence[str],
        columns: dict[str, pa.Array],
    ) -> "ParallelTable":
        """A table in memory.

        Args:
            ids: (N,) strings, unique within a data set.
            datasets: (N,) names of data sets.
            groups: (N,) strings or nulls.
            languages: canonical codes; the table keeps them sorted.
            columns: ``query:<code>``, ``passage:<code>``, ``negatives:<code>`` -> (N,) cells;
                languages without hard negatives need no such column.
        """
        names = pc.unique(datasets).to_pylist()
        number = pc.index_in(datasets, value_set=pa.array(names, pa.string())).to_numpy()
        order = np.argsort(number, kind="stable")
        offsets = np.searchsorted(number[order], np.arange(len(names) + 1)).tolist()
        languages = sorted(languages)
        cells = {
            f"{side}:{x}": pa.large_string() for x in languages for side in ("query", "passage")
        }
        cells |= {f"negatives:{x}": pa.large_list(pa.large_string()) for x in languages}
        empty = pa.nulls(len(ids))
        plain = {"id": ids, "dataset": datasets, "group": groups}
        arrays = {name: values.cast(pa.string()).take(order) for name, values in plain.items()} | {
            name: columns.get(name, empty).cast(kind).take(order) for name, kind in cells.items()
        }
        table = pa.table(arrays)
        metadata = {
            "format_version": FORMAT_VERSION,
            "languages": languages,
            "datasets": names,
            "offsets": offsets,
            "fingerprint": _fingerprint(table),
        }
        return cls(table.replace_schema_metadata({_METADATA: json.dumps(metadata).encode()}))

    def write(self, path: str | os.PathLike[str]) -> Path:
        """Writes the table as one Arrow file: whole, or not at all.

        Raises:
            LingweaveError: the place cannot be written to, or the disk is full.
        """
        path = Path(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with (
                whole_file(path) as part,
                pa.OSFile(str(part), "wb") as sink,
                pa.ipc.new_file(sink, self._arrow.schema) as writer,
            ):
                # One record batch: a row is then found without searching for its chunk.
                writer.write_table(self._arrow.combine_chunks())
        except OSError as error:
            raise LingweaveError(f"{path}: cannot write the table ({_line(error)})") from None
        return path

    def __len__(self) -> int:
        return int(self._offsets[-1])

    def ids(self) -> pa.Array:
        """(N,) the ids of all records."""
        return self._columns["id"]

    def id(self, row: int) -> str:
        """The record's id."""
        return str(self._columns["id"][row].as_py())

    def dataset(self, row: int) -> str:
        """The name of the record's data set."""
        return str(self._columns["dataset"][row].as_py())

    def query(self, row: int, language: int) -> str:
        """The query of a cell; ``language`` is its place in ``languages``."""
        return str(self._columns[f"query:{self.languages[language]}"][row].as_py())

    def passage(self, row: int, language: int) -> str:
        """The positive passage of a cell."""
        return str(self._columns[f"passage:{self.languages[language]}"][row].as_py())

    def negatives(self, row: int, language: int) -> tuple[str, ...]:
        """The hard negatives of a cell, none where there is a hole."""
        return tuple(self._columns[f"negatives:{self.languages[language]}"][row].as_py() or ())

    def has_negatives(self) -> bool:
        """Whether any cell has hard negatives of its own."""
        columns = (self._columns[f"negatives:{x}"] for x in self.languages)
        return any(pc.max(pc.list_value_length(column)).as_py() for column in columns)

    def negative_counts(
        self, rows: NDArray[np.int64], languages: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """(n,) how many hard negatives the cells (rows, languages) have."""
        counts = np.zeros(len(rows), np.int64)
        for language in np.unique(languages):
            places = np.flatnonzero(languages == language)
            # The lists' offsets say it, in place; a hole's list takes up nothing.
            offsets = self._columns[f"negatives:{self.languages[language]}"].offsets.to_numpy()
            counts[places] = offsets[rows[places] + 1] - offsets[rows[places]]
        return counts

    def groups(self) -> pa.Array:
        """(N,) the group of each record, null for records without one."""
        return self._columns["group"]

    def column(self, side: Side, language: str) -> pa.Array:
        """(N,) the queries or passages of one language, null at holes."""
        return self._columns[f"{side}:{language}"]

    def texts(self, side: Side) -> Iterator[str]:
        """All texts of a side, language by language."""
        for language in self.languages:
            for batch in pa.chunked_array([self.column(side, language).drop_null()]).chunks:
                yield from (text.as_py() for text in batch)

    def present(self, side: Side) -> Cells:
        """(N, L): which cells have a text on this side."""
        cells = [self.column(side, x).is_valid().to_numpy(False) for x in self.languages]
        return np.stack(cells, axis=1)

    def shape(self) -> TableShape:
        """What a BatchPlan needs to know of the table."""
        return self._shape

    @cached_property
    def _shape(self) -> TableShape:
        queries, passages = self.present("query"), self.present("passage")
        # One array for both sides where holes are the same, none where there are no holes.
        passages = queries if (queries == passages).all() else passages
        groups = self._columns["group"].dictionary_encode()
        numbers = groups.indices.fill_null(-1).to_numpy(False).astype(np.int64)
        return TableShape(
            self.languages,
            self.datasets,
            self._offsets,
            None if queries.all() else queries,
            None if passages.all() else passages,
            None if (numbers < 0).all() else numbers,
            self._repeats("query"),
            self._repeats("passage"),
        )

    def _repeats(self, side: Side) -> Repeats:
        """The cells whose text another record has too, in whatever language."""
        width, rows = len(self.languages), np.arange(len(self))
        columns = pa.chunked_array([self.column(side, x) for x in self.languages])
        encoded = pa.chunked_array(columns).combine_chunks().dictionary_encode()
        texts = encoded.indices.fill_null(-1).to_numpy(False).astype(np.int64)
        cells = np.concatenate([rows * width + language for language in range(width)])
        cells, texts = cells[texts >= 0], texts[texts >= 0]
        # A text repeats if it stands in two different records, not just in two languages of one.
        first = np.full(len(encoded.dictionary), -1, np.int64)
        first[texts[::-1]] = cells[::-1] // width
        repeated = np.zeros(len(first), bool)
        repeated[texts[cells // width != first[texts]]] = True
        cells, texts = cells[repeated[texts]], texts[repeated[texts]]
        order = np.argsort(cells)
        return Repeats(cells[order], texts[order]) if len(cells) else NO_REPEATS


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _fingerprint(table: pa.Table) -> str:
    """The hash of a table's values, whatever its buffers look like."""
    digest = hashlib.blake2b(digest_size=16)

    class Sink:
        closed = False

        def write(self, data: bytes) -> int:
            digest.update(data)
            return len(data)

        def flush(self) -> None: ...

        def close(self) -> None: ...

    # take() has made fresh buffers, so equal values lie in equal bytes.
    with pa.ipc.new_stream(pa.PythonFile(Sink(), "w"), table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return digest.hexdigest()


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())
