"""JSON lines, Parquet and TSV files -> documents, with every other field as metadata."""

import datetime
import decimal
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lingweave.errors import LingweaveError
from lingweave.index.documents.document import Document
from lingweave.index.passages import Value
from lingweave.languages import UNKNOWN, canonical
from lingweave.sources.records import FIELDS, records_of

log = logging.getLogger("lingweave")

ENDINGS = (".jsonl", ".jsonl.gz", ".json", ".json.gz", ".parquet", ".tsv", ".tsv.gz")
PARALLEL = ("parallel", "parallel_id")
_KNOWN = (FIELDS.id, FIELDS.text, FIELDS.title, FIELDS.language, PARALLEL)


def row_documents(file: Path, prefix: str = "", language: str | None = None) -> Iterator[Document]:
    """A file's rows as documents.

    A row has an id, a text or a title, and perhaps a language and an id of parallel versions, under
    the first name it has of those that `sources.records` knows. All other fields with text, numbers
    or truth are metadata, those of a field ``metadata`` too; lists and the like are left out, with
    a warning.

    Args:
        file: JSON lines, Parquet or TSV, perhaps gzipped.
        prefix: put before ids.
        language: of rows that tell none.

    Raises:
        LingweaveError: naming file and line.
    """
    left: set[str] = set()
    for line, record in records_of(file):
        where = f"{file}: line {line}"
        id = _first(record, FIELDS.id)
        if id is None or isinstance(id, dict | list | float | bool) or not str(id).strip():
            raise LingweaveError(f"{where}: no id: give each row a field 'id'")
        text, title = _first(record, FIELDS.text), _first(record, FIELDS.title)
        if text is None and title is None:
            given = ", ".join(map(str, record))
            raise LingweaveError(f"{where}: no text: give each row a field 'text' (it has {given})")
        for part in (text, title):
            if part is not None and not isinstance(part, str):
                raise LingweaveError(f"{where}: the text of {id!r} is not a string")
        parallel = _first(record, PARALLEL)
        metadata, odd = _metadata(record)
        for name in odd - left:
            log.warning("%s: field %s is not text, a number, true or false; left out", where, name)
        left |= odd
        yield Document(
            id=f"{prefix}{id}",
            text=text or "",
            title=title or None,
            language=_language(_first(record, FIELDS.language) or language, where),
            parallel=None if parallel in (None, "") else str(parallel),
            metadata=metadata,
            where=where,
        )


def _first(record: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    name = _first_name(record, names)
    return None if name is None else record[name]


def _first_name(record: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    return next((name for name in names if record.get(name) is not None), None)


def _language(tag: Any, where: str) -> str | None:
    if tag is None or tag == UNKNOWN:
        return None
    try:
        return canonical(str(tag))
    except LingweaveError as error:
        raise LingweaveError(f"{where}: {error}") from None


def _metadata(record: Mapping[str, Any]) -> tuple[dict[str, Value], set[str]]:
    """The fields that filters can ask for, and the names of those that they cannot."""
    nested = record.get("metadata")
    used = {_first_name(record, names) for names in _KNOWN}
    fields = {name: value for name, value in record.items() if name not in used}
    if isinstance(nested, dict):
        del fields["metadata"]
        fields |= nested
    kept: dict[str, Value] = {}
    odd: set[str] = set()
    for name, value in fields.items():
        plain = _plain(value)
        if plain is None:
            odd |= {str(name)} if value is not None else set()
        else:
            kept[str(name)] = plain
    return kept, odd


def _plain(value: Any) -> Value | None:
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, str | int):
        return value
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return float(value) if isinstance(value, decimal.Decimal) and value.is_finite() else None
