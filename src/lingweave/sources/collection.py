"""Queries or documents in files -> Texts by language, checked; large ones on memory-mapped Arrow.

The files are read in one pass, and no more than a batch of rows is ever in memory as Python
strings.
"""

import hashlib
import json
import logging
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Literal

import pyarrow as pa

from lingweave.benchmark import Texts, repeated
from lingweave.detection import Detector
from lingweave.errors import LingweaveError
from lingweave.languages import canonical
from lingweave.sources.columns import Column
from lingweave.sources.records import FIELDS, Fields, Row, rows_of
from lingweave.sources.rows import cache_folder

log = logging.getLogger("lingweave")

LARGE = 64 << 20
"""Bytes of files above which texts are kept in the cache folder and memory-mapped."""
BATCH = 16384
"""Rows checked and written together."""
FORMAT_VERSION = 1

Blank = Literal["refuse", "keep"]
Repeats = Literal["refuse", "first"]
Detect = Callable[[Sequence[str]], list[str]]
"""Texts to their language codes. What any but a `Detector` says is not kept in the cache folder, as
nothing tells whether it would say the same again."""
_SCHEMA = pa.schema([("id", pa.large_string()), ("text", pa.large_string())])


def collection(
    files: Sequence[Path],
    kind: str,
    *,
    language: str | None = None,
    otherwise: str | None = None,
    fields: Fields = FIELDS,
    blank: Blank = "refuse",
    detect: Detect | None = None,
    repeats: Repeats = "refuse",
) -> dict[str, Texts]:
    """The rows of these files as texts by language, in file order.

    Args:
        files: JSON lines, Parquet or TSV files, plain or gzipped.
        kind: what a row is, for error messages: "query" or "document".
        language: the language of all rows; None where each row tells its own.
        otherwise: the language of rows that do not tell their own.
        fields: the names of the fields.
        blank: what to do with a row without a text. ``keep`` is for published collections, which
            have some: they are kept as they are, with a warning.
        detect: tells the languages of rows that do not.
        repeats: what to do with ids that stand twice. ``first`` is for published topics, some of
            which do: the first row counts, with a warning.

    Raises:
        LingweaveError: naming file and line: a row has no id, no text or no language, its language
            is unknown, its id stands twice in one language, or the file is not what it should be.
    """
    if not files:
        raise LingweaveError(f"no {kind} file given")
    for file in files:
        if not file.is_file():
            raise LingweaveError(f"{file}: no such file")
    large = sum(file.stat().st_size for file in files) > LARGE
    told = detect.key if isinstance(detect, Detector) else None
    stats = [(str(f.resolve()), f.stat().st_size, f.stat().st_mtime_ns) for f in files]
    key = [stats, language, otherwise, fields, blank, told]
    found = gathered(
        _all_rows(files, fields),
        kind,
        language,
        blank,
        detect,
        keep=key if large and (detect is None or told is not None) else None,
        otherwise=otherwise,
    )
    if not found:
        raise LingweaveError(f"{files[0]}: the file has no rows")
    for code, side in found.items():
        twice = repeated(side.ids)
        if twice is not None:
            words = _twice(files, fields, kind, code, twice)
            if repeats == "refuse":
                raise LingweaveError(f"{words}: ids must be unique")
            log.warning("%s: only the first is taken", words)
            found[code] = _firsts(side)
    return found


def gathered(
    rows: Iterable[tuple[Path, Row]],
    kind: str,
    language: str | None = None,
    blank: Blank = "refuse",
    detect: Detect | None = None,
    keep: Sequence[object] | None = None,
    otherwise: str | None = None,
) -> dict[str, Texts]:
    """Rows from anywhere as texts by language: see `collection`, which also refuses repeated ids.

    Args:
        rows: where each row stands, and the row.
        kind, language, blank, detect, otherwise: as for `collection`.
        keep: what tells these rows from all others, if they are to be kept in the cache folder
            and memory-mapped; they are not read again if they are there.
    """
    batches = _checked(rows, kind, language, blank, detect, otherwise)
    if keep is not None:
        tables = _mapped(_cached(batches, _folder(keep)))
    else:
        parts: dict[str, list[pa.RecordBatch]] = {}
        for code, batch in batches:
            parts.setdefault(code, []).append(batch)
        tables = {code: pa.Table.from_batches(some) for code, some in parts.items()}
    return {
        code: Texts(Column(table["id"]), Column(table["text"]))
        for code, table in sorted(tables.items())
    }


def _all_rows(files: Sequence[Path], fields: Fields) -> Iterator[tuple[Path, Row]]:
    for file in files:
        for row in rows_of(file, fields):
            yield file, row


def _checked(
    rows: Iterable[tuple[Path, Row]],
    kind: str,
    language: str | None,
    blank: Blank,
    detect: Detect | None,
    otherwise: str | None,
) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Batches of one language each."""
    untold = language or otherwise
    codes: dict[str | None, str] = {} if untold is None else {None: canonical(untold)}
    iterator = iter(rows)
    empty: list[str] = []
    while part := list(islice(iterator, BATCH)):
        tags = [row.language if language is None else None for _, row in part]
        if detect is not None and None in tags and None not in codes:
            unknown = [i for i, tag in enumerate(tags) if tag is None]
            detected = detect([part[i][1].text for i in unknown])
            for i, code in zip(unknown, detected, strict=True):
                tags[i] = code
        by_language: dict[str, tuple[list[str], list[str]]] = {}
        for (file, row), tag in zip(part, tags, strict=True):
            if not row.text.strip():
                if blank == "refuse":
                    raise LingweaveError(
                        f"{file}: line {row.line}: the {kind} {row.id!r} is empty: fill it or"
                        " leave it out"
                    )
                empty.append(f"{file}: line {row.line}")
            if tag not in codes:
                codes[tag] = _code(tag, kind, file, row)
            ids, texts = by_language.setdefault(codes[tag], ([], []))
            ids.append(row.id)
            texts.append(row.text)
        for code, columns in by_language.items():
            yield code, pa.record_batch([pa.array(c, pa.large_string()) for c in columns], _SCHEMA)
    if empty:
        log.warning("%s: empty %s, kept (%d in all)", empty[0], kind, len(empty))


def _code(tag: str | None, kind: str, file: Path, row: Row) -> str:
    if tag is None:
        raise LingweaveError(
            f"{file}: line {row.line}: the {kind} {row.id!r} has no language: add a field 'lang'"
        )
    try:
        return canonical(tag)
    except LingweaveError as error:
        raise LingweaveError(f"{file}: line {row.line}: {error}") from None


def _twice(files: Sequence[Path], fields: Fields, kind: str, code: str, id: str) -> str:
    """Where a second row with an id stands; only now is it looked for, with its line."""
    where = [f"{file}: line {row.line}" for file, row in _all_rows(files, fields) if row.id == id]
    first = f" (first at {where[0]})" if len(where) > 1 else ""
    return f"{where[-1]}: {kind} id {id!r} stands twice in {code!r}{first}"


def _firsts(side: Texts) -> Texts:
    rows: dict[str, str] = {}
    for id, text in zip(side.ids, side.texts, strict=True):
        rows.setdefault(id, text)
    return Texts(tuple(rows), tuple(rows.values()))


def _folder(keep: Sequence[object]) -> Path:
    digest = hashlib.sha256(json.dumps([FORMAT_VERSION, *keep]).encode()).hexdigest()[:24]
    return cache_folder() / "collections" / digest


def _cached(rows: Iterator[tuple[str, pa.RecordBatch]], folder: Path) -> Path:
    """The folder with one Arrow file a language; written aside and renamed when complete."""
    if folder.exists():
        return folder
    aside = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
    writers: dict[str, pa.RecordBatchFileWriter] = {}
    try:
        aside.mkdir(parents=True)
        for code, batch in rows:
            if code not in writers:
                writers[code] = pa.ipc.new_file(str(aside / f"{code}.arrow"), _SCHEMA)
            writers[code].write_batch(batch)
        for writer in writers.values():
            writer.close()
        aside.replace(folder)
    except OSError as error:
        if not folder.exists():
            raise LingweaveError(
                f"{folder}: the collection cannot be kept there ({error.strerror or error}):"
                " make room, or set LINGWEAVE_CACHE to another folder"
            ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return folder


def _mapped(folder: Path) -> dict[str, pa.Table]:
    return {
        file.stem: pa.ipc.open_file(pa.memory_map(str(file))).read_all()
        for file in sorted(folder.glob("*.arrow"))
    }
