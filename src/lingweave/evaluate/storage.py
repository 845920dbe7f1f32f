"""An evaluation's folder: `evaluation.json`, `ranks.parquet` and `topk.parquet`."""

import contextlib
import errno
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from lingweave.benchmark import Benchmark
from lingweave.errors import LingweaveError
from lingweave.ranks import Counts, GoldRanks, TopLists, columns_of

SUMMARY, RANKS, TOPK = "evaluation.json", "ranks.parquet", "topk.parquet"
LANGUAGE_COLUMNS = ("query_language", "passage_language")


def ranks_table(ranks: GoldRanks, groups: list[str]) -> pa.Table:
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
    sides = [benchmark.queries.get(x) for x in benchmark.languages]
    ids = [
        side.ids[row]
        for x, row in zip(top.query_language, top.row, strict=True)
        if (side := sides[x]) is not None
    ]
    corpora = [(y, benchmark.corpora[y]) for y in benchmark.languages if y in benchmark.corpora]
    passage_ids = [id for _, side in corpora for id in side.ids]
    passage_languages = [y for y, side in corpora for _ in side.ids]
    position = top.positions.ravel()
    return pa.table(
        {
            "query_language": _coded(np.repeat(top.query_language, depth), benchmark.languages),
            "query_id": _coded(np.repeat(np.arange(n), depth), ids),
            "rank": pa.array(np.tile(np.arange(1, depth + 1, dtype=np.int32), n)),
            "passage_language": _coded(position, passage_languages),
            "passage_id": _coded(position, passage_ids),
            "score": pa.array(top.scores.ravel()),
        }
    )


def save(folder: Path, summary: dict[str, Any], ranks: pa.Table, top: pa.Table) -> None:
    """Writes the three files or none: temporary names first, `evaluation.json` renamed last.

    Raises:
        LingweaveError: the folder cannot be written, or the disk is full.
    """
    temporary = {name: folder / f".{name}.{os.getpid()}.tmp" for name in (RANKS, TOPK, SUMMARY)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(ranks, temporary[RANKS], compression="zstd")
        pq.write_table(top, temporary[TOPK], compression="zstd")
        text = json.dumps(summary, ensure_ascii=False, indent=1, allow_nan=False)
        temporary[SUMMARY].write_text(text + "\n", encoding="utf-8")
        for path in temporary.values():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        for name, path in temporary.items():
            path.replace(folder / name)
    except OSError as error:
        full = error.errno == errno.ENOSPC
        reason = "the disk is full" if full else error.strerror or str(error)
        raise LingweaveError(
            f"{folder}: cannot write the evaluation ({reason}); nothing was left there,"
            f" {'make room' if full else 'choose another --out'} and run again"
        ) from error
    finally:
        for path in temporary.values():
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


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


def read_ranks(
    folder: Path, languages: tuple[str, ...], corpus_sizes: list[int]
) -> tuple[GoldRanks, list[str]]:
    """The ranks, and the group name of each query id."""
    table = read_table(folder / RANKS)
    try:
        # Millions of rows, few distinct strings: only those are ever made into Python objects.
        column = table["query_id"].combine_chunks().dictionary_encode()
        ids, number = np.unique(column.dictionary.to_pylist(), return_inverse=True)
        query = number[column.indices.to_numpy()]
        first = np.unique(query, return_index=True)[1]
        group = table["group"].combine_chunks().take(pa.array(first)).to_pylist()
        numbers = {
            name: table[name].to_numpy().astype(np.int64)
            for name in table.column_names
            if pa.types.is_integer(table[name].type)
        }
        codes = {side: _codes(table[side], languages) for side in LANGUAGE_COLUMNS}
        ranks = GoldRanks(
            languages=languages,
            query_ids=tuple(map(str, ids)),
            corpus_sizes=np.array(corpus_sizes, dtype=np.int64),
            query_language=codes["query_language"],
            query=query.astype(np.int64),
            passage_language=codes["passage_language"],
            position=numbers["position"],
            grade=numbers["grade"],
            own=Counts(*(numbers[f"own_{name}"] for name in Counts._fields)),
            pool=Counts(*(numbers[f"pool_{name}"] for name in Counts._fields)),
        )
    except KeyError as error:
        raise LingweaveError(
            f"{folder / RANKS}: no column or language {error}; evaluate again"
        ) from error
    return ranks, group


def _codes(column: pa.ChunkedArray, languages: tuple[str, ...]) -> NDArray[np.int64]:
    """The place of each row's language; KeyError for a language that is not there."""
    encoded = column.combine_chunks().dictionary_encode()
    place = {language: i for i, language in enumerate(languages)}
    places = np.array([place[x] for x in encoded.dictionary.to_pylist()], dtype=np.int64)
    rows: NDArray[np.int64] = places[encoded.indices.to_numpy()]
    return rows


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
