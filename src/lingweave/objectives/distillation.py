"""Following a teacher: its vectors, or how it spreads a query over the candidates."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from lingweave.errors import LingweaveError
from lingweave.objectives.embedded import Embedded, Rows
from lingweave.objectives.ids import shared
from lingweave.objectives.term import Contrast, EveryRow, Need, divergence, masked, named, raised


@dataclass(frozen=True)
class DistillMSE(EveryRow):
    """|q - q'|² + |d - d'|²: squared distances to the teacher's vectors of query and passage.

    Source: Reimers & Gurevych 2020 (arXiv 2004.09813), equation 1; there the pair is a sentence and
    its translation, and the teacher reads the source language. The squares are summed over the
    dimensions; sentence-transformers' MSELoss takes their mean.
    """

    weight: float = 1.0
    """What the mean of the rows' losses is multiplied by."""

    needs: ClassVar[frozenset[Need]] = frozenset({"teacher"})

    @property
    def name(self) -> str:
        """What the term is called."""
        return "distill_mse"

    def counted(self, batch: Embedded) -> Tensor:
        """(B,): every row, with a teacher."""
        return _taught(batch)

    def losses(self, batch: Embedded, rows: Rows) -> Tensor:
        """(n,): the losses of the rows.

        Raises:
            LingweaveError: the teacher's vectors are not as wide as the student's.
        """
        if batch.teacher_queries is None or batch.teacher_candidates is None:
            return batch.nothing(rows)
        same_width(batch.queries.shape[1], batch.teacher_queries.shape[1])
        own = batch.positives[rows]
        query = raised(batch.queries[rows]) - raised(batch.teacher_queries[rows])
        passage = raised(batch.candidates[own]) - raised(batch.teacher_candidates[own])
        return query.square().sum(1) + passage.square().sum(1)


@dataclass(frozen=True)
class DistillKL(Contrast):
    """KL(teacher || student) of their softmax over the candidates, row by row.

    Both softmaxes have the term's temperature. Candidates that share the record, the group or the
    text of the query's own passage are left out of both, that passage apart.

    Source: Multilingual Translate-Distill (Yang et al. 2024, arXiv 2405.00977): scores of a teacher
    that may read another language; there of a cross-encoder over listed passages, here the cosines
    of an encoder over the batch.
    """

    own_temperature: float | None = None
    """Temperature in place of the run's."""

    needs: ClassVar[frozenset[Need]] = frozenset({"teacher"})

    def __post_init__(self) -> None:
        if self.own_temperature is not None and not 0 < self.own_temperature < float("inf"):
            raise LingweaveError(f"{self.name}: the temperature must be more than 0")

    @property
    def name(self) -> str:
        """What the term is called."""
        return named("distill_kl", self.own_temperature)

    def counted(self, batch: Embedded) -> Tensor:
        """(B,): every row, with a teacher."""
        return _taught(batch)

    def losses(self, batch: Embedded, rows: Rows) -> Tensor:
        """(n,): the losses of the rows."""
        if batch.teacher_queries is None or batch.teacher_candidates is None:
            return batch.nothing(rows)
        own = batch.positives[rows]
        left_out = shared(batch.ids, own).scatter(1, own.unsqueeze(1), False)
        temperature = self.own_temperature or self.temperature
        teacher, student = (
            masked(raised(one[rows]) @ raised(many).T / temperature, left_out)
            for one, many in (
                (batch.teacher_queries, batch.teacher_candidates),
                (batch.queries, batch.candidates),
            )
        )
        return divergence(teacher, student)


def same_width(student: int, teacher: int) -> None:
    """Refuse a teacher for ``distill_mse`` whose vectors are not as wide as the student's.

    Raises:
        LingweaveError: the widths differ.
    """
    if student != teacher:
        raise LingweaveError(
            f"objective: distill_mse needs vectors of one width, but the teacher's have {teacher}"
            f" dimensions and the model's {student}; use distill_kl or another teacher"
        )


def _taught(batch: Embedded) -> Tensor:
    known = batch.teacher_queries is not None and batch.teacher_candidates is not None
    return torch.full_like(batch.positives, known, dtype=torch.bool)
