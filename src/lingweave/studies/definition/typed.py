"""Plain values -> dataclasses, by the types of their fields; a mistake is told by its path."""

import dataclasses
import math
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from lingweave.errors import LingweaveError

_MANY = 20
"""Of more names than these only the near ones are told."""
_MOST = 2**63
"""No integer of a study is as large."""


class Place(NamedTuple):
    """Where a value stands, for the one line that says what is wrong with it."""

    file: str
    """The study file."""
    path: str = ""
    """Names of fields from the outermost, as `axes.recipe.hybrid.train.steps`."""

    def within(self, name: str) -> "Place":
        """The place of a field of this one."""
        return Place(self.file, f"{self.path}.{name}" if self.path else name)

    def at(self, number: int) -> "Place":
        """The place of an item of this one, counted from 1."""
        return Place(self.file, f"{self.path}[{number + 1}]")

    def wrong(self, message: str) -> LingweaveError:
        """The error that says what is wrong here."""
        return LingweaveError(f"{self.file}: {self.path}: {message}")


def built(kind: type[Any], value: Any, place: Place) -> Any:
    """A dataclass from the mapping of its fields.

    Raises:
        LingweaveError: a field is unknown, missing or of another type.
    """
    if not isinstance(value, dict):
        raise place.wrong(f"{_shown(value)} is no mapping; give fields of {kind.__name__}")
    hints = get_type_hints(kind)
    known = {field.name: field for field in dataclasses.fields(kind)}
    _check_names(value, known, place)
    for name, field in known.items():
        bare = field.default is dataclasses.MISSING
        if name not in value and bare and field.default_factory is dataclasses.MISSING:
            raise place.within(name).wrong("it is missing; every study has it" if not place.path
                                           else "it is missing")  # fmt: skip
    given = {name: typed(hints[name], one, place.within(name)) for name, one in value.items()}
    try:
        return kind(**given)
    except LingweaveError as error:
        raise place.wrong(str(error)) from None


def fields_of(kind: type[Any], value: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """Some fields of a dataclass, each checked by its type; paths stay words.

    Raises:
        LingweaveError: a field is unknown or of another type.
    """
    hints = get_type_hints(kind)
    _check_names(value, {field.name: field for field in dataclasses.fields(kind)}, place)
    return {name: typed(hints[name], one, place.within(name)) for name, one in value.items()}


def typed(hint: Any, value: Any, place: Place) -> Any:
    """A value as its type has it: numbers where words are wanted become words, 1e3 an integer.

    Raises:
        LingweaveError: it is of another type.
    """
    if hint is Any:
        return value
    for member in get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,):
        if _fits(member, value):
            return _converted(member, value, place)
    raise place.wrong(f"{_shown(value)} is not possible; give {_told(hint)}")


def _fits(hint: Any, value: Any) -> bool:
    """Whether a value has the shape of a type; what is inside is looked at later."""
    kind = get_origin(hint) or hint
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind is Literal:
        return value in get_args(hint)
    if kind in (NoneType, None):
        return value is None
    if kind is bool:
        return isinstance(value, bool)
    if kind is int:
        return number and bool(abs(value) < _MOST and value == int(value))
    if kind is float:
        return number and bool(abs(value) < (math.inf if isinstance(value, float) else _MOST))
    if kind in (str, Path):
        return isinstance(value, str) or number
    if kind in (list, tuple):
        return isinstance(value, list)
    return isinstance(value, dict)


def _converted(hint: Any, value: Any, place: Place) -> Any:
    kind = get_origin(hint) or hint
    if kind in (Literal, NoneType, bool):
        return value
    if kind in (int, float):
        return kind(value)
    if kind in (str, Path):
        return str(value)
    if kind in (list, tuple):
        items = (get_args(hint) or (Any,))[0]
        return [typed(items, one, place.at(number)) for number, one in enumerate(value)]
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return built(kind, value, place)
    items = (get_args(hint) or (str, Any))[1]
    return {name: typed(items, one, place.within(name)) for name, one in value.items()}


def _check_names(given: Mapping[str, Any], known: Mapping[str, Any], place: Place) -> None:
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, cutoff=0.7)
            choices = near if near and len(known) > _MANY else list(known)
            raise place.within(name).wrong(
                f"there is no such field; choose from {', '.join(choices)}"
            )


def _told(hint: Any) -> str:
    """A type in words."""
    kind = get_origin(hint) or hint
    if kind in (Union, UnionType):
        return " or ".join(_told(one) for one in get_args(hint) if one is not NoneType)
    if kind is Literal:
        return " or ".join(map(str, get_args(hint)))
    if kind in (list, tuple):
        return f"a list of {_several(hint)}"
    words = {bool: "true or false", int: "an integer", float: "a number", str: "a word",
             Path: "a path", dict: "a mapping"}  # fmt: skip
    return words.get(kind) or f"fields of {kind.__name__}"


def _several(hint: Any) -> str:
    items = (get_args(hint) or (Any,))[0]
    return {str: "words", int: "integers", float: "numbers"}.get(items, "mappings")


def _shown(value: Any) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
