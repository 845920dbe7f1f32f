"""InfoNCE: a query's own passage, or its passages in several languages, against all others."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from lingweave.objectives.embedded import Embedded, Rows
from lingweave.objectives.ids import matches, shared
from lingweave.objectives.term import Contrast, masked, raised


def info_nce(
    queries: Tensor,
    candidates: Tensor,
    positives: Tensor,
    mask: Tensor,
    temperature: float,
    margin: float = 0.0,
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
        margin: taken from the positive's dot product.

    Source: van den Oord et al. 2018 (arXiv 1807.03748), equation 4, with in-batch candidates.
    """
    scores = raised(queries) @ raised(candidates).T / temperature
    own = positives.unsqueeze(1)
    if margin:
        less = torch.full_like(own, -margin / temperature, dtype=scores.dtype)
        scores = scores.scatter_add(1, own, less)
    scores = scores.masked_fill(mask.scatter(1, own, False), float("-inf"))
    return functional.cross_entropy(scores, positives, reduction="none")


@dataclass(frozen=True)
class InfoNCE(Contrast):
    """Each query against all candidates, hard negatives among them: -log p(passage | query)."""

    @property
    def name(self) -> str:
        """What the term is called."""
        return "infonce"

    def losses(self, batch: Embedded, rows: Rows) -> Tensor:
        """(n,): the losses of the rows."""
        positives = batch.positives[rows]
        mask = shared(batch.ids, positives)
        return info_nce(batch.queries[rows], batch.candidates, positives, mask, self.temperature)


@dataclass(frozen=True)
class MultiPositive(Contrast):
    """The mean of InfoNCE over a query's positives: all candidates of its record.

    -1/|P| Σ_{p ∈ P} log [e^{s_p} / (e^{s_p} + Σ_{j ∈ N} e^{s_j})], s = cosine / temperature. Each
    positive has a softmax of its own in which the other positives do not stand, so translations
    never push each other away. It is InfoNCE where every record stands once.

    Source: the mean over positives outside the logarithm is L_out of Khosla et al. 2020 (arXiv
    2004.11362), equation 2; that the other positives leave the denominator is ε-SupInfoNCE with
    ε = 0, Barbano et al. 2023 (arXiv 2211.05568).
    """

    @property
    def name(self) -> str:
        """What the term is called."""
        return "multi_positive"

    def losses(self, batch: Embedded, rows: Rows) -> Tensor:
        """(n,): the losses of the rows."""
        own = batch.positives[rows]
        records = batch.ids.records
        positive = matches(records[own], records).scatter(1, own.unsqueeze(1), True)
        scores = raised(batch.queries[rows]) @ raised(batch.candidates).T / self.temperature
        negatives = masked(scores, shared(batch.ids, own) | positive).logsumexp(1, keepdim=True)
        each = -functional.logsigmoid(scores - negatives).masked_fill(~positive, 0)
        return each.sum(1) / positive.sum(1)
