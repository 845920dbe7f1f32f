"""Losses: functions of embedding matrices and masks.

Nothing here knows a model, a tokenizer or a trainer. Rows of different processes may stand in one
matrix: a mask is built from ids, not from positions.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

NONE = -1
"""The id that matches nothing, itself included."""


class Ids(NamedTuple):
    """What the candidates of a batch are, as three int64 vectors (C,); ``NONE`` where unknown."""

    records: Tensor
    """Alignment ids: the same passage in another language has the same one."""
    groups: Tensor
    """Groups of records that answer each other's questions (the sentences of one paragraph)."""
    texts: Tensor
    """Ids of the texts themselves: equal texts have equal ids."""


def shared(ids: Ids, positives: Tensor) -> Tensor:
    """Which candidates are no negatives of which queries: (B, C), True = left out.

    A candidate is left out for a query when it shares the record, the group or the text of the
    query's positive. The positive itself is True as well; ``info_nce`` never leaves it out.

    Args:
        ids: ids of the C candidates. A hard negative carries ``NONE`` as record and group, because
            it was chosen as a negative of its own record; its text still counts.
        positives: (B,) the position of each query's positive among the candidates.
    """
    left_out = torch.zeros(
        (positives.shape[0], ids.records.shape[0]), dtype=torch.bool, device=positives.device
    )
    for values in ids:
        own = values[positives].unsqueeze(1)
        left_out |= (own == values.unsqueeze(0)) & (own != NONE)
    return left_out


def info_nce(
    queries: Tensor, candidates: Tensor, positives: Tensor, mask: Tensor, temperature: float
) -> Tensor:
    """InfoNCE over the candidates of a batch: the mean of -log p(positive | query), a scalar.

    Scores are dot products divided by the temperature: pass rows of unit length for cosine. Half
    precision is raised to fp32 before the softmax.

    Args:
        queries: (B, d).
        candidates: (C, d), positives and negatives of all queries together.
        positives: (B,) the position of each query's positive among the candidates.
        mask: (B, C) bool, True = left out as a negative. The positive is never left out.
        temperature: greater than zero; 0.05 in the reference recipe.

    Source: van den Oord et al. 2018 (arXiv 1807.03748), equation 4, with in-batch candidates.
    """
    if queries.dtype in (torch.float16, torch.bfloat16):
        queries, candidates = queries.float(), candidates.float()
    scores = queries @ candidates.T / temperature
    left_out = mask.scatter(1, positives.unsqueeze(1), False)
    return functional.cross_entropy(scores.masked_fill(left_out, float("-inf")), positives)
