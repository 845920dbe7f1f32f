"""Filters as Milvus's boolean expressions. What users give stands in quotes, or not at all."""

import math
import re
from collections.abc import Sequence

from lingweave.errors import LingweaveError
from lingweave.index.conditions import kind_of
from lingweave.index.passages import Condition, Filter, Value

LETTERS = {"text": "t", "number": "n", "truth": "b"}
"""What the names of fields begin with, by the kind of their value: so no value is ever compared
with one of another kind, whose outcome depends on Milvus's version."""
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CODE = re.compile(r"[A-Za-z0-9-]+")
_OPERATORS = {"=": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
INTEGERS = 2**63
NOTHING = 'pk == ""'
"""What no row fulfils."""


def expression(where: Filter) -> list[str]:
    """What a passage must fulfil, each part an expression; empty: nothing."""
    parts = []
    if where.languages is not None:
        parts.append(in_languages(where.languages))
    return [*parts, *(_condition(one) for one in where.conditions)]


def in_languages(codes: Sequence[str]) -> str:
    """That a passage's language is one of these."""
    for code in codes:
        if not _CODE.fullmatch(code):
            raise LingweaveError(f"language {code!r}: is no code; give one such as 'de' or 'zh-CN'")
    return member("language", codes)


def member(name: str, values: Sequence[str]) -> str:
    """That a column of text holds one of the values, which must not need quoting."""
    if not values:
        return NOTHING
    return f"{name} in [" + ", ".join(f'"{value}"' for value in values) + "]"


def both(*parts: str) -> str:
    """That all the parts hold."""
    return " and ".join(f"({part})" for part in parts if part)


def key_of(name: str, value: Value) -> str:
    """The name under which a field's value is kept."""
    return f"{LETTERS[kind_of(value)]}:{name}"


def _condition(condition: Condition) -> str:
    given = condition.value
    if isinstance(given, tuple):
        # No `in`: for values inside JSON, servers differ in what they allow there.
        each = [_compared(condition.field, "==", value) for value in given]
        return " or ".join(f"({one})" for one in each) or NOTHING
    operator = "==" if condition.relation == "in" else _OPERATORS[condition.relation]
    return _compared(condition.field, operator, given)


def _compared(name: str, operator: str, value: Value) -> str:
    field = f"metadata[{_quoted(key_of(name, value), 'the name of a field')}]"
    literal = _literal(value, name)
    # Some versions take a field that is not there for one that is unequal.
    there = f"exists {field} and " if operator == "!=" else ""
    return f"{there}{field} {operator} {literal}"


def _literal(value: Value, name: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quoted(value, f"the value of {name}")
    if isinstance(value, int):
        if not -INTEGERS < value < INTEGERS:
            raise LingweaveError(f"where {name}: {value} is too large for Milvus; stay below 2^63")
        return str(value)
    if not math.isfinite(value):
        raise LingweaveError(f"where {name}: {value} is no number to compare with")
    text = repr(value)
    return text if "." in text or "e" not in text else text.replace("e", ".0e")


def _quoted(text: str, what: str) -> str:
    escaped = "".join(_ESCAPES.get(letter, letter) for letter in text)
    if _CONTROL.search(escaped) or _not_unicode(text):
        raise LingweaveError(
            f"where: {what} holds a control character or is not Unicode; Milvus cannot be asked"
            " for it"
        )
    return f'"{escaped}"'


def _not_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
