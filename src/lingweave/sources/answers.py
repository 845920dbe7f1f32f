"""The answers of rows as people store them -> lists of a text and its place in the passage."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from lingweave.table import Answer
from lingweave.table.layout import ANSWERS

SHAPES = "text, a list of texts, or SQuAD's {text, answer_start}"
"""What a column of answers may hold."""


def answer_lists(column: pa.ChunkedArray) -> pa.Array:
    """(N,) lists of answers, null where there are none.

    Args:
        column: (N,) text, lists of texts, or SQuAD's ``{text, answer_start}``.

    Raises:
        pa.ArrowInvalid: the values are of another shape.
    """
    if column.null_count == len(column):
        return pa.nulls(len(column), ANSWERS)
    if column.type == ANSWERS:
        return column.combine_chunks()
    found = []
    for cell in column.to_pylist():
        answers = [answer._asdict() for answer in _answers(cell)]
        found.append(answers or None)
    return pa.array(found, ANSWERS)


def _answers(cell: Any) -> Iterator[Answer]:
    if cell is None:
        return
    if isinstance(cell, str):
        yield Answer(cell)
    elif isinstance(cell, dict) and "text" in cell:
        texts, starts = cell["text"], cell.get("answer_start", cell.get("start"))
        if not isinstance(texts, list):
            texts, starts = [texts], [starts]
        starts = starts or [None] * len(texts)
        right = len(starts) == len(texts) and all(isinstance(s, int | None) for s in starts)
        if not right or not all(isinstance(text, str) for text in texts):
            raise pa.ArrowInvalid(f"a cell of it is {str(cell)[:60]}")
        for text, start in zip(texts, starts, strict=True):
            yield Answer(text, -1 if start is None else start)
    elif isinstance(cell, list):
        for one in cell:
            yield from _answers(one)
    else:
        raise pa.ArrowInvalid(f"a cell of it is {str(cell)[:60]}")
