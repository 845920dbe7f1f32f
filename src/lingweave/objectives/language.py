"""Hu et al. 2023: translations close to each other, and equally far from every third text.

Source: "Language Agnostic Multilingual Information Retrieval with Contrastive Learning" (arXiv
2210.06633). There both losses are on sentences of parallel corpora; here u is a row's passage, v
the same passage in another language, and the third texts o are the other candidates of the batch.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from lingweave.objectives.alignment import ParallelPassages, same_passage
from lingweave.objectives.embedded import Embedded, Rows
from lingweave.objectives.ids import shared
from lingweave.objectives.infonce import info_nce
from lingweave.objectives.term import named, raised


@dataclass(frozen=True)
class Semantic(ParallelPassages):
    """Each of two translations finds the other among all passages of both kinds.

    ½ (ℓ(u → v) + ℓ(v → u)), ℓ(a → b) = -log [e^{s(a,b)} / Σ_{x ≠ a} e^{s(a,x)}], where x runs over
    the passages of all rows and their translations (contrast as in SimCLR, Chen et al. 2020, arXiv
    2002.05709). Passages of rows that share the record, the group or a text, on either side, are no
    negatives.
    """

    @property
    def name(self) -> str:
        """What the term is called."""
        return named("semantic", self.language)

    def losses(self, batch: Embedded, rows: Rows) -> Tensor:
        """(n,): the losses of the rows, 0 without a translation."""
        if batch.other_passages is None:
            return batch.nothing(rows)
        counted, own = self.counted(batch), batch.numbers(rows)
        same = same_passage(batch, rows)
        # The anchor itself is left out as well: it is a passage of the row's own record, even
        # where that is unknown.
        same = same.scatter(1, own.unsqueeze(1), True)
        passages = torch.cat((batch.passages(), batch.other_passages))
        mask = torch.cat((same, same | ~counted), dim=1)
        translation = own + len(counted)
        there = info_nce(passages[own], passages, translation, mask, self.temperature)
        back = info_nce(passages[translation], passages, own, mask, self.temperature)
        return ((there + back) / 2).masked_fill(~counted[own], 0)


@dataclass(frozen=True)
class Language(ParallelPassages):
    """Every third text o is as close to u as to v: Σ_o -½ [log p(u|o) + log p(v|o)].

    p(u|o) = e^{s(u,o)} / (e^{s(u,o)} + e^{s(v,o)}) and p(v|o) = 1 - p(u|o): a third text gives
    log 2 at best, where its two scores are equal. Third texts are the candidates that share
    neither the record nor the group nor the text of u. As the sum grows with their number, the
    term's weight is one over that number or less in practice.
    """

    @property
    def name(self) -> str:
        """What the term is called."""
        return named("language", self.language)

    def losses(self, batch: Embedded, rows: Rows) -> Tensor:
        """(n,): the losses of the rows, 0 without a translation."""
        if batch.other_passages is None:
            return batch.nothing(rows)
        own = batch.positives[rows]
        candidates = raised(batch.candidates)
        # s(u,o) - s(v,o) is one product, and all that the two shares depend on.
        apart = candidates[own] - raised(batch.other_passages[rows])
        lean = apart @ candidates.T / self.temperature
        each = -(functional.logsigmoid(lean) + functional.logsigmoid(-lean)) / 2
        third = ~shared(batch.ids, own).scatter(1, own.unsqueeze(1), True)
        losses = each.masked_fill(~third, 0).sum(1)
        return losses.masked_fill(~self.counted(batch)[rows], 0)
