"""One part of a loss: what it needs, which rows it counts, and the loss of each row."""

from typing import Literal, Protocol, TypeAlias

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
