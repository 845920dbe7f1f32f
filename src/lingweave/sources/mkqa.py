"""MKQA (Longpre et al., arXiv 2007.15207): questions of Natural Questions in 26 languages.

Questions that ask for their translations here; `natural_questions` asks passages with them. Answers
are kept for reading measures.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from lingweave.benchmark import Benchmark, Texts
from lingweave.errors import LingweaveError
from lingweave.languages import canonical
from lingweave.sources.aligned import aligned_benchmark
from lingweave.sources.files import json_lines
from lingweave.sources.layout import matching, missing
from lingweave.sources.provenance import checksums

TEMPLATES = ("mkqa.jsonl", "mkqa{any}.jsonl")
"""As published, or as MIA-2022 splits it (fields ``questions``, ``answers``, ``split``)."""


class Questions(NamedTuple):
    """What MKQA holds."""

    file: Path
    texts: dict[str, Texts]
    answers: dict[str, dict[str, tuple[str, ...]]]


def mkqa(data: Path, split: str | None = None, languages: Sequence[str] | None = None) -> Benchmark:
    """Each question asks for itself in every language: see `aligned` for what mono means.

    Raises:
        LingweaveError: naming file and line.
    """
    read = mkqa_questions(data, split, languages)
    source = {"folder": str(data), "split": split or "all", **checksums([read.file])}
    return aligned_benchmark("mkqa", read.texts, source, answers=read.answers)


def mkqa_questions(
    data: Path, split: str | None = None, languages: Sequence[str] | None = None
) -> Questions:
    """The questions and answers of an MKQA file, or of the one in a folder.

    Raises:
        LingweaveError: naming file and line.
    """
    if data.is_file():
        file = data
    else:
        found = matching(data, TEMPLATES)
        if not found:
            raise missing(data, "file of mkqa", TEMPLATES)
        file = found[0].file
    wanted = None if languages is None else {canonical(code) for code in languages}
    asked: dict[str, dict[str, str]] = {}
    answers: dict[str, dict[str, tuple[str, ...]]] = {}
    for line, row in json_lines(file):
        id = str(row.get("example_id", row.get("id", "")))
        questions = row.get("queries", row.get("questions"))
        if not id or not isinstance(questions, Mapping):
            raise LingweaveError(
                f"{file}: line {line}: not MKQA: each line needs example_id (or id) and queries"
                " (or questions) by language"
            )
        if split is not None and "split" not in row:
            raise LingweaveError(f"{file}: line {line}: no field 'split': leave --split out")
        if split is not None and row["split"] != split:
            continue
        for code, text in _by_language({"en": row.get("query"), **questions}, file, line).items():
            if text is None or (wanted is not None and code not in wanted):
                continue
            if not isinstance(text, str) or not text.strip():
                raise LingweaveError(
                    f"{file}: line {line}: the question {id!r} is empty in {code!r}"
                )
            if id in asked.setdefault(code, {}):
                raise LingweaveError(
                    f"{file}: line {line}: question id {id!r} stands twice: ids must be unique"
                )
            asked[code][id] = text
        found_answers = _by_language(row.get("answers") or {}, file, line)
        if found_answers:
            answers[id] = {code: texts_of(some) for code, some in found_answers.items()}
    if not asked:
        raise LingweaveError(f"{file}: no question" + (f" of split {split!r}" if split else ""))
    return Questions(
        file=file,
        texts={code: Texts(tuple(r), tuple(r.values())) for code, r in sorted(asked.items())},
        answers=answers,
    )


def texts_of(answers: Any) -> tuple[str, ...]:
    """The texts of MKQA answers: plain strings, or objects with ``text`` and ``aliases``.

    Questions without an answer in the data (``unanswerable``, ``long_answer``) have none.
    """
    texts: dict[str, None] = {}
    for answer in answers or ():
        if isinstance(answer, str):
            texts[answer] = None
        elif isinstance(answer, Mapping) and answer.get("text"):
            texts |= dict.fromkeys([str(answer["text"]), *map(str, answer.get("aliases") or ())])
    return tuple(texts)


def _by_language(cells: Mapping[str, Any], file: Path, line: int) -> dict[str, Any]:
    found = {}
    for tag, cell in cells.items():
        try:
            code = canonical(tag)
        except LingweaveError as error:
            raise LingweaveError(f"{file}: line {line}: {error}") from None
        if cell is not None:
            found[code] = cell
    return found
