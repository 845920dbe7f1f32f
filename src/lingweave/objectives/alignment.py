"""A text next to its translation: queries with queries, passages with passages."""

from dataclasses import dataclass
from itertools import product
from typing import ClassVar

import torch
from torch import Tensor

from lingweave.objectives.embedded import Embedded, Rows
from lingweave.objectives.ids import matches, related
from lingweave.objectives.infonce import info_nce
from lingweave.objectives.term import Contrast, Need, named


@dataclass(frozen=True)
class AlignQueries(Contrast):
    """InfoNCE from a row's query to the same query in another language, against those of others.

    Rows whose passages share the record, the group or the text are no negatives, nor are rows that
    have one query text, on either side, in common.

    Source: cross-lingual contrast of InfoXLM (Chi et al. 2021, arXiv 2007.07834), with in-batch
    negatives in place of a queue.
    """

    language: str | None = None
    """Language of the translations; None: any other than the row's own."""

    needs: ClassVar[frozenset[Need]] = frozenset({"other_query"})

    @property
    def name(self) -> str:
        """What the term is called."""
        return named("align_queries", self.language)

    def counted(self, batch: Embedded) -> Tensor:
        """(B,): rows whose query there is in another language."""
        return present(batch.other_queries, batch.has_other_query, batch)

    def losses(self, batch: Embedded, rows: Rows) -> Tensor:
        """(n,): the losses of the rows, 0 without a translation."""
        if batch.other_queries is None:
            return batch.nothing(rows)
        mask = related_rows(batch, rows)
        mask |= _same_text(batch.query_texts, batch.other_query_texts, rows, mask)
        counted = self.counted(batch)
        anchors = batch.queries[rows]
        return _aligned(anchors, batch.other_queries, mask, counted, batch.numbers(rows), self)


@dataclass(frozen=True)
class ParallelPassages(Contrast):
    """What terms share that are on a row's passage and its translation."""

    language: str | None = None
    """Language of the translations; None: any other than the row's own."""

    needs: ClassVar[frozenset[Need]] = frozenset({"other_passage"})

    def counted(self, batch: Embedded) -> Tensor:
        """(B,): rows whose passage there is in another language."""
        return present(batch.other_passages, batch.has_other_passage, batch)


@dataclass(frozen=True)
class AlignPassages(ParallelPassages):
    """InfoNCE from a row's passage to the same passage in another language, as for queries.

    Rows whose passages share the record, the group or a text, on either side, are no negatives.
    """

    @property
    def name(self) -> str:
        """What the term is called."""
        return named("align_passages", self.language)

    def losses(self, batch: Embedded, rows: Rows) -> Tensor:
        """(n,): the losses of the rows, 0 without a translation."""
        if batch.other_passages is None:
            return batch.nothing(rows)
        mask = same_passage(batch, rows)
        counted = self.counted(batch)
        anchors = batch.candidates[batch.positives[rows]]
        return _aligned(anchors, batch.other_passages, mask, counted, batch.numbers(rows), self)


def present(views: Tensor | None, has_view: Tensor | None, batch: Embedded) -> Tensor:
    """(B,) bool: which rows have a view."""
    if views is None or has_view is None:
        return torch.zeros_like(batch.positives, dtype=torch.bool)
    return has_view


def related_rows(batch: Embedded, rows: Rows) -> Tensor:
    """(n, B) bool: which rows' passages share the record, group or text of those of ``rows``."""
    ids = batch.passage_ids()
    return related(ids.of(batch.numbers(rows)), ids)


def same_passage(batch: Embedded, rows: Rows) -> Tensor:
    """(n, B) bool: which rows are related to ``rows``, or have a passage text in common with them.

    A passage and its translation both count: a text that is one row's own and another row's
    translation stands for both of them, in both of their languages.
    """
    mask = related_rows(batch, rows)
    return mask | _same_text(batch.passage_ids().texts, batch.other_passage_texts, rows, mask)


def _same_text(own: Tensor | None, views: Tensor | None, rows: Rows, like: Tensor) -> Tensor:
    """(n, B) bool: which rows have one of the two texts of ``rows``, as far as these are known."""
    found = torch.zeros_like(like)
    known = [texts for texts in (own, views) if texts is not None]
    for one, other in product(known, known):
        found |= matches(one[rows], other)
    return found


def _aligned(
    anchors: Tensor, views: Tensor, mask: Tensor, counted: Tensor, own: Tensor, term: Contrast
) -> Tensor:
    losses = info_nce(anchors, views, own, mask | ~counted, term.temperature)
    return losses.masked_fill(~counted[own], 0)
