"""Negatives that are all equally unlike: a penalty on the spread of their cosines."""

from dataclasses import dataclass

from torch import Tensor

from lingweave.objectives.embedded import Embedded, Rows
from lingweave.objectives.ids import shared
from lingweave.objectives.term import EveryRow, raised


@dataclass(frozen=True)
class Variance(EveryRow):
    """The mean square of the cosines of a query with its negatives.

    Without hard negatives and masks its mean over the rows is Σ_{i≠j} s²_ij / (n(n-1)). A row
    without negatives has loss 0.

    Source: Lee et al. 2025 (arXiv 2506.09781), the variance of negative similarities about their
    best value, which is -1/(n-1) for n texts in all, and 0 here.
    """

    weight: float = 1.0
    """What the mean of the rows' losses is multiplied by."""

    @property
    def name(self) -> str:
        """What the term is called."""
        return "variance"

    def losses(self, batch: Embedded, rows: Rows) -> Tensor:
        """(n,): the losses of the rows."""
        own = batch.positives[rows]
        negative = ~shared(batch.ids, own).scatter(1, own.unsqueeze(1), True)
        cosines = raised(batch.queries[rows]) @ raised(batch.candidates).T
        return cosines.masked_fill(~negative, 0).square().sum(1) / negative.sum(1).clamp(min=1)
