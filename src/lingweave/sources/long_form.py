"""Rows as people store them -> long form: one row a record and language."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lingweave.errors import LingweaveError
from lingweave.sources.answers import SHAPES, answer_lists
from lingweave.table.layout import ANSWERS, TEXT, TEXTS

LONG = ["id", "lang", "dataset", "group", "query", "passage", "negatives", "answers"]
"""The columns of long form."""

KNOWN = (*LONG, "split", "texts")
WIDE = ("query_", "passage_", "negatives_", "answers_")
"""Columns that are read; the others are left alone."""

_KINDS = {"query": TEXT, "passage": TEXT, "negatives": TEXTS, "answers": ANSWERS}
_ALIASES = {"language": "lang", "source": "dataset", "negative": "negatives"}


def lengthened(table: pa.Table, file: Path, language: str | None = None) -> pa.Table:
    """Long form with the columns LONG, ``split`` (nulls where unknown) and ``row`` (from 1).

    Args:
        table: rows in any form.
        file: where they stand, for errors and as the data set of rows that name none.
        language: of rows that do not tell their own.

    Raises:
        LingweaveError: columns are missing or are not text.
    """
    names = [_ALIASES.get(name, name) for name in table.column_names]
    if len(set(names)) < len(names):
        raise LingweaveError(f"{file}: two columns mean the same: {', '.join(table.column_names)}")
    # Other columns, whatever they are called, are nothing to us.
    kept = [n for n, name in enumerate(names) if name in KNOWN or name.startswith(WIDE)]
    table = table.rename_columns(names).select(kept)
    table = table.append_column("row", pa.array(np.arange(1, len(table) + 1)))
    if "id" not in names:
        raise LingweaveError(f"{file}: no column 'id'; the columns are {', '.join(names)}")
    if "texts" in names:
        table = _from_texts(table, file)
    elif "lang" not in names and any(name.startswith("query_") for name in names):
        table = _from_wide(table, file)
    if language is not None:
        table = _in_language(table, language, file)
    for name in ("lang", "query", "passage"):
        if name not in table.column_names:
            raise LingweaveError(
                f"{file}: no column {name!r}; long form has id, lang, query, passage, wide form"
                f" id, query_<code>, passage_<code>; the columns are {', '.join(names)}"
            )
    for name in ("id", "lang"):
        if table[name].null_count:
            place = pc.index(table[name].is_null(), True).as_py()
            raise LingweaveError(f"{file}: row {table['row'][place]}: {name} is missing")
    plain = {"group": None, "dataset": _stem(file), "split": None, "negatives": None}
    plain["answers"] = None
    for name, default in plain.items():
        if name not in table.column_names:
            column = pa.array([default], pa.string()).take(pa.array(np.zeros(len(table), int)))
            table = table.append_column(name, column)
    columns = {name: _cast(table[name], name, file) for name in [*LONG, "split"]}
    columns["dataset"] = pc.fill_null(columns["dataset"], _stem(file))
    return pa.table({**columns, "row": table["row"]})


def _in_language(table: pa.Table, language: str, file: Path) -> pa.Table:
    """Long rows, those without a language in this one."""
    there = "lang" in table.column_names
    told = _cast(table["lang"], "lang", file) if there else pa.nulls(len(table), TEXT)
    kept = [name for name in table.column_names if name != "lang"]
    return table.select(kept).append_column("lang", pc.fill_null(told, language))


def _stem(file: Path) -> str:
    return file.name.split(".")[0]


def _cast(column: pa.ChunkedArray, name: str, file: Path) -> pa.ChunkedArray:
    """Text columns as large strings, hard negatives and answers as lists."""
    kind = column.type
    try:
        if name == "answers":
            return pa.chunked_array([answer_lists(column)], ANSWERS)
        if name == "negatives":
            if pa.types.is_string(kind) or pa.types.is_large_string(kind):
                column = pa.chunked_array(
                    [pa.array([[x] if x else None for x in column.to_pylist()], TEXTS)]
                )
            return column.cast(TEXTS)
        if pa.types.is_nested(kind) or pa.types.is_boolean(kind):
            raise pa.ArrowInvalid(f"its values are {kind}")
        if name in ("query", "passage") and not (
            pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind)
        ):
            raise pa.ArrowInvalid(f"its values are {kind}")
        return column.cast(TEXT)
    except (pa.ArrowException, TypeError) as error:
        wanted = SHAPES if name == "answers" else "text"
        raise LingweaveError(f"{file}: column {name!r} must hold {wanted} ({error})") from None


def _from_wide(table: pa.Table, file: Path) -> pa.Table:
    """Columns ``query_<code>`` and so on, stacked language by language."""
    sides = tuple(_KINDS)
    codes = dict.fromkeys(
        name.split("_", 1)[1] for name in table.column_names if name.split("_", 1)[0] in sides[:2]
    )
    fixed = [n for n in table.column_names if n.split("_", 1)[0] not in sides]
    pieces = []
    for code in codes:
        if (
            f"query_{code}" not in table.column_names
            and f"passage_{code}" not in table.column_names
        ):
            continue
        columns = {name: table[name] for name in fixed}
        for side in sides:
            name = f"{side}_{code}"
            present = name in table.column_names
            columns[side] = (
                _cast(table[name], side, file) if present else pa.nulls(len(table), _KINDS[side])
            )
        piece = pa.table({**columns, "lang": pa.array([code] * len(table))})
        pieces.append(piece.filter(pc.or_(piece["query"].is_valid(), piece["passage"].is_valid())))
    return pa.concat_tables(pieces).sort_by("row")


def _from_texts(table: pa.Table, file: Path) -> pa.Table:
    """The column ``texts: {code: {query, passage}}``, taken apart."""
    fixed = [name for name in table.column_names if name != "texts"]
    rows = []
    for record, texts in zip(
        table.select(fixed).to_pylist(), table["texts"].to_pylist(), strict=True
    ):
        if not isinstance(texts, dict) or not texts:
            raise LingweaveError(
                f"{file}: row {record['row']}: 'texts' must be {{code: {{query, passage}}}}"
            )
        for code, cell in texts.items():
            if cell is not None:
                if not isinstance(cell, dict):
                    raise LingweaveError(
                        f"{file}: row {record['row']}: texts[{code!r}] must be {{query, passage}}"
                    )
                sides = {side: cell.get(side) for side in _KINDS}
                rows.append({**record, "lang": code, **sides})
    return pa.Table.from_pylist(rows)
