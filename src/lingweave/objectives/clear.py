"""CLEAR: a passage in a bridge language finds the query of any language."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from lingweave.errors import LingweaveError
from lingweave.objectives.alignment import present
from lingweave.objectives.embedded import Embedded, Rows
from lingweave.objectives.ids import related, shared
from lingweave.objectives.infonce import info_nce
from lingweave.objectives.margin import reverse_nce
from lingweave.objectives.term import Contrast, Need, divergence, masked, named, raised


@dataclass(frozen=True)
class Clear(Contrast):
    """(1-a-b)·NCE(q → d) + a·NCE(e → q) + b·KL(p(q | e) || p(d | q)).

    q is a row's query, d its passage and e the same passage in the bridge language, which is d
    itself where d is in that language. NCE(q → d) is over all candidates, NCE(e → q) over the
    batch's queries. The KL compares row by row how q spreads over the rows' passages with how e
    spreads over their queries; its gradient goes through both. Pairs that share the record, the
    group or the text are left out everywhere.

    Source: Lee et al. 2026 (arXiv 2604.05821; a = 0.4, b = 0.2), the KL and its direction as in
    the authors' code. There q → d is within English and only e → q crosses languages, and both
    sides have hard negatives; here q is the same on both sides and hard negatives are passages
    only, so the KL is over rows.
    """

    language: str = "en"
    """Language of e."""
    reverse: float = 0.4
    """a, the share of NCE(e → q)."""
    alike: float = 0.2
    """b, the share of the KL."""

    needs: ClassVar[frozenset[Need]] = frozenset({"other_passage"})

    def __post_init__(self) -> None:
        shares = (self.reverse, self.alike, 1 - self.reverse - self.alike)
        if not all(share >= -1e-9 for share in shares):
            raise LingweaveError(
                f"{self.name}: give two shares of 0 or more and at most 1 together,"
                " as clear(en,0.4,0.2)"
            )

    @property
    def name(self) -> str:
        """What the term is called."""
        return named("clear", self.language, float(self.reverse), float(self.alike))

    def counted(self, batch: Embedded) -> Tensor:
        """(B,): rows whose passage there is in the bridge language, as a view or as it is."""
        views = present(batch.other_passages, batch.has_other_passage, batch)
        return views if batch.passage_in_language is None else views | batch.passage_in_language

    def losses(self, batch: Embedded, rows: Rows) -> Tensor:
        """(n,): the losses of the rows, 0 without a passage in the bridge language."""
        own, numbers = batch.positives[rows], batch.numbers(rows)
        queries, bridges = batch.queries[rows], self._bridges(batch, rows)
        mask = shared(batch.ids, own)
        there = info_nce(queries, batch.candidates, own, mask, self.temperature)
        back = reverse_nce(bridges, batch, rows, self.temperature)
        ids = batch.passage_ids()
        left_out = related(ids.of(numbers), ids).scatter(1, numbers.unsqueeze(1), False)
        by_query, by_bridge = (
            masked(raised(one) @ raised(many).T / self.temperature, left_out)
            for one, many in ((queries, batch.passages()), (bridges, batch.queries))
        )
        losses = (1 - self.reverse - self.alike) * there + self.reverse * back
        losses = losses + self.alike * divergence(by_bridge, by_query)
        return losses.masked_fill(~self.counted(batch)[rows], 0)

    def _bridges(self, batch: Embedded, rows: Rows) -> Tensor:
        """(n, d): each row's passage in the bridge language; its own passage where it has none."""
        own = batch.candidates[batch.positives[rows]]
        if batch.other_passages is None:
            return own
        views = present(batch.other_passages, batch.has_other_passage, batch)[rows]
        return torch.where(views.unsqueeze(1), batch.other_passages[rows], own)
