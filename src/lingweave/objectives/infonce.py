"""InfoNCE: a query's own passage against all other candidates of the batch."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from lingweave.objectives.embedded import Embedded, Rows
from lingweave.objectives.ids import shared
from lingweave.objectives.term import Need


def raised(vectors: Tensor) -> Tensor:
    """Half precision as fp32; anything else as it is."""
    return vectors.float() if vectors.dtype in (torch.float16, torch.bfloat16) else vectors


def info_nce(
    queries: Tensor, candidates: Tensor, positives: Tensor, mask: Tensor, temperature: float
) -> Tensor:
    """InfoNCE over the candidates of a batch: -log p(positive | query) of each query, (n,).

    Scores are dot products divided by the temperature: pass rows of unit length for cosine. Half
    precision is raised to fp32 before the softmax.

    Args:
        queries: (n, d).
        candidates: (C, d), positives and negatives of all queries together.
        positives: (n,) the position of each query's positive among the candidates.
        mask: (n, C) bool, True = left out as a negative. The positive is never left out.
        temperature: greater than zero; 0.05 in the reference recipe.

    Source: van den Oord et al. 2018 (arXiv 1807.03748), equation 4, with in-batch candidates.
    """
    scores = raised(queries) @ raised(candidates).T / temperature
    left_out = mask.scatter(1, positives.unsqueeze(1), False)
    scores = scores.masked_fill(left_out, float("-inf"))
    return functional.cross_entropy(scores, positives, reduction="none")


@dataclass(frozen=True)
class InfoNCE:
    """Each query against all candidates, hard negatives among them."""

    temperature: float
    """Divides the cosine."""
    weight: float = 1.0
    """What the mean of the rows' losses is multiplied by."""

    needs: frozenset[Need] = frozenset()
    language: str | None = None

    def counted(self, batch: Embedded) -> Tensor:
        """(B,): every row."""
        return torch.ones_like(batch.positives, dtype=torch.bool)

    def losses(self, batch: Embedded, rows: Rows) -> Tensor:
        """(n,): -log p(passage | query) of the rows."""
        positives = batch.positives[rows]
        mask = shared(batch.ids, positives)
        return info_nce(batch.queries[rows], batch.candidates, positives, mask, self.temperature)
