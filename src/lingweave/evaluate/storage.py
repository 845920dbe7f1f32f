"""An evaluation's folder: `evaluation.json`, `ranks.parquet` and `topk.parquet`."""

import contextlib
import errno
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from lingweave.benchmark import Benchmark
from lingweave.errors import LingweaveError
from lingweave.ranks import GoldRanks, TopLists, columns_of

SUMMARY, RANKS, TOPK = "evaluation.json", "ranks.parquet", "topk.parquet"


def ranks_table(ranks: GoldRanks, groups: Sequence[str]) -> pa.Table:
    """One row a gold: languages, query id, group, pool position, grade and tie-free counts."""
    columns = columns_of(ranks)
    query = columns.pop("query")
    named = {
        "query_language": _coded(columns.pop("query_language"), ranks.languages),
        "query_id": _coded(query, ranks.query_ids),
        "group": _coded(query, groups),
        "passage_language": _coded(columns.pop("passage_language"), ranks.languages),
    }
    return pa.table({**named, **{n: pa.array(v.astype(np.int32)) for n, v in columns.items()}})


def top_table(top: TopLists, benchmark: Benchmark) -> pa.Table:
    """One row a place in a pool list: query, rank (1 is best), passage and score."""
    n, depth = top.positions.shape
    languages = benchmark.languages
    sides = [benchmark.queries.get(x) for x in languages]
    ids = [
        side.ids[row]
        for x, row in zip(top.query_language.tolist(), top.row.tolist(), strict=True)
        if (side := sides[x]) is not None
    ]
    sizes = [len(benchmark.corpora[y].ids) if y in benchmark.corpora else 0 for y in languages]
    starts = np.cumsum([0, *sizes])
    # A corpus may be far longer than the lists: only the passages in them are looked up.
    places, place = np.unique(top.positions.ravel(), return_inverse=True)
    of_place = np.searchsorted(starts, places, side="right") - 1
    passage_ids = [
        benchmark.corpora[languages[y]].ids[row]
        for y, row in zip(of_place.tolist(), (places - starts[of_place]).tolist(), strict=True)
    ]
    return pa.table(
        {
            "query_language": _coded(np.repeat(top.query_language, depth), languages),
            "query_id": _coded(np.repeat(np.arange(n), depth), ids),
            "rank": pa.array(np.tile(np.arange(1, depth + 1, dtype=np.int32), n)),
            "passage_language": _coded(of_place[place], languages),
            "passage_id": _coded(place, passage_ids),
            "score": pa.array(top.scores.ravel()),
        }
    )


class Writer:
    """Writes an evaluation part by part: the three files appear together, or none.

    Use it as a context manager; what is written before `finish` carries temporary names, and is
    removed if the block ends early. Each part becomes row groups of its own.

    Raises:
        LingweaveError: from any method; the folder cannot be written, or the disk is full.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._temporary = {
            name: folder / f".{name}.{os.getpid()}.tmp" for name in (RANKS, TOPK, SUMMARY)
        }
        self._open: dict[str, pq.ParquetWriter] = {}

    def __enter__(self) -> "Writer":
        with self._errors_named():
            self.folder.mkdir(parents=True, exist_ok=True)
            for left in self.folder.glob(".*.tmp"):
                if not _alive(left.suffixes[-2][1:] if len(left.suffixes) > 1 else ""):
                    left.unlink(missing_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        for writer in self._open.values():
            with contextlib.suppress(OSError, pa.ArrowException):
                writer.close()
        for path in self._temporary.values():
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    def add_ranks(self, table: pa.Table) -> None:
        """Appends rows to `ranks.parquet`."""
        self._add(RANKS, table)

    def add_top(self, table: pa.Table) -> None:
        """Appends rows to `topk.parquet`."""
        self._add(TOPK, table)

    def _add(self, name: str, table: pa.Table) -> None:
        with self._errors_named():
            if name not in self._open:
                path = self._temporary[name]
                self._open[name] = pq.ParquetWriter(path, table.schema, compression="zstd")
            if len(table):
                self._open[name].write_table(table)

    def finish(self, summary: dict[str, Any]) -> None:
        """Writes the summary, and gives the files their names, `evaluation.json` last."""
        with self._errors_named():
            for writer in self._open.values():
                writer.close()
            text = json.dumps(summary, ensure_ascii=False, indent=1, allow_nan=False)
            self._temporary[SUMMARY].write_text(text + "\n", encoding="utf-8")
            for path in self._temporary.values():
                with path.open("rb") as file:
                    os.fsync(file.fileno())
            for name, path in self._temporary.items():
                path.replace(self.folder / name)

    @contextlib.contextmanager
    def _errors_named(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            full = error.errno == errno.ENOSPC
            reason = "the disk is full" if full else error.strerror or str(error)
            raise LingweaveError(
                f"{self.folder}: cannot write the evaluation ({reason}); nothing was left there,"
                f" {'make room' if full else 'choose another --out'} and run again"
            ) from error


def _alive(process: str) -> bool:
    """Whether the process that a temporary file is named after still runs here."""
    try:
        os.kill(int(process), 0)
    except (ValueError, ProcessLookupError):
        return False
    except OSError:
        pass
    return True


def check_writable(folder: Path) -> None:
    """Finds out before long work whether an evaluation can be written to a folder.

    Raises:
        LingweaveError: it or the folder above it is a file, or must not be written to.
    """
    place = folder.absolute()
    while not (place.exists() or place.is_symlink()):
        place = place.parent
    if not place.is_dir():
        raise LingweaveError(f"--out {folder}: {place} is not a folder; choose another place")
    if not os.access(place, os.W_OK | os.X_OK):
        raise LingweaveError(f"--out {folder}: no permission to write in {place}")


def read_summary(folder: Path, format_version: int) -> dict[str, Any]:
    """The content of `evaluation.json`.

    Raises:
        LingweaveError: it is missing, damaged, or of another format.
    """
    path = folder / SUMMARY
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise LingweaveError(
            f"{folder}: holds no {SUMMARY}; give a folder that `lingweave evaluate` wrote"
        ) from None
    except (OSError, ValueError) as error:
        raise LingweaveError(f"{path}: damaged ({error}); evaluate again") from error
    if not isinstance(summary, dict) or "macro" not in summary:
        raise LingweaveError(f"{path}: not an evaluation; evaluate again")
    if summary.get("format_version") != format_version:
        raise LingweaveError(
            f"{path}: format version {summary.get('format_version')}, this lingweave reads"
            f" {format_version}; evaluate again, or use the version that wrote it"
        )
    return summary


def corpus_sizes(folder: Path, summary: dict[str, Any]) -> tuple[tuple[str, ...], list[int]]:
    """The languages of an evaluation, and how many candidates each one's corpus holds.

    Raises:
        LingweaveError: the summary does not say.
    """
    try:
        languages = tuple(map(str, summary["languages"]))
        candidates = summary["provenance"]["benchmark"]["candidates"]
        return languages, [int(candidates[y]) for y in languages]
    except (KeyError, TypeError, ValueError) as error:
        raise LingweaveError(
            f"{folder / SUMMARY}: damaged, no languages or candidates ({error}); evaluate again"
        ) from error


def read_table(path: Path) -> pa.Table:
    """A Parquet file.

    Raises:
        LingweaveError: it is missing or damaged.
    """
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        reason = " ".join(str(error).split())
        raise LingweaveError(f"{path}: cannot be read ({reason}); evaluate again") from error


def _coded(index: NDArray[Any], names: Any) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(
        pa.array(index.astype(np.int32)), pa.array(list(names), type=pa.string())
    )
