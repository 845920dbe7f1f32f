"""Whole rows of scores, a query against all of the pool: where golds stand, and the heads."""

import numpy as np
from numpy.typing import NDArray

from lingweave.judgements import Judgements
from lingweave.ranks.golds import Counts, Floats, Ints, RankedRows, golds_of, tied_golds
from lingweave.ranks.heads import heads

SORTED = 1200
"""Candidates that are sorted in the time that counting takes for one gold (measured)."""


def ranked_rows(block: Floats, queries: Ints, judgements: Judgements, depth: int) -> RankedRows:
    """The golds of some query rows, where they stand, and the best of the pool.

    Args:
        block: (rows, pool) scores.
        queries: (rows,) index into the query ids, or -1.
        judgements: The corpora and golds.
        depth: How many of the best to give.
    """
    golds = golds_of(queries, judgements)
    row, language = golds.row, golds.language
    score = block[row, golds.position]
    pool_above, pool_reach, last = _pool_counts(block, row, score, depth)
    own_above, own_reach = _own_counts(block, row, score, language, judgements.corpus_starts)
    pool_golds, pool_gold_before = tied_golds(row, score)
    own_golds, own_gold_before = tied_golds(row * len(judgements.languages) + language, score)
    pool_tied = pool_reach - pool_above - pool_golds
    own_tied = own_reach - own_above - own_golds
    starts = judgements.corpus_starts[language]
    own_before, pool_before = _equal_before(block, row, score, starts, golds.position, pool_tied)
    own_before = np.where(own_tied > 0, own_before - own_gold_before, 0)
    pool_before = np.where(pool_tied > 0, pool_before - pool_gold_before, 0)
    return RankedRows(
        golds,
        Counts(own_above, own_tied, own_before, own_gold_before),
        Counts(pool_above, pool_tied, pool_before, pool_gold_before),
        *heads(block, depth, last),
    )


def _pool_counts(block: Floats, row: Ints, score: Floats, depth: int) -> tuple[Ints, Ints, Floats]:
    """For each gold: candidates of the whole row above it, and at or above it.

    Beside them, the depth-th best score of each row where that came of it, else NaN.
    """
    above = np.empty(len(row), dtype=np.int64)
    reach = np.empty(len(row), dtype=np.int64)
    last = np.full(len(block), np.nan, dtype=np.float32)
    bounds = np.searchsorted(row, np.arange(len(block) + 1)).tolist()
    for r, line in enumerate(block):
        begin, end = bounds[r], bounds[r + 1]
        if begin == end:
            continue
        golds = score[begin:end]
        # What scores below all golds counts for none: a good encoder leaves little to count.
        counted = line >= golds.min()
        if np.count_nonzero(counted) < len(line) // 4:
            line = line[counted]
        if (end - begin) * SORTED >= len(line):
            line = np.sort(line)
            above[begin:end] = len(line) - line.searchsorted(golds, "right")
            reach[begin:end] = len(line) - line.searchsorted(golds, "left")
            if len(line) >= depth > 0:
                last[r] = line[-depth]
        else:
            for g in range(begin, end):
                above[g] = np.count_nonzero(line > score[g])
                reach[g] = np.count_nonzero(line >= score[g])
    return above, reach, last


def _own_counts(
    block: Floats, row: Ints, score: Floats, language: Ints, corpus_starts: Ints
) -> tuple[Ints, Ints]:
    """For each gold: candidates of its own language above it, and at or above it."""
    above = np.empty(len(row), dtype=np.int64)
    reach = np.empty(len(row), dtype=np.int64)
    every_row = np.arange(len(block))
    by_language = np.argsort(language, kind="stable")
    ends = np.searchsorted(language[by_language], np.arange(len(corpus_starts)))
    for y in np.flatnonzero(np.diff(ends)):
        segment = block[:, corpus_starts[y] : corpus_starts[y + 1]]
        of_language = by_language[ends[y] : ends[y + 1]]
        # At most one block's worth of rows at a time: many golds a query must not multiply memory.
        for begin in range(0, len(of_language), len(block)):
            golds = of_language[begin : begin + len(block)]
            whole = len(golds) == len(block) and np.array_equal(row[golds], every_row)
            lines = segment if whole else segment[row[golds]]
            limits = score[golds, None]
            above[golds] = true_counts(lines > limits)
            reach[golds] = true_counts(lines >= limits)
    return above, reach


def true_counts(flags: NDArray[np.bool_]) -> Ints:
    """True values in each row; summing bytes is twice as fast as summing booleans."""
    counts: Ints = flags.view(np.uint8).sum(axis=1, dtype=np.uint32).astype(np.int64)
    return counts


def _equal_before(
    block: Floats, row: Ints, score: Floats, starts: Ints, position: Ints, tied: Ints
) -> tuple[Ints, Ints]:
    """Candidates equal to a gold that stand before it, from the start of its corpus and of the
    pool; 0 where no other candidate ties.

    Golds of a row with one score share the search for their equals.
    """
    own = np.zeros(len(row), dtype=np.int64)
    pool = np.zeros(len(row), dtype=np.int64)
    searched = np.flatnonzero(tied > 0)
    searched = searched[np.lexsort((score[searched], row[searched]))]
    equals, last = np.empty(0, dtype=np.int64), (-1, np.float32(0))
    for g in searched:
        if last != (row[g], score[g]):
            last = (row[g], score[g])
            equals = np.flatnonzero(block[row[g]] == score[g])
        pool[g] = equals.searchsorted(position[g])
        own[g] = pool[g] - equals.searchsorted(starts[g])
    return own, pool
