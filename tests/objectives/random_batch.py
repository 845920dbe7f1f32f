"""Random batches with everything an objective may need."""

import torch
from torch.nn.functional import normalize

from lingweave.objectives import NONE, Embedded, Ids


def random_batch(
    seed, rows=5, negatives=3, records=None, width=4, dtype=torch.float64, unknown=0.0
):
    """A batch whose passages stand anywhere among the candidates, with some shared ids.

    ``records``: how many different records the rows are drawn from; None: each row its own.
    ``unknown``: the share of ids that are not known.
    """
    torch.manual_seed(seed)

    def unit(n, wide=width):
        return normalize(torch.randn(n, wide, dtype=dtype), dim=1)

    count = rows + negatives
    positives = torch.randperm(count)[:rows]
    ids = [torch.full((count,), NONE) for _ in range(3)]
    ids[0][positives] = torch.arange(rows) if records is None else torch.randint(records, (rows,))
    ids[1][positives] = torch.randint(-1, 2 * rows, (rows,))
    ids[2] = torch.randint(4 * count, (count,))
    ids = [values.masked_fill(torch.rand(count) < unknown, NONE) for values in ids]
    # Few enough for texts that several rows, or a passage and a translation, have in common.
    text_ids = torch.randint(4 * count, (3, rows))
    text_ids = text_ids.masked_fill(torch.rand(3, rows) < unknown, NONE)
    in_language = torch.rand(rows) < 0.3
    return Embedded(
        queries=unit(rows),
        candidates=unit(count),
        positives=positives,
        ids=Ids(*ids),
        other_queries=unit(rows),
        has_other_query=torch.rand(rows) < 0.7,
        other_passages=unit(rows),
        has_other_passage=(torch.rand(rows) < 0.7) & ~in_language,
        teacher_queries=unit(rows),
        teacher_candidates=unit(count),
        passage_in_language=in_language,
        query_texts=text_ids[0],
        other_query_texts=text_ids[1],
        other_passage_texts=text_ids[2],
    )


VECTORS = (
    "queries",
    "candidates",
    "other_queries",
    "other_passages",
)
"""The fields of a batch that an encoder gives and a gradient goes to."""


def with_gradients(batch):
    """The batch with vectors that take gradients, and those vectors."""
    leaves = {name: getattr(batch, name).detach().requires_grad_() for name in VECTORS}
    return batch._replace(**leaves), list(leaves.values())
