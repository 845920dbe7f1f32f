"""The vectors that distillation follows: a teacher's, worked out once for each text of a table."""

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from lingweave.atomic import disk_errors_named
from lingweave.encoders.sentence_transformer import SentenceTransformerEncoder, identity
from lingweave.errors import LingweaveError
from lingweave.mining.texts import Texts, texts_of
from lingweave.mining.vectors import encoded
from lingweave.objectives import Term, same_width
from lingweave.table import ParallelTable
from lingweave.training.chunks import Ints
from lingweave.training.config import TrainConfig

Arrays = Sequence[NDArray[np.float32]]


class Teacher:
    """A teacher's unit vectors of a table's queries (side 0) and passages (side 1)."""

    def __init__(
        self, texts: tuple[Texts, Texts], arrays: tuple[Arrays, Arrays], language: int | None
    ) -> None:
        """
        Args:
            texts: which text stands in which cell, of queries and of passages.
            arrays: for each side and language, (texts, t) vectors of the texts that come up there
                first; files on the disk may be mapped.
            language: the column in which the teacher reads a record, where the record has it; None
                or a hole: the row's own.
        """
        self._texts, self._arrays, self._language = texts, arrays, language
        self.width = next(a.shape[1] for side in arrays for a in side if len(a))

    def vectors(self, side: int, rows: Ints, languages: Ints) -> torch.Tensor:
        """(n, t): what the student's vectors of the cells (rows, languages) are to follow."""
        texts = self._texts[side]
        numbers = texts.numbers[languages, rows]
        if self._language is not None:
            read = texts.numbers[self._language, rows]
            numbers = np.where(read >= 0, read, numbers)
        found = np.empty((len(rows), self.width), np.float32)
        for (start, end), array in zip(texts.spans, self._arrays[side], strict=True):
            inside = (numbers >= start) & (numbers < end)
            if inside.any():
                found[inside] = array[numbers[inside] - start]
        return torch.from_numpy(found)


def check_teacher(config: TrainConfig, terms: Sequence[Term]) -> None:
    """Whether a teacher is named where one is needed, and only there.

    Raises:
        LingweaveError: it is not so.
    """
    needed = [term.name for term in terms if "teacher" in term.needs]
    if needed and not config.teacher:
        raise LingweaveError(f"objective: {needed[0]} needs teacher, a model to follow")
    for name in ("teacher", "teacher_language"):
        if getattr(config, name) and not needed:
            raise LingweaveError(
                f"{name}: no term of the objective follows a teacher; add distill_mse or distill_kl"
            )


def check_followed(config: TrainConfig, table: ParallelTable) -> None:
    """Whether a teacher can be followed on a table.

    Raises:
        LingweaveError: it has not the teacher's language, or texts that the teacher does not read.
    """
    if config.teacher is None:
        return
    language = config.teacher_language
    if language is not None and language not in table.languages:
        raise LingweaveError(
            f"teacher_language: {language!r} is not among the table's languages:"
            f" {', '.join(table.languages)}"
        )
    if config.negatives and table.has_negatives():
        raise LingweaveError(
            "teacher: the table's own hard negatives have no vectors of the teacher; mine them with"
            " `lingweave mine` from a table without, or leave negatives at 0"
        )


def teacher_of(
    config: TrainConfig,
    table: ParallelTable,
    folder: Path,
    say: Callable[[str], None],
    width: int | None = None,
) -> Teacher | None:
    """The teacher of a run, its vectors read from ``folder`` or worked out and put there.

    Args:
        config: the run.
        table: the texts.
        folder: where vectors are kept.
        say: told how many texts there are to encode.
        width: of the student's vectors, if the teacher's must have the same.

    Raises:
        LingweaveError: the model cannot be read, the table lacks the teacher's language, or it
            has hard negatives as texts, which have no vectors; vectors differ in width.
    """
    if config.teacher is None:
        return None
    check_followed(config, table)
    language = config.teacher_language
    device = "cpu" if config.device == "cpu" else None
    model = SentenceTransformerEncoder(config.teacher, device=device, progress=sys.stderr.isatty())
    if width is not None:
        same_width(width, model.encode_queries(["a"], table.languages[0]).shape[1])
    made_of = [identity("", model.folder), table.fingerprint]
    key = hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:24]
    texts = texts_of(table, model)
    place = folder / f"teacher-{key}"
    if not place.is_dir():
        say(f"teacher: {sum(map(len, texts.values())):,} texts to encode, kept in {place}")
    with disk_errors_named(f"the teacher's vectors {place}"):
        place.mkdir(parents=True, exist_ok=True)
        dense = encoded(model, "cosine", texts, place, torch.device("cpu"))
    return Teacher(
        (texts["query"], texts["passage"]),
        (dense.arrays["query"], dense.arrays["passage"]),
        None if language is None else table.languages.index(language),
    )
