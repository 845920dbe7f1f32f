"""What every reader of training data gives, and the table that it becomes."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from lingweave.errors import LingweaveError
from lingweave.languages import canonical
from lingweave.sources.long_form import LONG
from lingweave.sources.rows import pivoted
from lingweave.sources.training.origins import with_origins
from lingweave.table import Answer, ParallelTable
from lingweave.table.layout import ANSWERS, TEXT, TEXTS

CHUNK = 65536
"""Cells that are Python objects at a time."""


class Cell(NamedTuple):
    """A question and its passage in one language."""

    place: str
    """Where it was read, for errors: file and line, or file and question."""
    id: str
    """Of the record; the same in all languages."""
    language: str
    """Canonical code."""
    query: str | None
    """The question; None: in this language there is only the passage."""
    passage: str | None
    """The passage; None: in this language there is only the question."""
    group: str | None = None
    """What must not meet in one batch: an article's paragraph, a question's several passages."""
    negatives: tuple[str, ...] = ()
    """Hard negatives."""
    answers: tuple[Answer, ...] = ()
    """Answers within the passage."""


class Source(NamedTuple):
    """What a reader is told."""

    files: Sequence[Path]
    """The files, or the folders."""
    language: str | None
    """The language of what does not tell its own."""
    split: str | None
    """The split that is wanted, of formats whose folders have several."""
    left_out: Counter[str]
    """What was not taken, and why: readers add to it."""

    def prefix(self, file: Path) -> str:
        """What stands before an id that is the number of a row: nothing, or, where there are
        several files, the file's name. Rows of equal numbers have nothing to do with each other.
        """
        if len(self.files) == 1:
            return ""
        names = [Path(one.name.removesuffix(".gz")).stem for one in self.files]
        place = self.files.index(file)
        # No slash and no colon: before these an article's name would stand.
        return f"{names[place]}-" if len({*names}) == len(names) else f"{place}-{names[place]}-"

    def of(self, tag: Any, place: str) -> str:
        """A language as the data tell it, else the one that was given.

        Raises:
            LingweaveError: the code is unknown or no text, or there is none.
        """
        if tag is not None and not isinstance(tag, str):
            raise LingweaveError(f"{place}: the language {tag!r} must be a code, such as 'de'")
        if tag or self.language:
            try:
                return canonical(tag or self.language or "")
            except LingweaveError as error:
                raise LingweaveError(f"{place}: {error}") from None
        raise LingweaveError(f"{place}: which language is this? say so with --language")


def id_of(row: Mapping[str, Any], names: Sequence[str], number: str) -> str:
    """The id that a row has in the first of these fields, else its number."""
    own = (row[name] for name in names if row.get(name) not in (None, ""))
    return str(next(own, number))


Reader = Callable[[Source], Iterator[Cell]]
"""Reads one format."""


def table_of(cells: Iterable[Cell], dataset: str) -> ParallelTable:
    """The records of cells, in the order in which they first appear.

    Raises:
        LingweaveError: what should be text is none or empty, a record stands twice in a language,
            or there is nothing.
    """
    chunks = []
    walk = iter(cells)
    while some := list(islice(walk, CHUNK)):
        for cell in some:
            _refuse_blanks(cell)
        chunks.append(_long(some, dataset))
    if not chunks:
        raise LingweaveError(f"{dataset}: no question with a passage is left")
    return with_origins(pivoted(pa.concat_tables(chunks)))


def _long(cells: Sequence[Cell], dataset: str) -> pa.Table:
    answers = [[a._asdict() for a in cell.answers] or None for cell in cells]
    columns = {
        "id": pa.array([cell.id for cell in cells], TEXT),
        "lang": pa.array([cell.language for cell in cells], TEXT),
        "dataset": pa.array(np.full(len(cells), dataset), TEXT),
        "group": pa.array([cell.group for cell in cells], TEXT),
        "query": pa.array([cell.query for cell in cells], TEXT),
        "passage": pa.array([cell.passage for cell in cells], TEXT),
        "negatives": pa.array([cell.negatives or None for cell in cells], TEXTS),
        "answers": pa.array(answers, ANSWERS),
    }
    return pa.table(columns).select(LONG)


def _refuse_blanks(cell: Cell) -> None:
    for name, texts in (
        ("question", (cell.query,)),
        ("passage", (cell.passage,)),
        ("hard negative", cell.negatives),
    ):
        for text in texts:
            if text is not None and not isinstance(text, str):
                raise LingweaveError(f"{cell.place}: the {name} of {cell.id!r} must be text")
            if text is not None and not text.strip():
                raise LingweaveError(
                    f"{cell.place}: the {name} of {cell.id!r} is empty: fill it or leave it out"
                )
