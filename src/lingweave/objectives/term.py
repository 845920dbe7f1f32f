"""One part of a loss: what it needs, which rows it counts, and the loss of each row."""

from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, TypeAlias

import torch
from torch import Tensor

from lingweave.objectives.embedded import Embedded, Rows

Need: TypeAlias = Literal["other_query", "other_passage", "teacher"]
"""What a batch must hold beside queries and candidates: a view of a side in another language, or
the vectors of a teacher."""


class Term(Protocol):
    """One part of a loss, separable: a row has the same loss whichever other rows are asked for.

    So the loss of a batch may be worked out in blocks of rows, with memory in proportion to a
    block's rows times the candidates.
    """

    @property
    def name(self) -> str:
        """What the term is called, with what it was given: ``margin(0.3)``."""

    @property
    def weight(self) -> float:
        """What the mean of the rows' losses is multiplied by."""

    @property
    def needs(self) -> frozenset[Need]:
        """What the batch must hold."""

    @property
    def language(self) -> str | None:
        """The language in which the views must be; None for any other than the row's own."""

    def counted(self, batch: Embedded) -> Tensor:
        """(B,) bool: the rows that have what the term needs."""

    def losses(self, batch: Embedded, rows: Rows) -> Tensor:
        """(n,): the losses of ``rows``, 0 where a row is not counted."""


class EveryRow:
    """What terms have that count every row, and need nothing beside queries and candidates."""

    needs: ClassVar[frozenset[Need]] = frozenset()

    @property
    def language(self) -> str | None:
        """None: the term asks for no language."""
        return None

    def counted(self, batch: Embedded) -> Tensor:
        """(B,): every row."""
        return torch.ones_like(batch.positives, dtype=torch.bool)


@dataclass(frozen=True)
class Contrast(EveryRow):
    """What terms with a softmax over cosines share."""

    temperature: float
    """Divides the cosine before the softmax; greater than zero."""
    weight: float = 1.0
    """What the mean of the rows' losses is multiplied by."""


def raised(vectors: Tensor) -> Tensor:
    """Half precision as fp32; anything else as it is."""
    return vectors.float() if vectors.dtype in (torch.float16, torch.bfloat16) else vectors


def masked(scores: Tensor, left_out: Tensor) -> Tensor:
    """Scores with the lowest finite number where ``left_out``: no share of a softmax.

    A finite number, because the logarithm of a softmax over minus infinity alone, and the product
    of a zero share with its logarithm, would be no numbers.
    """
    return scores.masked_fill(left_out, torch.finfo(scores.dtype).min)


def divergence(target: Tensor, scores: Tensor) -> Tensor:
    """KL(softmax(target) || softmax(scores)) of each row, (n,), for scores (n, m)."""
    wanted, found = target.log_softmax(1), scores.log_softmax(1)
    return (wanted.exp() * (wanted - found)).sum(1)


def named(name: str, *given: object) -> str:
    """A term's name with what it was given, without what is None."""
    shown = [f"{value:g}" if isinstance(value, float) else str(value)
             for value in given if value is not None]  # fmt: skip
    return f"{name}({','.join(shown)})" if shown else name
