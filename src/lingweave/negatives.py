"""Hard negatives by record: which records' passages are near a record's query, and not its answer.

A negative is a record, not a text, so that it can be served in whatever language a batch needs.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from lingweave.atomic import whole_file
from lingweave.errors import LingweaveError
from lingweave.plan.draws import Ints
from lingweave.table import ParallelTable

FORMAT_VERSION = 1
_METADATA = b"lingweave negatives"

Allowed = Callable[[Ints, Ints], NDArray[np.bool_]]
"""Given (n,) owners and (n,) negatives, (n,) which of the negatives may be served."""


@dataclass(frozen=True, eq=False)
class HardNegatives:
    """The hard negatives of a table's N records, one list after another."""

    offsets: Ints
    """(N + 1,): the negatives of record r are ``rows[offsets[r]:offsets[r + 1]]``."""
    rows: Ints
    """(total,) row numbers in the table, the nearest first in each list."""
    scores: NDArray[np.float32]
    """(total,) how near each one is to its record's queries, on the scale of the next field."""
    positive_scores: NDArray[np.float32]
    """(N,) how near the record's own passages are; NaN: not looked at, and without negatives."""
    made_by: dict[str, Any]
    """Encoder, settings, table and software: plain JSON values."""

    def of(self, rows: Ints, count: int, allowed: Allowed | None = None) -> tuple[Ints, Ints]:
        """The first negatives of some records, at most ``count`` of each.

        Args:
            rows: (b,) row numbers, in any order and as often as one likes.
            count: 0 or more.
            allowed: which negatives may be served, given what is returned here; the places of
                the others go to the next ones in the list. None: all may.

        Returns:
            ``owners``, places in ``rows`` in ascending order, and ``negatives``, the row number
            of one negative for each: 2 × (n,).
        """
        starts = self.offsets[rows]
        sizes = self.offsets[rows + 1] - starts
        if allowed is None:
            sizes = np.minimum(sizes, count)
        owners = np.repeat(np.arange(len(rows)), sizes)
        negatives = self.rows[starts[owners] + _counted(sizes)]
        if allowed is None:
            return owners, negatives
        there = allowed(owners, negatives)
        owners, negatives = owners[there], negatives[there]
        first = _counted(np.bincount(owners, minlength=len(rows))) < count
        return owners[first], negatives[first]

    def write(self, path: str | os.PathLike[str], table: ParallelTable) -> Path:
        """Writes one Parquet file that names records by data set and id: whole, or not at all.

        Raises:
            LingweaveError: the place cannot be written to, or the disk is full.
        """
        path = Path(path)
        metadata = {"format_version": FORMAT_VERSION, **self.made_by}
        text = json.dumps(metadata, ensure_ascii=False, allow_nan=False)
        rows = self._arrow(table).replace_schema_metadata({_METADATA: text.encode()})
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(path) as part:
                pq.write_table(rows, part, compression="zstd")
        except OSError as error:
            reason = error.strerror or str(error)
            raise LingweaveError(f"{path}: cannot write the hard negatives ({reason})") from None
        return path

    @staticmethod
    def read(
        path: str | os.PathLike[str],
        table: ParallelTable,
        say: Callable[[str], object] | None = None,
    ) -> "HardNegatives":
        """The file that ``write`` made, for a table that may hold other records besides.

        Args:
            path: the file.
            table: whose rows the negatives are to be.
            say: takes one line if the mined table was another one, say in its languages. Records
                are matched by data set and id, and their texts are not compared.

        Raises:
            LingweaveError: the file is missing, damaged or none of hard negatives, of another
                format, or names records that the table lacks.
        """
        path = Path(path)
        file, made_by = _opened(path)
        mined = made_by.get("table", {}).get("fingerprint", table.fingerprint)
        if say is not None and mined != table.fingerprint:
            say(
                f"{path}: was mined from a table with other texts, languages or records; records"
                " are matched by data set and id"
            )
        places = _Places(path, table)
        records = places.of(file["dataset"], file["id"], "records")
        lists = file["negatives"]
        owners = pc.list_parent_indices(lists).to_numpy()
        named = places.of(file["dataset"].take(pa.array(owners)), lists.flatten(), "negatives")
        # The table's order of records may be another one than the file's.
        order = np.argsort(records[owners], kind="stable")
        sizes = np.bincount(records[owners], minlength=len(table))
        positive = np.full(len(table), np.nan, np.float32)
        positive[records] = file["positive_score"].to_numpy(zero_copy_only=False)
        return HardNegatives(
            offsets=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            rows=named[order],
            scores=file["scores"].flatten().to_numpy(zero_copy_only=False)[order],
            positive_scores=positive,
            made_by=made_by,
        )

    def _arrow(self, table: ParallelTable) -> pa.Table:
        """One row for each record that was looked at."""
        shape, ids = table.shape(), table.ids()
        kept = np.flatnonzero(~np.isnan(self.positive_scores))
        sets = np.repeat(np.arange(len(shape.datasets)), np.diff(shape.offsets))[kept]
        # Records that are left out have empty lists, so the lists still follow one another.
        ends = pa.array(np.append(self.offsets[kept], len(self.rows)).astype(np.int32))
        return pa.table(
            {
                "dataset": pa.array(shape.datasets, pa.string()).take(pa.array(sets)),
                "id": ids.take(pa.array(kept)),
                "negatives": pa.ListArray.from_arrays(ends, ids.take(pa.array(self.rows))),
                "scores": pa.ListArray.from_arrays(ends, pa.array(self.scores, pa.float32())),
                "positive_score": pa.array(self.positive_scores[kept], pa.float32()),
            }
        )


def made_by(path: str | os.PathLike[str]) -> dict[str, Any]:
    """How a file of hard negatives was made, without reading its rows.

    Raises:
        LingweaveError: the file is missing, damaged or none of hard negatives.
    """
    try:
        return _metadata(Path(path), pq.read_schema(path))
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(Path(path), error) from None


def _opened(path: Path) -> tuple[dict[str, pa.Array], dict[str, Any]]:
    """The columns of a file, each in one piece, and how it was made."""
    try:
        rows = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from None
    metadata = _metadata(path, rows.schema)
    return {name: rows[name].combine_chunks() for name in rows.column_names}, metadata


def _metadata(path: Path, schema: pa.Schema) -> dict[str, Any]:
    text = (schema.metadata or {}).get(_METADATA)
    if text is None:
        raise LingweaveError(
            f"{path}: holds no hard negatives; give a file that `lingweave mine` wrote"
        )
    metadata: dict[str, Any] = json.loads(text)
    version = metadata.pop("format_version", None)
    if version != FORMAT_VERSION:
        raise LingweaveError(
            f"{path}: hard negatives of format {version}, this lingweave reads {FORMAT_VERSION};"
            " mine again, or use the version that wrote it"
        )
    return metadata


def _unreadable(path: Path, error: BaseException) -> LingweaveError:
    if isinstance(error, FileNotFoundError):
        return LingweaveError(f"{path}: no such file; write it with `lingweave mine`")
    reason = " ".join(str(error).split())
    return LingweaveError(f"{path}: not a readable file of hard negatives ({reason})")


class _Places:
    """From the names of records to their rows in a table."""

    def __init__(self, path: Path, table: ParallelTable) -> None:
        self.path = path
        self.shape = table.shape()
        self.ids = table.ids()

    def of(self, datasets: pa.Array, ids: pa.Array, what: str) -> Ints:
        """(n,) the row of each named record."""
        rows = np.full(len(ids), -1, np.int64)
        for number, name in enumerate(self.shape.datasets):
            at = np.flatnonzero(pc.equal(datasets, name).to_numpy(zero_copy_only=False))
            start, end = self.shape.offsets[number : number + 2]
            inside = pc.index_in(ids.take(pa.array(at)), self.ids[start:end])
            rows[at] = inside.fill_null(-1 - start).to_numpy(zero_copy_only=False) + start
        lacking = np.flatnonzero(rows < 0)
        if len(lacking):
            first = lacking[0]
            raise LingweaveError(
                f"{self.path}: {len(lacking)} of its {len(ids)} {what} are not in the table, first"
                f" {ids[first]} of {datasets[first]}; give the table that was mined, with the same"
                " languages, data sets and split, or mine again"
            )
        return rows


def _counted(sizes: Ints) -> Ints:
    """The place of each item in its own list, of lists that follow one another: 0, 1, 2, 0, 1."""
    return np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
