"""Where a collection's files lie: names with holes for the language and the split."""

import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from lingweave.errors import LingweaveError
from lingweave.languages import canonical, is_language

T = TypeVar("T")
MANY = 40
"""Languages above which only near ones are named where one is missing."""

_HOLES = {
    "lang": r"[A-Za-z]+(?:[_-](?:[A-Z][a-z]{3}|[A-Z]{2}|cn|hk|tw))*",
    "other": r"[A-Za-z]+(?:[_-](?:[A-Z][a-z]{3}|[A-Z]{2}|cn|hk|tw))*",
    "split": r"[A-Za-z0-9-]+",
    "n": r"[0-9]+",
    "any": r"[^/]+",
}


class Match(NamedTuple):
    """A file whose place fits a template."""

    file: Path
    template: str
    language: str | None
    """What stands in the hole ``{lang}``, as a canonical code."""
    split: str | None
    other: str | None
    """What stands in the hole ``{other}``: a second language."""


def matching(
    folder: Path, templates: Sequence[str], names: Mapping[str, str] | None = None
) -> list[Match]:
    """The files below a folder whose paths end like one of the templates.

    Args:
        folder: where to look.
        templates: ends of paths with holes: ``{lang}``, ``{other}``, ``{split}``, ``{n}`` (a
            number), ``{any}``. ``.gz`` may follow.
        names: names of languages in paths to their codes.

    Returns:
        In the order of the templates, then of the paths with numbers in their own order. What is
        no registered language is no match.

    Raises:
        LingweaveError: there is no such folder.
    """
    if not folder.is_dir():
        raise LingweaveError(f"{folder}: no such folder; give the one that holds the files")
    paths = sorted((p for p in folder.rglob("*") if p.is_file()), key=lambda p: _natural(str(p)))
    found = []
    for template in templates:
        pattern = re.compile(rf"(?:^|/){_expression(template)}(?:\.gz)?")
        for path in paths:
            relative = path.relative_to(folder).as_posix()
            match = pattern.search(relative)
            if match is None or match.end() != len(relative):
                continue
            groups = match.groupdict()
            tags = [_tag(groups.get(hole), names or {}) for hole in ("lang", "other")]
            if all(tag is None or is_language(tag) for tag in tags):
                codes = [None if tag is None else canonical(tag) for tag in tags]
                found.append(Match(path, template, codes[0], groups.get("split"), codes[1]))
    return found


def chosen(found: Mapping[str, T], languages: Sequence[str] | None, place: Path) -> dict[str, T]:
    """What is there in the languages that are asked for, all of it with None.

    Raises:
        LingweaveError: a language is not there; says which are.
    """
    if languages is None:
        return dict(found)
    wanted = [canonical(code) for code in languages]
    for code in wanted:
        if code not in found:
            near = difflib.get_close_matches(code, found, 5, 0.3) if len(found) > MANY else found
            raise LingweaveError(
                f"{place}: no language {code!r} ({len(found)} are there):"
                f" choose from {', '.join(near) or ', '.join(found)}"
            )
    return {code: one for code, one in found.items() if code in wanted}


def missing(folder: Path, what: str, templates: Sequence[str]) -> LingweaveError:
    """The error of a folder without a needed file: what was looked for."""
    return LingweaveError(
        f"{folder}: no {what} there: looked for {' or '.join(dict.fromkeys(templates))} (or .gz)"
    )


def _expression(template: str) -> str:
    parts = re.split(r"\{(\w+)\}", template)
    seen: set[str] = set()
    made = ""
    for place, part in enumerate(parts):
        if place % 2 == 0:
            made += re.escape(part)
        elif part in seen:
            made += f"(?P={part})"
        else:
            seen.add(part)
            made += f"(?P<{part}>{_HOLES[part]})"
    return made


def _tag(found: str | None, names: Mapping[str, str]) -> str | None:
    return None if found is None else names.get(found, found)


def _natural(path: str) -> list[tuple[int, str]]:
    """docs-2 before docs-10."""
    return [(int(p), "") if p.isdigit() else (-1, p) for p in re.split(r"(\d+)", path)]
