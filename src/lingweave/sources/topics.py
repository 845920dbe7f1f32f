"""TREC topics: ``id<tab>text``, ``<top>`` blocks, or the JSON lines of NeuCLIR."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lingweave.benchmark import Texts
from lingweave.errors import LingweaveError
from lingweave.languages import canonical
from lingweave.sources.collection import Repeats, collection
from lingweave.sources.files import json_lines, text_lines

_TAG = re.compile(r"<(/?)(\w+)[^>]*>")


def read_topics(file: Path, language: str | None, repeats: Repeats = "refuse") -> dict[str, Texts]:
    """A topics file's queries by language.

    Args:
        file: any of the three forms, plain or gzipped.
        language: the language of all topics; NeuCLIR's tell their own, and keep their ids in all
            languages.
        repeats: of ``id<tab>text`` files: see `collection`.

    Raises:
        LingweaveError: naming file and line.
    """
    if not file.is_file():
        raise LingweaveError(f"{file}: no such topics file")
    first = next((line for _, line in text_lines(file) if line.strip()), "").strip()
    if first.startswith("<top"):
        return _texts({canonical(language or "en"): list(_tops(file))}, file)
    if first.startswith("{") and '"topics"' in first:
        return _neuclir(file)
    return collection([file], "query", language=language, repeats=repeats)


def _tops(file: Path) -> Iterator[tuple[int, str, str]]:
    """(line, id, title) of ``<top> <num> Number: 1 <title> text ... </top>``."""
    parts: dict[str, str] = {}
    begun, tag = 0, ""
    for line, text in text_lines(file):
        place = 0
        for match in _TAG.finditer(text):
            parts[tag] = parts.get(tag, "") + text[place : match.start()] + " "
            place = match.end()
            closing, name = match[1], match[2].lower()
            if name == "top" and not closing:
                parts, begun = {}, line
            elif name == "top":
                id = parts.get("num", "").replace("Number:", "").strip()
                title = " ".join(parts.get("title", "").split())
                if not id or not title:
                    raise LingweaveError(f"{file}: line {begun}: the topic has no number or title")
                yield begun, id, title
                begun = 0
            tag = "" if closing else name
        parts[tag] = parts.get(tag, "") + text[place:] + " "
    if begun:
        raise LingweaveError(f"{file}: line {begun}: the topic has no </top>: the file is cut off")


def _neuclir(file: Path) -> dict[str, Texts]:
    found: dict[str, list[tuple[int, str, str]]] = {}
    for line, topic in json_lines(file):
        try:
            id = str(topic["topic_id"])
            for code, texts in _best(topic["topics"]).items():
                words = f"{texts['topic_title']} {texts.get('topic_description') or ''}"
                try:
                    known = canonical(code)
                except LingweaveError as error:
                    raise LingweaveError(f"{file}: line {line}: {error}") from None
                found.setdefault(known, []).append((line, id, words.strip()))
        except (KeyError, TypeError, AttributeError) as error:
            raise LingweaveError(
                f"{file}: line {line}: not a NeuCLIR topic (no {error}): it needs topic_id and"
                " topics with lang and topic_title"
            ) from None
    return _texts(found, file)


def _best(topics: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """One text a language: the original, else a person's translation, else a machine's."""
    order = ("original", "human translation")
    ranked = sorted(
        topics,
        key=lambda one: order.index(one["source"]) if one["source"] in order else len(order),
    )
    best: dict[str, dict[str, Any]] = {}
    for one in ranked:
        best.setdefault(str(one["lang"]), one)
    return best


def _texts(found: dict[str, list[tuple[int, str, str]]], file: Path) -> dict[str, Texts]:
    for code, rows in found.items():
        seen: set[str] = set()
        for line, id, text in rows:
            if id in seen:
                raise LingweaveError(
                    f"{file}: line {line}: query id {id!r} stands twice in {code!r}: ids must be"
                    " unique"
                )
            if not text:
                raise LingweaveError(f"{file}: line {line}: the query {id!r} is empty")
            seen.add(id)
    if not found:
        raise LingweaveError(f"{file}: the file has no topics")
    return {
        code: Texts(tuple(id for _, id, _ in rows), tuple(text for _, _, text in rows))
        for code, rows in sorted(found.items())
    }
