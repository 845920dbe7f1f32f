"""The training files of DPR (Karpukhin et al., arXiv 2004.04906): questions with passages."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lingweave.errors import LingweaveError
from lingweave.sources.files import json_file
from lingweave.sources.records import records_of
from lingweave.sources.training.cells import Cell, Source, id_of
from lingweave.table import Answer

WITHOUT = "questions without a positive passage"
FURTHER = "further positive passages of a question"


def dpr_cells(source: Source) -> Iterator[Cell]:
    """Each question with its first positive passage, as DPR trains, and its hard negatives.

    Titles stand before passages. Answers are those texts that stand in the passage.

    Raises:
        LingweaveError: naming file and question.
    """
    for file in source.files:
        prefix = source.prefix(file)
        for number, row in _rows(file):
            place = f"{file}: question {number}"
            try:
                cell = _cell(row, f"{prefix}{number}", place, source)
            except (KeyError, TypeError, AttributeError) as error:
                what = f"no field {error}" if isinstance(error, KeyError) else str(error)
                raise LingweaveError(
                    f"{place}: not DPR ({what}); each question needs question, positive_ctxs and"
                    " perhaps hard_negative_ctxs, with title and text"
                ) from error
            if cell is not None:
                yield cell


def _rows(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    if ".jsonl" in file.name or file.suffix == ".parquet":
        yield from records_of(file)
        return
    content = json_file(file)
    if not isinstance(content, list):
        raise LingweaveError(f"{file}: not DPR: give a JSON list of questions")
    yield from enumerate(content, 1)


def _cell(row: dict[str, Any], number: str, place: str, source: Source) -> Cell | None:
    positives = row["positive_ctxs"]
    if not positives:
        source.left_out[WITHOUT] += 1
        return None
    id = id_of(row, ("question_id", "id"), number)
    if not isinstance(row["question"], str):
        raise LingweaveError(f"{place}: the question of {id!r} must be text")
    source.left_out[FURTHER] += len(positives) - 1
    right = [_text(one) for one in positives]
    passage = right[0]
    hard = dict.fromkeys(_text(one) for one in row.get("hard_negative_ctxs") or ())
    return Cell(
        place,
        id,
        source.of(row.get("language") or row.get("lang"), place),
        row["question"],
        passage,
        negatives=tuple(text for text in hard if text.strip() and text not in right),
        answers=tuple(
            Answer(text, passage.find(text)) for text in _answers(row) if text in passage
        ),
    )


def _answers(row: dict[str, Any]) -> list[str]:
    """The answers of a question: one text or a list; empty ones are none."""
    given = row.get("answers") or []
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or any(isinstance(text, dict | list) for text in texts):
        raise TypeError("answers must be a list of texts")
    return [str(text) for text in texts if text is not None and str(text).strip()]


def _text(passage: dict[str, Any]) -> str:
    title, text = passage.get("title") or "", passage["text"]
    if not isinstance(title, str) or not isinstance(text, str):
        raise TypeError(f"the passage {text!r} must be text")
    return f"{title} {text}".strip()
