"""Both directions, query to passage and passage to query, with or without a margin."""

import math
from dataclasses import dataclass

from torch import Tensor

from lingweave.errors import LingweaveError
from lingweave.objectives.embedded import Embedded, Rows
from lingweave.objectives.ids import related, shared
from lingweave.objectives.infonce import info_nce
from lingweave.objectives.term import Contrast, named


def reverse_nce(
    passages: Tensor, batch: Embedded, rows: Rows, temperature: float, margin: float = 0.0
) -> Tensor:
    """-log p(query | passage) over the batch's queries, (n,), for one passage (n, d) a row.

    A query is left out when its passage shares the record, the group or the text of the row's.
    """
    ids = batch.passage_ids()
    numbers = batch.numbers(rows)
    mask = related(ids.of(numbers), ids)
    return info_nce(passages, batch.queries, numbers, mask, temperature, margin)


@dataclass(frozen=True)
class TwoSided(Contrast):
    """Half of InfoNCE from the query to all candidates and half from the passage to all queries.

    With a margin m the score of a pair that belongs together is (cosine - m) / temperature: it has
    to win by m.

    Source: Yang et al. 2019 (arXiv 1902.08564), additive margin softmax in both directions, as in
    LaBSE (Feng et al. 2020, arXiv 2007.01852; m = 0.3). They add the two directions; here their
    mean is taken, so that weights compare with those of one direction.
    """

    margin: float = 0.0
    """Taken from the cosine of a query and its own passage, 0 or more."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.margin) and self.margin >= 0):
            raise LingweaveError(f"the margin is {self.margin:g}: give 0 or more, such as 0.3")

    @property
    def name(self) -> str:
        """What the term is called: ``symmetric`` without a margin."""
        return named("margin", self.margin) if self.margin else "symmetric"

    def losses(self, batch: Embedded, rows: Rows) -> Tensor:
        """(n,): the losses of the rows."""
        own = batch.positives[rows]
        queries, mask = batch.queries[rows], shared(batch.ids, own)
        there = info_nce(queries, batch.candidates, own, mask, self.temperature, self.margin)
        back = reverse_nce(batch.candidates[own], batch, rows, self.temperature, self.margin)
        return (there + back) / 2
