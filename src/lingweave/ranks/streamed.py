"""The pass over a pool past memory: blocks of queries against blocks of candidates.

No row of scores is ever whole. The golds' own scores are found first, in the blocks that hold them;
then every block is counted against them and forgotten. A block has the same bounds both times, so
that the same product gives the same scores, and ties are exact.
"""

import itertools
from collections.abc import Iterator
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lingweave.judgements import Judgements
from lingweave.ranks.best import Best
from lingweave.ranks.golds import (
    Counts,
    Golds,
    Ints,
    LanguageRanks,
    RankedRows,
    golds_of,
    language_ranks,
    tied_golds,
)
from lingweave.ranks.in_memory import TOP
from lingweave.ranks.rows import SORTED, true_counts

QUERIES = 512
"""Queries that are scored together: the pool is read once for each so many."""
CANDIDATES = 16384
"""Candidates that are scored against them at once."""
TIES = 256
"""Golds whose equals in a block are looked for at once."""
SHARED_BYTES = 256 * 2**20
"""Upper bound for the scores that are kept for copies in later blocks."""


class BlockScores(Protocol):
    """Scores of some query rows of one language against consecutive candidates of one language."""

    def __call__(self, language: str, rows: slice, candidates: slice, /) -> Tensor:
        """(rows, candidates) float32 on any device, without NaN; the same whenever asked."""
        ...


class Copies(NamedTuple):
    """Candidates that are identical to an earlier one, in the order of their positions."""

    positions: Ints
    """Where they stand in the pool."""
    firsts: Ints
    """The first candidate that each is identical to."""

    @staticmethod
    def of(first_equal: Ints) -> "Copies":
        """From the (pool,) position of the first candidate identical to each one."""
        positions = np.flatnonzero(first_equal != np.arange(len(first_equal)))
        return Copies(positions, first_equal[positions])


def streamed_ranks(
    scores: BlockScores,
    judgements: Judgements,
    copies: Copies | None = None,
    top: int = TOP,
    queries: int = QUERIES,
    candidates: int = CANDIDATES,
) -> Iterator[LanguageRanks]:
    """What `in_memory.ranks_by_language` gives, in memory that does not grow with the pool.

    Args:
        scores: Called for blocks within one corpus; twice for those that hold golds.
        judgements: The languages, corpora, queries and golds.
        copies: Candidates that must tie exactly with an earlier one: they take its score.
        top: How many candidates of each list to keep (the pool's size if that is smaller).
        queries: Query rows of a block, at most.
        candidates: Candidates of a block, at most.
    """
    depth = min(top, judgements.pool_size)
    blocks = _Blocks(scores, judgements, copies or Copies.of(np.empty(0, np.int64)), candidates)
    rows_a_block = max(1, min(queries, SHARED_BYTES // (4 * max(len(blocks.shared), 1))))
    for x, language in enumerate(judgements.languages):
        asked = judgements.queries[x]
        parts = []
        for start in range(0, len(asked), rows_a_block):
            rows = slice(start, min(start + rows_a_block, len(asked)))
            parts.append(_ranked(blocks, language, rows, asked[rows], depth))
        yield language_ranks(judgements, x, parts, depth)


class _Blocks:
    """The pool cut into blocks that lie within one corpus each."""

    def __init__(
        self, scores: BlockScores, judgements: Judgements, copies: Copies, size: int
    ) -> None:
        self.judgements, self.copies = judgements, copies
        starts = judgements.corpus_starts.tolist()
        bounds = [
            (y, start, min(start + size, end))
            for y, (begin, end) in enumerate(itertools.pairwise(starts))
            for start in range(begin, end, size)
        ]
        self.languages, self.starts, self.stops = np.array(bounds, np.int64).reshape(-1, 3).T
        self._scores = scores
        block = np.searchsorted(self.starts, copies.positions, "right")
        elsewhere = np.searchsorted(self.starts, copies.firsts, "right") != block
        self.shared = np.unique(copies.firsts[elsewhere])
        """Candidates with copies in later blocks, whose scores must be kept for them."""

    def scored(self, number: int, language: str, rows: slice, kept: Tensor | None = None) -> Tensor:
        """(rows, candidates) of a block; with `kept`, (rows, shared), copies have their firsts'
        scores, and those that later blocks need are put there."""
        start, stop = int(self.starts[number]), int(self.stops[number])
        block = self._scores(language, rows, slice(start, stop))
        if kept is None:
            return block
        first, last = np.searchsorted(self.shared, (start, stop))
        if first < last:
            kept[:, first:last] = block[:, torch.from_numpy(self.shared[first:last] - start)].to(
                kept.device
            )
        begin, end = np.searchsorted(self.copies.positions, (start, stop))
        if begin < end:
            positions, firsts = (a[begin:end] for a in self.copies)
            here = firsts >= start
            block[:, torch.from_numpy(positions[here] - start)] = block[
                :, torch.from_numpy(firsts[here] - start)
            ]
            places = torch.from_numpy(np.searchsorted(self.shared, firsts[~here]))
            block[:, torch.from_numpy(positions[~here] - start)] = kept[:, places].to(block.device)
        return block

    def canonical(self, positions: Ints) -> Ints:
        """Where the scores of candidates come from: themselves, or what they are copies of."""
        at = np.searchsorted(self.copies.positions, positions)
        at = np.minimum(at, max(len(self.copies.positions) - 1, 0))
        if not len(self.copies.positions):
            return positions
        return np.where(self.copies.positions[at] == positions, self.copies.firsts[at], positions)


def _ranked(blocks: _Blocks, language: str, rows: slice, queries: Ints, depth: int) -> RankedRows:
    judgements, n = blocks.judgements, rows.stop - rows.start
    golds = golds_of(queries, judgements)
    score = _gold_scores(blocks, language, rows, golds)
    table = _Table(golds, score, n)
    best = Best(n, depth)
    kept = torch.empty(n, len(blocks.shared))
    own = torch.zeros(3, n, table.width, dtype=torch.int64)
    pool = torch.zeros_like(own)
    for number, y in enumerate(blocks.languages.tolist()):
        block = blocks.scored(number, language, rows, kept)
        start = int(blocks.starts[number])
        best.add(block, start)
        counts = table.counts(block, start)
        pool += counts
        own += counts * (table.language == y)
    positions, scores = best.found()
    of_pool = golds.row
    of_own = golds.row * len(judgements.languages) + golds.language
    return RankedRows(
        golds,
        _counts(of_own, score, table.of_golds(own)),
        _counts(of_pool, score, table.of_golds(pool)),
        positions,
        scores,
    )


def _gold_scores(blocks: _Blocks, language: str, rows: slice, golds: Golds) -> NDArray[np.float32]:
    column = blocks.canonical(golds.position)
    score = np.empty(len(column), np.float32)
    block_of = np.searchsorted(blocks.starts, column, "right") - 1
    for number in np.unique(block_of):
        held = np.flatnonzero(block_of == number)
        block = blocks.scored(int(number), language, rows)
        places = column[held] - blocks.starts[number]
        score[held] = block[torch.from_numpy(golds.row[held]), torch.from_numpy(places)].cpu()
    return score


class _Table:
    """The golds of some query rows as a table, a row a query; empty cells are never reached."""

    def __init__(self, golds: Golds, score: NDArray[np.float32], rows: int) -> None:
        sizes = np.bincount(golds.row, minlength=rows)
        self.width = int(sizes.max(initial=0))
        column = np.arange(len(golds.row)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        self._cells = torch.from_numpy(golds.row * self.width + column)

        def filled(values: NDArray[np.generic], empty: float) -> Tensor:
            values_ = torch.from_numpy(np.ascontiguousarray(values))
            table = torch.full((rows * self.width,), empty, dtype=values_.dtype)
            table[self._cells] = values_
            return table.reshape(rows, self.width)

        self.score = filled(score, torch.inf)
        self.position = filled(golds.position, -1)
        self.language = filled(golds.language, -1)

    def counts(self, block: Tensor, start: int) -> Tensor:
        """(3, rows, width): candidates of a block above each gold, at or above it, and equal to it
        but earlier in the pool."""
        score, position = self.score.to(block.device), self.position.to(block.device)
        if not self.width:
            return torch.zeros(3, *score.shape, dtype=torch.int64)
        above, reach = _above(block, score)
        equal = reach - above
        stop = start + block.shape[1]
        before = torch.where(position >= stop, equal, 0)
        # A gold in this block equals itself: only others make it worth looking where they stand.
        row, column = torch.nonzero(
            (position >= start) & (position < stop) & (equal > 1), as_tuple=True
        )
        places = torch.arange(start, stop, device=block.device)
        for some in range(0, len(row), TIES):
            cells = row[some : some + TIES], column[some : some + TIES]
            equals = block[cells[0]] == score[cells][:, None]
            before[cells] = (equals & (places < position[cells][:, None])).sum(dim=1)
        return torch.stack([above, reach, before]).cpu()

    def of_golds(self, table: Tensor) -> NDArray[np.int64]:
        """(k, golds) of a (k, rows, width) table."""
        return table.reshape(len(table), -1)[:, self._cells].numpy()


def _above(block: Tensor, score: Tensor) -> tuple[Tensor, Tensor]:
    """(rows, width) each: candidates above each score, and at or above it."""
    if score.shape[1] * SORTED < block.shape[1]:
        limits = [limit[:, None] for limit in score.unbind(1)]
        return (
            torch.stack([_true(block > limit) for limit in limits], 1),
            torch.stack([_true(block >= limit) for limit in limits], 1),
        )
    ordered, size, score = _sorted(block), block.shape[1], score.contiguous()
    return (
        size - torch.searchsorted(ordered, score, right=True),
        size - torch.searchsorted(ordered, score),
    )


# On a processor numpy does both many times faster than torch.


def _true(flags: Tensor) -> Tensor:
    """(rows,) how many are true."""
    if flags.device.type == "cpu":
        return torch.from_numpy(true_counts(flags.numpy()))
    return flags.sum(1)


def _sorted(block: Tensor) -> Tensor:
    """Each row in rising order."""
    if block.device.type == "cpu":
        return torch.from_numpy(np.sort(block.numpy(), axis=1))
    return block.sort(dim=1).values


def _counts(lists: Ints, score: NDArray[np.float32], found: NDArray[np.int64]) -> Counts:
    above, reach, before = found
    together, gold_before = tied_golds(lists, score)
    tied = reach - above - together
    return Counts(above, tied, np.where(tied > 0, before - gold_before, 0), gold_before)
