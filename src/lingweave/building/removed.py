"""The file that says of every removed cell why it went."""

import json
import os
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from lingweave.building.blocks import WHOLE, Verdicts
from lingweave.errors import LingweaveError
from lingweave.table import SIDES, ParallelTable, Side

TOO_FEW = "too_few_languages"
"""The reason of records that lost so many cells that the rest is no use."""
SCHEMA = pa.schema(
    {
        "row": pa.int64(),
        "dataset": pa.string(),
        "id": pa.string(),
        "language": pa.string(),
        "query_characters": pa.int64(),
        "passage_characters": pa.int64(),
        "reason": pa.string(),
        "detail": pa.string(),
        "value": pa.float32(),
    }
)
"""One row a cell and reason. ``row`` is the record's place in the table before; ``language`` null:
the whole record; lengths are null at holes, and those of a whole record are sums."""
_TOGETHER = 1 << 16
"""Rows of a row group: verdicts come block by block and filter by filter."""
_AT_ONCE = 4096
"""Verdicts whose texts are measured together: one on a whole record is on all of its languages."""
_METADATA = b"lingweave"


def removed_beside(table: Path) -> Path:
    """The file of what was removed from a table: table.removed.parquet of table.arrow."""
    return table.with_name(f"{table.stem}.removed.parquet")


class RemovedFile:
    """Writes the file as verdicts come."""

    def __init__(self, path: Path, table: ParallelTable):
        self._table = table
        self._writer = pq.ParquetWriter(path, SCHEMA, compression="zstd")
        self._waiting: list[pa.Table] = []
        self.reasons: Counter[str] = Counter()
        """How often each reason was given."""

    def add(self, verdicts: Verdicts) -> None:
        """Appends what verdicts say of the cells of the table."""
        self.reasons.update(verdicts.reasons)
        for start in range(0, len(verdicts.rows), _AT_ONCE):
            self._add(_part(verdicts, slice(start, start + _AT_ONCE)))

    def _add(self, verdicts: Verdicts) -> None:
        rows = pa.array(verdicts.rows)
        records = self._table.records(slice(None))
        codes = pa.array([*self._table.languages, None], pa.string())
        columns = {
            "row": rows,
            "dataset": records["dataset"].take(rows),
            "id": records["id"].take(rows),
            # WHOLE is -1, and the last one is none.
            "language": codes.take(pa.array(verdicts.languages % len(codes))),
            "reason": pa.array(verdicts.reasons, pa.string()),
            "detail": pa.array(verdicts.details, pa.string()),
            "value": pa.array(verdicts.values, pa.float32(), from_pandas=True),
        } | {f"{side}_characters": self._lengths(side, verdicts) for side in SIDES}
        self._waiting.append(pa.table(columns).select(SCHEMA.names).cast(SCHEMA))
        if sum(map(len, self._waiting)) >= _TOGETHER:
            self._write()

    def _lengths(self, side: Side, verdicts: Verdicts) -> pa.Array:
        lengths: NDArray[np.int64] = np.zeros(len(verdicts.rows), np.int64)
        there: NDArray[np.bool_] = np.zeros(len(verdicts.rows), bool)
        for place, code in enumerate(self._table.languages):
            at = np.flatnonzero((verdicts.languages == place) | (verdicts.languages == WHOLE))
            texts = self._table.column(side, code).take(pa.array(verdicts.rows[at]))
            lengths[at] += pc.fill_null(pc.utf8_length(texts), 0).to_numpy()
            there[at] |= texts.is_valid().to_numpy(False)
        return pa.array(lengths, mask=~there)

    def _write(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.concat_tables(self._waiting))
            self._waiting.clear()

    def finish(self, fingerprint: str) -> None:
        """Ends the file with the fingerprint of the table that is left."""
        self._write()
        about = {"before": self._table.fingerprint, "table": fingerprint}
        self._writer.add_key_value_metadata({_METADATA: json.dumps(about).encode()})
        self._writer.close()

    def close(self) -> None:
        """Lets go of the file, whatever state it is in."""
        self._writer.close()


def _part(all: Verdicts, some: slice) -> Verdicts:
    return Verdicts(
        all.rows[some], all.languages[some], all.reasons[some], all.details[some], all.values[some]
    )


class Losses(NamedTuple):
    """What was removed from a table, counted."""

    cells: dict[str, dict[str, int]]
    """By reason and language: cells. A cell with two reasons counts for both."""
    records: dict[str, int]
    """By reason: whole records."""
    lost: dict[str, int]
    """By language: cells that a verdict on that language removed, each once."""
    table: str | None
    """The fingerprint of the table that was left."""


def losses(path: str | os.PathLike[str]) -> Losses:
    """The counts of a file of removed cells.

    Raises:
        LingweaveError: it is missing, unreadable or another kind of file.
    """
    try:
        file = pq.ParquetFile(path)
        rows = file.read(["row", "language", "reason"])
    except FileNotFoundError:
        raise LingweaveError(f"{path}: no such file") from None
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise LingweaveError(f"{path}: not a file of removed cells ({reason})") from None
    if file.schema_arrow.names != SCHEMA.names:
        raise LingweaveError(
            f"{path}: not a file of removed cells: its columns are {', '.join(rows.column_names)}"
        )
    about = json.loads((file.metadata.metadata or {}).get(_METADATA, b"{}"))
    cells: dict[str, dict[str, int]] = {}
    records: dict[str, int] = {}
    by_reason = rows.group_by(["reason", "language"]).aggregate([("row", "count_distinct")])
    for group in by_reason.to_pylist():
        if group["language"] is None:
            records[group["reason"]] = group["row_count_distinct"]
        else:
            of_reason = cells.setdefault(group["reason"], {})
            of_reason[group["language"]] = group["row_count_distinct"]
    by_language = rows.filter(rows["language"].is_valid()).group_by("language")
    counted = by_language.aggregate([("row", "count_distinct")]).to_pylist()
    lost = {group["language"]: group["row_count_distinct"] for group in counted}
    return Losses(cells, records, lost, about.get("table"))
