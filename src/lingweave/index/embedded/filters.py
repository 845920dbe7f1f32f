"""Conditions on metadata as SQL: numbers before text before truth, as SQLite sorts its types."""

import json
import math
import sqlite3
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lingweave.errors import LingweaveError
from lingweave.index.passages import Condition, Value

Ints = NDArray[np.int64]
Kept = int | float | str | bytes

_KINDS = {
    "number": "value < ''",
    "text": "value >= '' AND value < x''",
    "truth": "value >= x''",
}
"""What all values of a kind have in common; values of another kind fit no condition."""
_ORDERED = ("!=", "<", "<=", ">", ">=")


_MOST = 100
"""Conditions of one filter; SQLite takes 500."""
_MOST_VALUES = 30_000
"""Values of one filter; SQLite takes 32,766 in one query."""


def kept_value(value: Value) -> Kept:
    """A value as the database compares it; truth as a blob, which is no number."""
    if isinstance(value, bool):
        return b"\x01" if value else b"\x00"
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        try:
            return float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    return value


def field_rows(row: int, metadata: Mapping[str, Value]) -> Iterator[tuple[str, Kept, int]]:
    """What stands in the table of fields for a passage."""
    for field, value in metadata.items():
        yield field, kept_value(value), row


def stored_metadata(metadata: Mapping[str, Value]) -> str:
    """Metadata as it is kept beside the text."""
    return json.dumps(dict(metadata), ensure_ascii=False) if metadata else ""


def read_metadata(kept: str) -> dict[str, Value]:
    """What `stored_metadata` was given."""
    found: dict[str, Value] = json.loads(kept) if kept else {}
    return found


def fitting_rows(connection: sqlite3.Connection, conditions: Sequence[Condition]) -> Ints:
    """The rows that fit all of these conditions, of which there is one or more."""
    sql, values = conditions_sql(conditions)
    return np.fromiter((row for (row,) in connection.execute(sql, values)), np.int64)


def conditions_sql(conditions: Sequence[Condition]) -> tuple[str, list[Kept]]:
    """A query for those rows, and its values.

    Raises:
        LingweaveError: they are more than SQLite takes, or one compares with the wrong values.
    """
    parts: list[str] = []
    values: list[Kept] = []
    if len(conditions) > _MOST:
        raise LingweaveError(f"{len(conditions)} conditions; give {_MOST} or fewer")
    for condition in conditions:
        sql, given = _sql(condition)
        parts.append(f"SELECT row FROM fields WHERE {sql}")
        values += given
    if len(values) > _MOST_VALUES:
        raise LingweaveError(f"conditions on {len(values)} values; give {_MOST_VALUES} or fewer")
    return " INTERSECT ".join(parts), values


def _sql(condition: Condition) -> tuple[str, list[Kept]]:
    given = condition.value
    several = given if isinstance(given, tuple) else (given,)
    values = [kept_value(one) for one in several]
    if not fits_utf8(condition.field) or not all(map(fits_utf8, several)):
        return "0", []
    if condition.relation in ("=", "in"):
        # NaN becomes NULL, which nothing equals.
        marks = ", ".join("?" * len(values))
        return f"field = ? AND value IN ({marks})", [condition.field, *values]
    if condition.relation not in _ORDERED or len(values) != 1:
        raise LingweaveError(
            f"{condition.field} {condition.relation}: compare with one value, by ="
            f" {' '.join(_ORDERED)}, or with several by in"
        )
    kind = _KINDS[_kind(several[0])]
    return f"field = ? AND value {condition.relation} ? AND {kind}", [condition.field, values[0]]


def _kind(value: Value) -> str:
    if isinstance(value, bool):
        return "truth"
    return "text" if isinstance(value, str) else "number"


def fits_utf8(value: object) -> bool:
    """Whether text can be written at all: half a character cannot."""
    if not isinstance(value, str):
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
