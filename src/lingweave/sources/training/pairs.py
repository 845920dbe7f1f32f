"""Question-answer pairs as FAQ pages have them: MFAQ (De Bruyn et al., arXiv 2109.12870)."""

from collections.abc import Iterator
from typing import Any

from lingweave.errors import LingweaveError
from lingweave.sources.records import records_of
from lingweave.sources.training.cells import Cell, Source, id_of

BLANK = "pairs without a question or an answer"


def pair_cells(source: Source) -> Iterator[Cell]:
    """Rows with ``question`` and ``answer``, or pages with ``qa_pairs`` of such; perhaps
    ``language``, ``domain`` and ``id``.

    The group is the domain: answers of one site are close to each other. Pairs with an empty side,
    of which crawled pages have some, are left out and counted.

    Raises:
        LingweaveError: naming file and line.
    """
    for file in source.files:
        prefix = source.prefix(file)
        for line, row in records_of(file):
            place = f"{file}: line {line}"
            pairs, id = row.get("qa_pairs"), id_of(row, ("id",), f"{prefix}{line}")
            if pairs is None:
                yield from _cells(row, row, id, place, source)
                continue
            if not isinstance(pairs, list):
                raise LingweaveError(f"{place}: qa_pairs must be a list of pairs")
            for number, pair in enumerate(pairs):
                yield from _cells(pair, row, f"{id}/{number}", place, source)


def _cells(pair: Any, row: dict[str, Any], id: str, place: str, source: Source) -> Iterator[Cell]:
    if not isinstance(pair, dict) or "question" not in pair or "answer" not in pair:
        raise LingweaveError(f"{place}: not a pair: give each question and answer")
    question, answer = pair["question"] or "", pair["answer"] or ""
    if not isinstance(question, str) or not isinstance(answer, str):
        raise LingweaveError(f"{place}: question and answer of {id!r} must be text")
    if not question.strip() or not answer.strip():
        source.left_out[BLANK] += 1
        return
    both = {**row, **pair}
    tag = both.get("language") or both.get("lang")
    domain = both.get("domain")
    yield Cell(
        place, id, source.of(tag, place), question, answer, None if domain is None else str(domain)
    )
