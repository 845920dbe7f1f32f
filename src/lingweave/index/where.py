"""Conditions on the metadata as people write them: ``year>=2020``, ``topic in sky,grass``."""

import json
import re
from collections.abc import Sequence
from typing import Literal, cast

from lingweave.errors import LingweaveError
from lingweave.index.conditions import kind_of
from lingweave.index.passages import Condition, Value

Relation = Literal["=", "!=", "<", "<=", ">", ">=", "in"]

_CONDITION = re.compile(r"\s*([^\s!<>=].*?)\s*(!=|<=|>=|<|>|==?|\sin\s)\s*(.*?)\s*", re.DOTALL)
_WHOLE = re.compile(r"[+-]?\d+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_MOST = 100
LARGEST = 2**63
"""Stores keep whole numbers in 64 bits."""


def conditions_of(words: Sequence[str]) -> tuple[Condition, ...]:
    """The conditions that the words say.

    A value is a number or true or false where it looks like one, and text otherwise; quotes make it
    text whatever it looks like (``code="007"``). The values of ``in`` stand between commas, or as a
    JSON list.

    Raises:
        LingweaveError: one of them is no condition, or there are more than 100.
    """
    if len(words) > _MOST:
        raise LingweaveError(f"--where: {len(words)} conditions; give {_MOST} or fewer")
    return tuple(_condition(one) for one in words)


def _condition(written: str) -> Condition:
    parts, written = _CONDITION.fullmatch(written), written[:80]
    if parts is None:
        raise LingweaveError(
            f"--where {written}: no condition; write FIELD, one of = != < <= > >= in, and a value,"
            " such as 'year>=2020' or 'topic in sky,grass'"
        )
    field, relation, value = parts[1], parts[2].strip(), parts[3]
    relation = "=" if relation == "==" else relation
    if relation == "in":
        return Condition(field, "in", _several(written, value))
    only = _value(written, value)
    if relation not in ("=", "!=") and kind_of(only) == "truth":
        raise LingweaveError(f"--where {written}: true and false go with =, != and in only")
    return Condition(field, cast(Relation, relation), only)


def _several(written: str, values: str) -> tuple[Value, ...]:
    if not values.startswith("["):
        return tuple(_value(written, one.strip()) for one in values.split(","))
    given = _json(written, values)
    if not isinstance(given, list) or not given:
        raise LingweaveError(f"--where {written}: give at least one value")
    return tuple(_checked(written, one) for one in given)


def _value(written: str, value: str) -> Value:
    if not value:
        raise LingweaveError(f'--where {written}: the value is missing; write "" for empty text')
    if value.startswith('"'):
        return _checked(written, _json(written, value))
    if value[0] in "!<>=":
        raise LingweaveError(
            f"--where {written}: the value begins with {value[0]!r}; put it in quotes if that is"
            " meant"
        )
    if value in ("true", "false"):
        return value == "true"
    if _WHOLE.fullmatch(value):
        # Python would refuse thousands of digits with an error of its own.
        return _checked(written, int(value) if len(value) < 30 else LARGEST)
    if _NUMBER.fullmatch(value):
        return _checked(written, float(value))
    return _checked(written, value)


def _json(written: str, text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise LingweaveError(
            f"--where {written}: {text[:60]} is not JSON; close its quotes and brackets"
        ) from None


def _checked(written: str, value: object) -> Value:
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int | float) and abs(value) < LARGEST:
        return value
    if isinstance(value, int | float):
        raise LingweaveError(f"--where {written}: numbers must be smaller than 2^63")
    raise LingweaveError(f"--where {written}: values are text, numbers, true or false")
