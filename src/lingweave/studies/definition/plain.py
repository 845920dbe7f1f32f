"""A YAML file as plain values, and one scale of it laid over the rest."""

import re
from typing import Any

import yaml

from lingweave.errors import LingweaveError


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """YAML 1.2's plain values: `no` is Norwegian, 2e-2 a number, a date a word; no key twice."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """The value of a node; one that is not what its tag says is told with its line."""
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, TypeError, AttributeError):
            shown = str(node.value)
            shown = shown if len(shown) <= 60 else f"{shown[:59]}…"
            problem = f"{shown!r} is no {node.tag.rpartition(':')[2]}"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark) from None


_Loader.yaml_implicit_resolvers = {}
_Loader.yaml_constructors = dict(yaml.SafeLoader.yaml_constructors)
for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
    ("merge", r"<<", ["<"]),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), _first
    )


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    seen: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.MarkedYAMLError(problem="a key is a word", problem_mark=key.start_mark)
        if key.value in seen:
            problem = f"{key.value!r} stands twice"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
        seen.add(key.value)
    loader.flatten_mapping(node)  # What `<<` brings stands before the mapping's own keys.
    return {
        _name(loader, key): loader.construct_object(value, deep=True) for key, value in node.value
    }


def _name(loader: _Loader, key: yaml.ScalarNode) -> str:
    """A key as a word; numbers as the same number is written where it is a value."""
    number = key.tag in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
    return str(loader.construct_object(key) if number else key.value)


def _integer(loader: _Loader, node: yaml.ScalarNode) -> int:
    return int(node.value)


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_constructor("tag:yaml.org,2002:int", _integer)


def plain(text: str, file: str) -> dict[str, Any]:
    """The mapping that a YAML text holds.

    Raises:
        LingweaveError: it is no YAML, or no mapping; names the file and the line.
    """
    try:
        values = yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error)
        line = f" line {mark.line + 1}:" if mark is not None else ""
        raise LingweaveError(f"{file}:{line} {what}; mend the YAML there") from None
    if not isinstance(values, dict):
        raise LingweaveError(f"{file}: holds no fields; a study file is `name: value` lines")
    return values


def overlaid(below: Any, above: Any, path: str, file: str) -> Any:
    """One value laid over another: mappings merge, null removes a key, anything else replaces.

    Raises:
        LingweaveError: a key is removed that is not there.
    """
    if not isinstance(above, dict):
        return above
    merged = dict(below) if isinstance(below, dict) else {}
    for key, value in above.items():
        if value is not None:
            merged[key] = overlaid(merged.get(key), value, f"{path}.{key}", file)
        elif key in merged:
            del merged[key]
        else:
            raise LingweaveError(
                f"{file}: {path}.{key}: null removes a field, and there is none of that name below"
            )
    return merged
