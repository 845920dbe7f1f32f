"""The search itself: the nearest records that are no answers, exactly, in bounded memory.

A *view* of a record is its query in one language against the passages of that language (scope
``language``) or against those of all languages, of which each record's best counts (``pool``). In
each view the record's own passage has a score, and so has every other record's. Over the views in
which both stand,

- a record that comes within the filter of the positive in any view is left out for good: it may be
  an answer, and would be served as a wrong one in every language;
- the others are ranked by the mean of (their score - the positive's). Gaps, and not scores, because
  records may lack languages, and some languages score higher than others.

Equals keep the table's order. Every record of the data set is scored in every view: there is no
list of candidates that could end too early.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lingweave.mining.config import Scope
from lingweave.mining.excluded import Pairs
from lingweave.mining.vectors import Vectors
from lingweave.plan.draws import Ints
from lingweave.plan.shape import Cells

BLOCK = 1024
"""Records whose negatives are looked for together."""
CANDIDATES = 4096
"""Candidates that are scored against them at once."""

_NONE = torch.iinfo(torch.int64).min
_LOW = 2**32 - 1


@dataclass(frozen=True)
class Rule:
    """What is kept, of all records."""

    scope: Scope = "language"
    """Which passages a query is scored against: its language's, all, or both in turn."""
    per_record: int = 16
    """Negatives kept of each record."""
    share: float | None = 0.95
    """Records above this share of the positive's score are left out; None: none is."""
    margin: float = 0.0
    """And so are records that are less than this below the positive; 0: none is."""
    skip_top: int = 0
    """Nearest records passed over after that."""

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The kinds of view."""
        return ("language", "pool") if self.scope == "both" else (self.scope,)

    def limits(self, positive: Tensor) -> Tensor:
        """The highest score a negative may have, given the positive's, of any shape.

        For a positive below zero the share counts from it downwards.
        """
        limits = torch.full_like(positive, torch.inf)
        if self.share is not None:
            limits = positive - positive.abs() * (1 - self.share)
        return torch.minimum(limits, positive - self.margin) if self.margin > 0 else limits


class Found(NamedTuple):
    """What was found for n records."""

    negatives: Ints
    """(n, per_record) places in the data set, the nearest first; -1 where there are no more."""
    gaps: NDArray[np.float32]
    """(n, per_record) mean over the views of the score less the positive's; NaN at -1."""
    positive: NDArray[np.float32]
    """(n,) mean over the views of the positive's score; NaN: the record has no view."""
    near: Ints
    """(n,) how many candidates the next two are counted over: the nearest before the filter, as
    many as are kept and passed over."""
    filtered: Ints
    """(n,) how many of those the filter left out."""
    nearer: Ints
    """(n,) how many of those score above the positive, in the mean over the views."""


class _Views(NamedTuple):
    """The views of n records in one scope, a column a query language."""

    asked: Tensor
    """(n, L) bool: whether the view exists."""
    positive: Tensor
    """(n, L) the positive's score."""


class Search:
    """Searches one data set of N records in L languages.

    Args:
        vectors: of the whole table.
        has_query: (table, L): which queries there are.
        has_passage: (table, L): the same for passages.
        span: the data set's rows in the table.
        rule: what to keep.
        candidates: records scored at once, which bounds memory.
    """

    def __init__(
        self,
        vectors: Vectors,
        has_query: Cells,
        has_passage: Cells,
        span: slice,
        rule: Rule,
        candidates: int = CANDIDATES,
    ) -> None:
        self.vectors = vectors
        self.start, self.size = span.start, span.stop - span.start
        self.has_query = torch.from_numpy(has_query[span]).to(vectors.device)
        self.has_passage = torch.from_numpy(has_passage[span]).to(vectors.device)
        self.rule = rule
        self.candidates = candidates

    def found(self, rows: slice, excluded: Pairs) -> Found:
        """The negatives of some records.

        Args:
            rows: places in the data set.
            excluded: pairs that are not looked at, rows counted from ``rows.start``.
        """
        rule, device = self.rule, self.vectors.device
        queries = [self._block("query", x, rows) for x in range(self.has_query.shape[1])]
        views = {scope: self._views(scope, queries, rows) for scope in rule.scopes}
        depth = rule.per_record + rule.skip_top
        kept = near = torch.empty(rows.stop - rows.start, 0, dtype=torch.int64, device=device)
        for start in range(0, self.size, self.candidates):
            columns = slice(start, min(start + self.candidates, self.size))
            gaps, possible, likely = self._scored(queries, views, columns)
            out = (torch.from_numpy(at).to(device) for at in excluded.between(start, columns.stop))
            possible[tuple(out)] = False
            keys = _keys(gaps, start).masked_fill_(~possible, _NONE)
            near = _best(near, keys, depth)
            kept = _best(kept, keys.masked_fill_(likely, _NONE), depth)
        asked = torch.cat([v.asked for v in views.values()], 1)
        positive = torch.cat([v.positive for v in views.values()], 1)
        mean = (positive * asked).sum(1) / asked.sum(1)
        return _decoded(kept, near, mean, rule)

    def _block(self, side: Literal["query", "passage"], language: int, rows: slice) -> object:
        moved = slice(self.start + rows.start, self.start + rows.stop)
        return self.vectors.block(side, language, moved)

    def _views(self, scope: Scope, queries: list[object], rows: slice) -> _Views:
        """Whether the views of some records exist, and the positive's score in each."""
        has = self.has_passage[rows]
        own = [self._block("passage", y, rows) for y in range(has.shape[1])]
        positive = torch.zeros(has.shape, device=has.device)
        for x, query in enumerate(queries):
            if scope == "language":
                positive[:, x] = self.vectors.paired(query, own[x])
            else:
                scores = torch.stack([self.vectors.paired(query, passage) for passage in own], 1)
                positive[:, x] = scores.masked_fill(~has, -torch.inf).amax(1)
        possible = has if scope == "language" else has.any(1, keepdim=True)
        asked = self.has_query[rows] & possible
        return _Views(asked, positive.masked_fill(~asked, 0))

    def _scored(
        self, queries: list[object], views: dict[Scope, _Views], columns: slice
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Mean gaps of some candidates, whether there is a view, and whether one bars them.

        Each is (records, candidates).
        """
        total = torch.zeros(len(next(iter(views.values())).asked), columns.stop - columns.start)
        total = total.to(self.vectors.device)
        count, likely = torch.zeros_like(total), torch.zeros_like(total, dtype=torch.bool)
        for scope, x, scores, present in self._scores(queries, columns):
            asked, positive = (values[:, x, None] for values in views[scope])
            seen = asked & present
            likely |= seen & (scores > self.rule.limits(positive))
            total += torch.where(seen, scores - positive, 0)
            count += seen
        # Adding 0 turns -0.0 into 0.0: they are equal, and so must their keys be.
        return total / count.clamp(min=1) + 0.0, count > 0, likely

    def _scores(
        self, queries: list[object], columns: slice
    ) -> Iterator[tuple[Scope, int, Tensor, Tensor]]:
        """Each view's scope, query language, scores, and (1, candidates) which ones it holds."""
        has = self.has_passage[columns]
        passages = [self._block("passage", y, columns) for y in range(has.shape[1])]
        for x, query in enumerate(queries):
            if self.rule.scope == "language":
                yield "language", x, self.vectors.product(query, passages[x]), has[None, :, x]
                continue
            best = None
            for y, passage in enumerate(passages):
                scores = self.vectors.product(query, passage)
                if y == x and self.rule.scope == "both":
                    yield "language", x, scores, has[None, :, x]
                scores = scores.masked_fill(~has[None, :, y], -torch.inf)
                best = scores if best is None else torch.maximum(best, scores)
            assert best is not None
            yield "pool", x, best, has.any(1)[None]


def _keys(gaps: Tensor, start: int) -> Tensor:
    """Integers in the order of (gap, earlier in the table): sorting them leaves no ties to chance.

    The upper half of each is the float's bits, which order like signed integers once those of
    negative numbers are turned over; the lower half counts down with the column.
    """
    bits = gaps.view(torch.int32).to(torch.int64)
    bits = torch.where(bits < 0, bits ^ 0x7FFFFFFF, bits)
    columns = torch.arange(start, start + gaps.shape[1], device=gaps.device)
    return (bits << 32) + (_LOW - columns)


def _best(best: Tensor, keys: Tensor, depth: int) -> Tensor:
    """(n, at most depth) the highest of both, descending."""
    both = torch.cat([best, torch.topk(keys, min(depth, keys.shape[1]), dim=1).values], 1)
    return torch.topk(both, min(depth, both.shape[1]), dim=1).values


def _decoded(kept: Tensor, near: Tensor, positive: Tensor, rule: Rule) -> Found:
    there = near != _NONE
    # What the filter let through of the nearest also stands at the head of those kept.
    passed = (kept[:, :, None] == near[:, None, :]).any(1) & there
    chosen = torch.full((len(kept), rule.per_record), _NONE, device=kept.device)
    found = kept[:, rule.skip_top :]
    chosen[:, : found.shape[1]] = found
    empty = chosen == _NONE
    columns = (_LOW - (chosen & _LOW)).masked_fill(empty, -1)
    return Found(
        negatives=columns.cpu().numpy(),
        gaps=_gaps(chosen).masked_fill(empty, torch.nan).cpu().numpy(),
        positive=positive.cpu().numpy(),
        near=there.sum(1).cpu().numpy(),
        filtered=(there & ~passed).sum(1).cpu().numpy(),
        nearer=(there & (_gaps(near) > 0)).sum(1).cpu().numpy(),
    )


def _gaps(keys: Tensor) -> Tensor:
    """The gaps that keys were made of."""
    bits = keys >> 32
    return torch.where(bits < 0, bits ^ 0x7FFFFFFF, bits).to(torch.int32).view(torch.float32)
