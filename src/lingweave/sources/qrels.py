"""Relevance judgements in files: TREC qrels, BEIR's tsv, JSON lines or Parquet."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from lingweave.benchmark import Gold, Texts, places
from lingweave.errors import LingweaveError
from lingweave.sources.files import text_lines
from lingweave.sources.records import records_of

log = logging.getLogger("lingweave")

QUERY = ("query-id", "query_id", "qid", "query")
PASSAGE = ("corpus-id", "corpus_id", "doc_id", "docid", "doc-id", "passage_id", "pid")
GRADE = ("score", "relevance", "grade", "rel", "label")
HIGHEST = 2**31 - 1
"""The highest grade: tables of ranks hold 32 bits of it."""
Unknown = Literal["refuse", "skip"]


class Judged(NamedTuple):
    """One line of a qrels file."""

    query_id: str
    passage_id: str
    grade: int
    file: Path
    line: int


def read_qrels(file: Path) -> list[Judged]:
    """A file's judgements.

    Text files have TREC's four columns (query, iteration, passage, grade) or three, with or
    without a header, apart by tabs or blanks; JSON lines and Parquet files have fields such as
    ``query-id``, ``corpus-id`` and ``score`` (1 where there is none).

    Raises:
        LingweaveError: naming file and line.
    """
    if not file.is_file():
        raise LingweaveError(f"{file}: no such qrels file")
    named = file.name.removesuffix(".gz").endswith((".jsonl", ".json", ".parquet"))
    judged = list(_from_records(file) if named else _from_columns(file))
    if not judged:
        raise LingweaveError(f"{file}: the qrels file has no lines")
    return judged


def _from_columns(file: Path) -> Iterator[Judged]:
    for line, text in text_lines(file):
        cells = text.split("\t") if "\t" in text else text.split()
        if not text.strip() or (line == 1 and cells[0].strip().lower() in QUERY):
            continue
        if len(cells) not in (3, 4):
            raise LingweaveError(
                f"{file}: line {line}: {len(cells)} columns: give query, iteration, document and"
                " grade, or query, document and grade"
            )
        yield Judged(cells[0], cells[-2], _grade(cells[-1], file, line), file, line)


def _from_records(file: Path) -> Iterator[Judged]:
    for line, record in records_of(file):
        query, passage = _first(record, QUERY), _first(record, PASSAGE)
        if query is None or passage is None:
            raise LingweaveError(
                f"{file}: line {line}: no query and document ids: give fields 'query-id',"
                " 'corpus-id' and 'score'"
            )
        grade = _first(record, GRADE)
        yield Judged(
            str(query), str(passage), _grade(1 if grade is None else grade, file, line), file, line
        )


def _first(record: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((record[name] for name in names if record.get(name) is not None), None)


def _grade(value: Any, file: Path, line: int) -> int:
    try:
        grade = float(value)
        if grade != int(grade):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        raise LingweaveError(
            f"{file}: line {line}: the grade {value!r} is no whole number"
        ) from None
    if grade > HIGHEST:
        raise LingweaveError(
            f"{file}: line {line}: the grade {value!r} is too large: the highest is {HIGHEST}"
        )
    return int(grade)


def golds(
    judged: Sequence[Judged],
    queries: Mapping[str, Texts],
    corpora: Mapping[str, Texts],
    unknown: Unknown = "refuse",
) -> tuple[Gold, ...]:
    """Judgements as gold: a passage counts in every language whose corpus has its id.

    Args:
        judged: lines of qrels files.
        queries: queries by language.
        corpora: passages by language.
        unknown: what to do with lines about unknown passages and queries. ``skip`` is for published
            sets, some of which judge what they do not hold: left out with a warning.

    Raises:
        LingweaveError: naming file and line: a query or a passage is unknown, or one pair has two
            grades.
    """
    asked = {id for side in queries.values() for id in side.ids}
    strange = [one for one in judged if one.query_id not in asked]
    if strange:
        what = f"{strange[0].file}: line {strange[0].line}: unknown query {strange[0].query_id!r}"
        if unknown == "refuse":
            raise LingweaveError(f"{what}: no query file has this id")
        log.warning("%s, left out (%d lines)", what, len(strange))
        judged = [one for one in judged if one.query_id in asked]
    grades: dict[tuple[str, str], int] = {}
    for one in judged:
        pair = (one.query_id, one.passage_id)
        if grades.setdefault(pair, one.grade) != one.grade:
            raise LingweaveError(
                f"{one.file}: line {one.line}: query {pair[0]!r} and document {pair[1]!r} are"
                f" judged twice, {grades[pair]} and {one.grade}"
            )
    wanted = tuple(dict.fromkeys(one.passage_id for one in judged))
    found = {code: places(side.ids, wanted) >= 0 for code, side in corpora.items()}
    known = np.logical_or.reduce([*found.values(), np.zeros(len(wanted), bool)])
    if not known.all():
        lost = {id for id, here in zip(wanted, known, strict=True) if not here}
        first = next(one for one in judged if one.passage_id in lost)
        what = f"{first.file}: line {first.line}: unknown document {first.passage_id!r}"
        if unknown == "refuse":
            raise LingweaveError(f"{what}: no corpus file has this id")
        log.warning("%s, left out (%d in all)", what, len(lost))
    languages = {
        id: tuple(code for code, here in found.items() if here[i]) for i, id in enumerate(wanted)
    }
    return tuple(
        Gold(query, code, passage, grade)
        for (query, passage), grade in grades.items()
        for code in languages[passage]
    )
