"""What an index holds and what a search may ask for: passages, and conditions on them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Value = str | int | float | bool
"""What a field of the metadata holds."""


class Passage(NamedTuple):
    """A piece of a document: what is encoded, found and shown."""

    id: str
    """Of the whole index one: the document's id, with ``#`` and a number where it has several."""
    document: str
    """Id of the document that it is a piece of."""
    text: str
    """What is encoded and shown, never empty."""
    language: str
    """Canonical code of the text's language."""
    parallel: str | None = None
    """Id that the versions of one passage in several languages share; None: there are none."""
    metadata: Mapping[str, Value] = {}
    """Fields of the document, of any names."""


@dataclass(frozen=True)
class Condition:
    """A field of the metadata compared with a value; passages without the field do not fit."""

    field: str
    """Name of the field."""
    relation: Literal["=", "!=", "<", "<=", ">", ">=", "in"]
    """How the field stands to the value."""
    value: Value | tuple[Value, ...]
    """A value, with ``in`` several; text compares with text and numbers with numbers."""


@dataclass(frozen=True)
class Filter:
    """Which passages a search may find: those that fit everything given."""

    languages: tuple[str, ...] | None = None
    """Canonical codes; None: all."""
    conditions: tuple[Condition, ...] = field(default=())
    """Conditions on the metadata."""


EVERYTHING = Filter()
"""The filter that every passage fits."""
