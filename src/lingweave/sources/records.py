"""JSON lines, Parquet and TSV files as rows of (id, text, language, line), one after another."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from lingweave.errors import LingweaveError
from lingweave.sources.files import json_lines, text_lines

ENDINGS = (".jsonl", ".jsonl.gz", ".json", ".parquet", ".tsv", ".tsv.gz", ".txt", ".txt.gz")


class Fields(NamedTuple):
    """The names under which a row's parts may be known; the first that it has counts."""

    id: tuple[str, ...] = (
        "_id", "id", "docid", "doc_id", "doc-id", "query_id", "query-id", "qid", "pid",
        "passage_id",
    )  # fmt: skip
    text: tuple[str, ...] = ("text", "contents", "passage", "question", "query", "document")
    title: tuple[str, ...] = ("title",)
    """Put before the text with a blank between them, as BEIR does."""
    language: tuple[str, ...] = ("lang", "language")


FIELDS = Fields()


class Row(NamedTuple):
    """One query or document."""

    id: str
    text: str
    """With the title in front, if there is one."""
    language: str | None
    """As the row tells it."""
    line: int
    """The line, or the row of a Parquet file, counted from 1."""


def rows_of(file: Path, fields: Fields = FIELDS) -> Iterator[Row]:
    """A file's rows.

    TSV is ``id, text`` and perhaps ``title``, unless its first line names the columns.

    Raises:
        LingweaveError: naming file and line: the ending is not one of ``ENDINGS``, the file cannot
            be read, or a row has no id or no text field.
    """
    if not file.name.endswith(ENDINGS):
        raise LingweaveError(f"{file}: not a {', '.join(ENDINGS)} file")
    for line, record in records_of(file, fields):
        id = _first(record, fields.id)
        if id is None or isinstance(id, (dict, list, float)) or not str(id).strip():
            raise LingweaveError(f"{file}: line {line}: no id: give each row a field '_id'")
        text, title = _first(record, fields.text), _first(record, fields.title)
        if text is None and title is None:
            given = ", ".join(map(str, record))
            raise LingweaveError(
                f"{file}: line {line}: no text: give each row a field 'text' (it has {given})"
            )
        for part in (text, title):
            if part is not None and not isinstance(part, str):
                raise LingweaveError(f"{file}: line {line}: the text of {id!r} is not a string")
        language = _first(record, fields.language)
        yield Row(
            id=str(id),
            text=f"{title} {text or ''}".strip() if title else text or "",
            language=str(language) if language else None,
            line=line,
        )


def records_of(file: Path, fields: Fields = FIELDS) -> Iterator[tuple[int, dict[str, Any]]]:
    """A file's rows as dictionaries, with their lines."""
    if file.name.endswith(".parquet"):
        yield from _parquet(file)
    elif file.name.removesuffix(".gz").endswith((".tsv", ".txt")):
        yield from _tsv(file, fields)
    else:
        yield from json_lines(file)


def _first(record: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((record[name] for name in names if record.get(name) is not None), None)


def _parquet(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    line = 0
    try:
        with pq.ParquetFile(file) as parquet:
            for batch in parquet.iter_batches(4096):
                for row in batch.to_pylist():
                    line += 1
                    yield line, row
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise LingweaveError(
            f"{file}: line {line + 1}: not a readable Parquet file ({reason})"
        ) from None


def _tsv(file: Path, fields: Fields) -> Iterator[tuple[int, dict[str, Any]]]:
    names: list[str] = [fields.id[0], fields.text[0], *fields.title[:1]]
    known = {*fields.id, *fields.text}
    for line, text in text_lines(file):
        cells = text.split("\t")
        if (
            line == 1
            and {cell.strip().lower() for cell in cells} & set(fields.id)
            and known >= {cells[0].strip().lower()}
        ):
            names = [cell.strip().lower() for cell in cells]
            continue
        if not text.strip():
            continue
        if len(cells) < 2:
            raise LingweaveError(
                f"{file}: line {line}: no tab: each line is an id, a tab and a text"
            )
        yield line, dict(zip(names, cells, strict=False))
