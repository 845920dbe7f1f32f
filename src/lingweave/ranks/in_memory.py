"""The pass over a pool whose scores fit in memory a block of query rows at a time."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol

import numpy as np

from lingweave.judgements import Judgements
from lingweave.ranks.golds import (
    Floats,
    GoldRanks,
    Ints,
    LanguageRanks,
    RankedRows,
    TopLists,
    joined_lists,
    joined_ranks,
    language_ranks,
)
from lingweave.ranks.rows import ranked_rows

TOP = 100
"""How many candidates of each pool list are kept with their scores."""
BLOCK_BYTES = 128 * 2**20
"""Upper bound for one block of scores; the pass needs about twice that."""


class ScoreBlock(Protocol):
    """Scores of some query rows of one language against the whole pool."""

    def __call__(self, language: str, rows: slice, /) -> Floats:
        """(rows, pool) float32, higher is better, without NaN."""
        ...


def ranks_by_language(
    scores: ScoreBlock,
    judgements: Judgements,
    first_equal: Ints | None = None,
    top: int = TOP,
    block_bytes: int = BLOCK_BYTES,
    threads: int | None = None,
) -> Iterator[LanguageRanks]:
    """Exact ranks of all golds and the heads of all pool lists, query language by query language.

    Args:
        scores: Called once for each block of query rows.
        judgements: The languages, corpora, queries and golds.
        first_equal: (pool,) the position of the first candidate identical to each one. Matrix
            products may round equal columns differently at the edge of a tile; with this the
            scores of identical candidates tie exactly.
        top: How many candidates of each list to keep (the pool's size if that is smaller).
        block_bytes: Bound for one block of scores; always at least one row.
        threads: Among how many to divide the rows of a block; None: as many as there are
            processors for this process, or ``OMP_NUM_THREADS``.
    """
    copies = None
    if first_equal is not None:
        duplicates = np.flatnonzero(first_equal != np.arange(len(first_equal)))
        copies = (duplicates, first_equal[duplicates]) if len(duplicates) else None
    rows_a_block = max(1, block_bytes // (4 * max(judgements.pool_size, 1)))
    depth = min(top, judgements.pool_size)
    threads = threads or _processors()
    with ThreadPoolExecutor(threads) as pool:
        for x, language in enumerate(judgements.languages):
            queries = judgements.queries[x]
            shares: list[RankedRows] = []
            for start in range(0, len(queries), rows_a_block):
                rows = slice(start, min(start + rows_a_block, len(queries)))
                block = scores(language, rows)
                if copies is not None:
                    block[:, copies[0]] = block[:, copies[1]]
                share = partial(_share, block, queries[rows], judgements, depth)
                shares += pool.map(share, _slices(len(block), threads))
            yield language_ranks(judgements, x, shares, depth)


def _share(
    block: Floats, queries: Ints, judgements: Judgements, depth: int, rows: slice
) -> RankedRows:
    return ranked_rows(block[rows], queries[rows], judgements, depth)


def _slices(size: int, parts: int) -> list[slice]:
    """At most so many slices of equal size."""
    parts = min(size, parts)
    return [slice(size * i // parts, size * (i + 1) // parts) for i in range(parts)]


def gold_ranks(
    scores: ScoreBlock,
    judgements: Judgements,
    first_equal: Ints | None = None,
    top: int = TOP,
    block_bytes: int = BLOCK_BYTES,
) -> tuple[GoldRanks, TopLists]:
    """Ranks and heads of all query languages at once: see `ranks_by_language`."""
    parts = list(ranks_by_language(scores, judgements, first_equal, top, block_bytes))
    return joined_ranks(p.ranks for p in parts), joined_lists(p.top for p in parts)


def _processors() -> int:
    """How many threads this process may use, by OMP_NUM_THREADS or the processors given to it."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    given = getattr(os, "sched_getaffinity", None)  # Linux alone has it.
    return len(given(0)) if given else os.cpu_count() or 1
