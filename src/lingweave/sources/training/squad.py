"""SQuAD json, and what has its shape: XQuAD, MLQA, the gold passage task of TyDi QA.

SQuAD 1.1 and 2.0 (Rajpurkar et al., arXiv 1606.05250 and 1806.03822): articles, paragraphs,
questions with answers and where they start. Questions that the paragraph does not answer are left
out and counted.
"""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lingweave.errors import LingweaveError
from lingweave.languages import canonical, is_language
from lingweave.sources import layouts
from lingweave.sources.files import json_file
from lingweave.sources.layout import Match, matching
from lingweave.sources.rows import SPLITS
from lingweave.sources.squad import TYDI
from lingweave.sources.training.cells import Cell, Source
from lingweave.table import Answer

log = logging.getLogger("lingweave")

_TEMPLATES = (*layouts.MLQA, *layouts.TYDI_GOLDP, *layouts.XQUAD)
_BARE = "{lang}.json"
"""Many words are some language's code (``new.json``): it tells one where nothing else does."""
_SPLITS = {name for names in SPLITS.values() for name in names}
UNANSWERABLE = "questions without an answer"
CROSSED = "files whose questions and paragraphs differ in language"


def squad_cells(source: Source) -> Iterator[Cell]:
    """The answerable questions of SQuAD files, each with its paragraph.

    Question ids align across languages where the data set is parallel. The group is
    ``<title>/<paragraph>``, so that its part before the last slash names the article. Languages are
    told by the files' names (``xquad.de.json``), by the questions' ids (TyDi QA), or else given;
    ``de.json`` is in German where none is given. Of MLQA only files whose questions and paragraphs
    are in one language are read: the others repeat their texts.

    Raises:
        LingweaveError: naming file and question; or a file's name tells another language than is
            given.
    """
    given = canonical(source.language) if source.language else None
    for file in source.files:
        named = _named(file)
        tag = named.language if named else None
        if named and given and named.template == _BARE:
            if tag != given:
                log.warning("%s: taken to be in %s, as --language says, not %s", file, given, tag)
            named = tag = None
        if named and named.other not in (None, tag):
            source.left_out[CROSSED] += 1
            continue
        if given and tag not in (None, given):
            raise LingweaveError(
                f"{file}: its name says {tag}, --language says {given}: leave --language out, or"
                " rename the file"
            )
        # An id such as thai-1 is TyDi's in its files alone.
        ids_tell = named is not None and named.template in layouts.TYDI_GOLDP
        yield from _questions(file, tag, ids_tell or given is None, source)


def _named(file: Path) -> Match | None:
    """What a file's name tells."""
    for found in matching(file.parent, _TEMPLATES, TYDI):
        # `dev` is a language's code too (Domung's), and a far more usual name of a split.
        if found.file == file and found.language not in _SPLITS:
            return found
    return None


def _questions(file: Path, tag: str | None, ids_tell: bool, source: Source) -> Iterator[Cell]:
    content = json_file(file)
    try:
        for a, article in enumerate(content["data"]):
            title = str(article.get("title") or a)
            for p, paragraph in enumerate(article["paragraphs"]):
                for question in paragraph["qas"]:
                    place = f"{file}: question {question['id']!r}"
                    if question.get("is_impossible") or not question["answers"]:
                        source.left_out[UNANSWERABLE] += 1
                        continue
                    told = tag or (_prefix(str(question["id"])) if ids_tell else None)
                    yield Cell(
                        place,
                        str(question["id"]),
                        source.of(told, place),
                        question["question"].strip(),
                        paragraph["context"],
                        f"{title}/{p}",
                        answers=_answers(question["answers"], paragraph["context"], place),
                    )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"no field {error}" if isinstance(error, KeyError) else str(error)
        raise LingweaveError(
            f"{file}: not SQuAD json ({what}); each paragraph needs context and qas with id,"
            " question and answers"
        ) from error


def _prefix(id: str) -> str | None:
    """The language in an id of TyDi QA: ``arabic-2387335860751143628-1``."""
    tag = TYDI.get(id.split("-", 1)[0])
    return tag if tag and is_language(tag) else None


def _answers(given: list[dict[str, Any]], context: str, place: str) -> tuple[Answer, ...]:
    found: dict[Answer, None] = {}
    for one in given:
        text, start = str(one["text"]), int(one.get("answer_start", -1))
        if start >= 0 and context[start : start + len(text)] != text:
            raise LingweaveError(
                f"{place}: the answer {text!r} does not stand at {start} of its paragraph;"
                " mend answer_start, which counts characters"
            )
        found[Answer(text, start)] = None
    return tuple(found)
