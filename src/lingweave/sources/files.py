"""Parquet and JSON lines files -> Arrow tables, with errors that name the file and the line."""

import gzip
import json
import os
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lingweave.errors import LingweaveError
from lingweave.table import ParallelTable

ENDINGS = (".parquet", ".jsonl", ".jsonl.gz", ".arrow")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def files_of(paths: Sequence[str | os.PathLike[str]]) -> list[Path]:
    """These files, and the readable files of these folders, in the order of their names.

    Raises:
        LingweaveError: a path does not exist or has no known ending; a folder has no such file.
    """
    files: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.name.endswith(ENDINGS))
            if not inside:
                raise LingweaveError(f"{path}: no {', '.join(ENDINGS)} file in this folder")
            files += inside
        elif not path.exists():
            raise LingweaveError(f"{path}: no such file or folder")
        elif not path.name.endswith(ENDINGS):
            raise LingweaveError(f"{path}: not a {', '.join(ENDINGS)} file")
        else:
            files.append(path)
    return files


def read_file(file: Path) -> pa.Table:
    """A file's rows as an Arrow table.

    Raises:
        LingweaveError: the file is cut off, not UTF-8, or not of its format.
    """
    if file.suffix == ".arrow":
        return _unpacked(file)
    if file.suffix == ".parquet":
        try:
            table = pq.read_table(file)
            table.validate(full=True)
        except (pa.ArrowException, OSError) as error:
            reason = " ".join(str(error).split())
            raise LingweaveError(f"{file}: not a readable Parquet file ({reason})") from None
        return table
    rows = [row for _, row in json_lines(file)]
    if not rows:
        raise LingweaveError(f"{file}: the file has no rows")
    try:
        return pa.Table.from_pylist(rows, schema=_schema(rows))
    except (pa.ArrowException, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise LingweaveError(f"{file}: the rows do not have the same types ({reason})") from None


def _unpacked(file: Path) -> pa.Table:
    """A packed table in wide form: a row a record, `query_<code>` for `query:<code>`."""
    table = ParallelTable.open(file)
    records = table.records(slice(None))
    kinds = tuple(f"{kind}:" for kind in ("query", "passage", "negatives", "answers"))
    kept = [x for x in records.column_names if ":" not in x or x.startswith(kinds)]
    return records.select(kept).rename_columns([x.replace(":", "_", 1) for x in kept])


def _schema(rows: list[dict[str, Any]]) -> pa.Schema:
    # from_pylist alone would take the first row's keys for all.
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pa.schema([(n, pa.array([row.get(n) for row in rows]).type) for n in names])


def json_lines(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a JSON lines file, plain or gzipped, with the numbers of their lines.

    Raises:
        LingweaveError: a line is not UTF-8 or not a JSON object; it is named.
    """
    for number, line in text_lines(file):
        if line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise LingweaveError(f"{file}: line {number}: not JSON ({_why(error)})") from None
            if not isinstance(row, dict):
                raise LingweaveError(f"{file}: line {number}: not a JSON object")
            _refuse_halves(file, number, line)
            yield number, row


def _why(error: ValueError | RecursionError) -> str:
    if isinstance(error, RecursionError):
        return "brackets in brackets, too many to read"
    return error.msg if isinstance(error, json.JSONDecodeError) else str(error)


def _refuse_halves(file: Path, number: int, line: str) -> None:
    """Refuses a line of JSON with half a character, which no file could hold as UTF-8."""
    if not _SURROGATE.search(line):
        return
    for string in _STRING.finditer(line):
        try:
            json.loads(string[0]).encode()
        except UnicodeEncodeError as error:
            half = f"\\u{ord(error.object[error.start]):04x}"
            raise LingweaveError(
                f"{file}: line {number}: {half} is half a character (a lone surrogate): write"
                " both halves, or leave it out"
            ) from None


def text_lines(file: Path) -> Iterator[tuple[int, str]]:
    """The lines of a text file, plain or gzipped, numbered from 1 and without their ends.

    A byte order mark before the first line is left out.

    Raises:
        LingweaveError: the file cannot be read to its end, or a line is not UTF-8; it is named.
    """
    number = 0
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                text = line.decode().rstrip("\r\n")
                yield number, text.removeprefix("\ufeff") if number == 1 else text
    except UnicodeDecodeError as error:
        raise LingweaveError(
            f"{file}: line {number}: not UTF-8 (byte {error.object[error.start]:#04x} at column"
            f" {error.start + 1}): save the file as UTF-8"
        ) from None
    except (EOFError, OSError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        after = f" after line {number}" if number else ""
        raise LingweaveError(f"{file}: cannot be read{after} ({reason})") from None


def json_file(file: Path) -> Any:
    """The content of one JSON file, plain or gzipped.

    Raises:
        LingweaveError: it cannot be read, is not UTF-8 or not JSON; the line is named.
    """
    lines = [line for _, line in text_lines(file)]
    try:
        content = json.loads("\n".join(lines))
    except json.JSONDecodeError as error:
        raise LingweaveError(
            f"{file}: line {error.lineno}: not JSON ({error.msg}); the file may be cut short,"
            " fetch it again"
        ) from None
    except (ValueError, RecursionError) as error:
        raise LingweaveError(f"{file}: not JSON ({_why(error)})") from None
    for number, line in enumerate(lines, 1):
        _refuse_halves(file, number, line)
    return content
