"""Records × languages.

A record is one question-passage pair in every language that has it. It is stored once a language,
and never multiplied out by language pairs: which pairs are trained is the plan's business.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lingweave.atomic import whole_file
from lingweave.errors import LingweaveError
from lingweave.plan.shape import NO_REPEATS, Cells, Repeats, TableShape
from lingweave.table.layout import (
    FORMAT_VERSION,
    Answer,
    Contents,
    Extras,
    Origin,
    Side,
    columns_of,
    fingerprint,
)


class ParallelTable:
    """A table of aligned question-passage pairs, memory-mapped from one Arrow file.

    Columns of the file: ``id``, ``dataset``, ``group`` (null: none), and for each language
    ``query:<code>``, ``passage:<code>`` and ``negatives:<code>`` (a list); a null is a hole.
    A table may also have ``answers:<code>`` (lists of texts and their places in the passage),
    ``origin:<code>`` (a place in ``origins``) and ``score:<name>:<code>``.
    The records of a data set stand next to each other.
    """

    def __init__(self, table: pa.Table, path: Path | None = None):
        contents = Contents.of(table.schema)
        if contents is None:
            raise LingweaveError(
                f"{path or 'table'}: not a lingweave table of format {FORMAT_VERSION};"
                " read its source with `lingweave data pack`"
            )
        self.path = path
        self.languages = contents.languages
        self.datasets = contents.datasets
        self.fingerprint = contents.fingerprint
        """A hash of all ids and texts: equal tables have equal fingerprints."""
        self.origins = contents.origins
        """Where cells come from; ``origin`` says which cell comes from which."""
        self.unseen = contents.unseen
        """The benchmarks whose items were removed, and how: plain JSON."""
        self.extras = Extras.of(table.column_names)
        """Which optional columns there are."""
        self._offsets = np.array(contents.offsets, np.int64)
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
        columns: Mapping[str, pa.Array],
        origins: Sequence[Origin] = (),
        unseen: Sequence[dict[str, Any]] = (),
    ) -> "ParallelTable":
        """A table in memory.

        Args:
            ids: (N,) strings, unique within a data set.
            datasets: (N,) names of data sets.
            groups: (N,) strings or nulls.
            languages: canonical codes; the table keeps them sorted.
            columns: ``query:<code>``, ``passage:<code>``, ``negatives:<code>`` and the optional
                columns -> (N,) cells; what is absent is null.
            origins: what the columns ``origin:<code>`` count in.
            unseen: the benchmarks whose items are not among the records, as plain JSON.

        Raises:
            LingweaveError: an origin is not among ``origins``.
        """
        names = pc.unique(datasets).to_pylist()
        number = pc.index_in(datasets, value_set=pa.array(names, pa.string())).to_numpy()
        order = np.argsort(number, kind="stable")
        offsets = np.searchsorted(number[order], np.arange(len(names) + 1)).tolist()
        languages = sorted(languages)
        kinds = columns_of(languages, Extras.of(columns))
        given = {**columns, "id": ids, "dataset": datasets, "group": groups}
        empty = pa.nulls(len(ids))
        # take() makes fresh buffers, so equal values lie in equal bytes.
        arrays = {n: given.get(n, empty).cast(kind).take(order) for n, kind in kinds.items()}
        for x in languages:
            refuse_unknown_origins(arrays.get(f"origin:{x}"), len(origins))
        contents = Contents(
            tuple(languages),
            tuple(names),
            tuple(offsets),
            fingerprint(arrays, languages),
            tuple(origins),
            tuple(unseen),
        )
        return cls(pa.table(arrays).replace_schema_metadata(contents.as_metadata()))

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

    def answers(self, row: int, language: int) -> tuple[Answer, ...]:
        """The answers to a cell's query; none where they are not known."""
        column = self.optional("answers", self.languages[language])
        cell = (column[row].as_py() if column is not None else None) or ()
        return tuple(
            Answer(one["text"], -1 if one["start"] is None else one["start"]) for one in cell
        )

    def origin(self, language: str) -> pa.Array | None:
        """(N,) the place of each cell's origin in ``origins``, null at holes; None: not known."""
        return self.optional("origin", language)

    @property
    def score_names(self) -> tuple[str, ...]:
        """The names of the figures that cells have."""
        return self.extras.scores

    def score(self, name: str, language: str) -> pa.Array | None:
        """(N,) one figure of the cells of a language, null where it was not worked out."""
        return self.optional(f"score:{name}", language)

    def optional(self, kind: str, language: str) -> pa.Array | None:
        """(N,) a language's column ``answers``, ``origin`` or ``score:<name>``, if there is one."""
        return self._columns.get(f"{kind}:{language}")

    def records(self, rows: slice) -> pa.Table:
        """All columns of some records, as they are in the file."""
        start, stop, _ = rows.indices(len(self))
        return self._arrow.slice(start, max(0, stop - start))

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

    def present(self, side: Side, rows: slice = slice(None)) -> Cells:
        """(n, L): which cells of all records, or of some, have a text on this side."""
        cells = [self.column(side, x)[rows].is_valid().to_numpy(False) for x in self.languages]
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


def refuse_unknown_origins(column: pa.Array | None, known: int) -> None:
    """Refuses places of origins that do not exist.

    Raises:
        LingweaveError: naming the place.
    """
    ends = pc.min_max(column).as_py() if column is not None else {}
    for place in ends.values():
        if place is not None and not 0 <= place < known:
            raise LingweaveError(f"origin {place} of a cell: the table has {known} origins")


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())
