"""Exact ranks of every gold passage, in its own language's corpus and in the pool, in one pass.

The scores come from a callable, a block of query rows against the whole pool at a time, so dense
vectors and sparse TF-IDF share the pass and memory stays bounded. What is stored is free of any
tie rule: how many candidates stand above a gold and how many equal it. The rank under a rule is
a sum of these counts, and every measure is a function of ranks.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from lingweave.judgements import Judgements

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

TOP = 100
"""How many candidates of each pool list are kept with their scores."""
BLOCK_BYTES = 32 * 2**20
"""Upper bound for one block of scores; the pass needs about twice that."""
SORT_FROM = 24
"""Golds a query from which sorting its row once is cheaper than counting per gold (measured)."""


class ScoreBlock(Protocol):
    """Scores of some query rows of one language against the whole pool."""

    def __call__(self, language: str, rows: slice, /) -> Floats:
        """(rows, pool) float32, higher is better, without NaN."""
        ...


class Counts(NamedTuple):
    """Where golds stand in one list, whatever the tie rule. Each array is (golds,)."""

    above: Ints
    """Candidates with a higher score, other golds included."""
    tied: Ints
    """Candidates with the same score that are not gold for the query."""
    tied_before: Ints
    """Those of `tied` that have a lower position."""
    gold_before: Ints
    """Golds of the query with the same score and a lower position in the same list."""


TieRule = Callable[[Counts], Ints]


def pessimistic(counts: Counts) -> Ints:
    """Ranks with every gold after its equals: the rule that flatters no encoder."""
    return 1 + counts.above + counts.gold_before + counts.tied


def optimistic(counts: Counts) -> Ints:
    """Ranks with every gold before its equals: the upper bound."""
    return 1 + counts.above + counts.gold_before


def by_index(counts: Counts) -> Ints:
    """Ranks of a stable sort by falling score: equals stand in the order of their positions."""
    return 1 + counts.above + counts.gold_before + counts.tied_before


TIE_RULES: dict[str, TieRule] = {
    "pessimistic": pessimistic,
    "optimistic": optimistic,
    "index": by_index,
}
"""Names of the tie rules, for the command line and files."""


@dataclass(frozen=True)
class GoldRanks:
    """One row a (query language, query, gold passage); arrays of one length.

    Rows are in the order of (query language, query row in the benchmark, pool position).
    """

    languages: tuple[str, ...]
    """What the language indices mean."""
    query_ids: tuple[str, ...]
    """What the query indices mean."""
    corpus_sizes: Ints
    """(L,) candidates in each language's corpus; the pool holds their sum."""
    query_language: Ints
    """The language the query is asked in."""
    query: Ints
    """Index into `query_ids`."""
    passage_language: Ints
    """The language of the gold passage."""
    position: Ints
    """The gold's position in the pool."""
    grade: Ints
    """How relevant the gold is, 1 or more."""
    own: Counts
    """Where it stands among the candidates of its own language."""
    pool: Counts
    """Where it stands among the candidates of all languages."""

    def __len__(self) -> int:
        return len(self.query)

    @property
    def pool_size(self) -> int:
        """How many candidates the pool holds."""
        return int(self.corpus_sizes.sum())


class TopLists(NamedTuple):
    """The head of each pool list: one row a (query language, query row of the benchmark)."""

    query_language: Ints
    """(n,) index of the language."""
    row: Ints
    """(n,) the query's row in its language."""
    positions: NDArray[np.int32]
    """(n, k) pool positions, best first; equals in pool order."""
    scores: Floats
    """(n, k) their scores."""


def gold_ranks(
    scores: ScoreBlock,
    judgements: Judgements,
    first_equal: Ints | None = None,
    top: int = TOP,
    block_bytes: int = BLOCK_BYTES,
) -> tuple[GoldRanks, TopLists]:
    """Exact ranks of all golds and the head of all pool lists.

    Args:
        scores: Called once for each block of query rows.
        judgements: The languages, corpora, queries and golds.
        first_equal: (pool,) the position of the first candidate identical to each one. Matrix
            products may round equal columns differently at the edge of a tile; with this the
            scores of identical candidates tie exactly.
        top: How many candidates of each list to keep (the pool's size if that is smaller).
        block_bytes: Bound for one block of scores; always at least one row.
    """
    copies = None
    if first_equal is not None:
        duplicates = np.flatnonzero(first_equal != np.arange(len(first_equal)))
        copies = (duplicates, first_equal[duplicates]) if len(duplicates) else None
    rows_a_block = max(1, block_bytes // (4 * max(judgements.pool_size, 1)))
    depth = min(top, judgements.pool_size)
    ranked, heads = [_no_block(judgements)], [_no_heads(depth)]
    for x, language in enumerate(judgements.languages):
        queries = judgements.queries[x]
        for start in range(0, len(queries), rows_a_block):
            rows = slice(start, min(start + rows_a_block, len(queries)))
            block = scores(language, rows)
            if copies is not None:
                block[:, copies[0]] = block[:, copies[1]]
            part = _ranked_block(block, queries[rows], judgements)
            ranked.append(part._replace(query_language=np.full(len(part.query), x)))
            heads.append(_heads(block, x, start, depth))
    columns: list[Any] = [np.concatenate(column) for column in zip(*ranked, strict=True)]
    n_counts = len(Counts._fields)
    return (
        GoldRanks(
            judgements.languages,
            judgements.query_ids,
            judgements.corpus_sizes,
            *columns[:5],  # type: ignore[call-arg]
            Counts(*columns[5 : 5 + n_counts]),
            Counts(*columns[5 + n_counts :]),
        ),
        TopLists(*(np.concatenate(column) for column in zip(*heads, strict=True))),
    )


class _Block(NamedTuple):
    query_language: Ints
    query: Ints
    passage_language: Ints
    position: Ints
    grade: Ints
    own_above: Ints
    own_tied: Ints
    own_tied_before: Ints
    own_gold_before: Ints
    pool_above: Ints
    pool_tied: Ints
    pool_tied_before: Ints
    pool_gold_before: Ints


def _no_block(judgements: Judgements) -> _Block:
    empty = np.empty(0, dtype=np.int64)
    return _Block(*[empty] * len(_Block._fields))


def _no_heads(depth: int) -> TopLists:
    empty = np.empty(0, dtype=np.int64)
    return TopLists(empty, empty, np.empty((0, depth), np.int32), np.empty((0, depth), np.float32))


def _ranked_block(block: Floats, queries: Ints, judgements: Judgements) -> _Block:
    """The gold rows of a block; `query_language` is left to the caller."""
    asked = np.flatnonzero(queries >= 0)
    first = judgements.gold_starts[queries[asked]]
    counts = judgements.gold_starts[queries[asked] + 1] - first
    row = np.repeat(asked, counts)
    lists = np.repeat(np.arange(len(asked)), counts)
    ends = np.cumsum(counts)
    gold = np.repeat(first - (ends - counts), counts) + np.arange(len(row))
    position = judgements.positions[gold]
    language = judgements.language_of(position)
    score = block[row, position]

    pool_above, pool_reach = _pool_counts(block, row, score)
    own_above, own_reach = _own_counts(block, row, score, language, judgements.corpus_starts)
    pool_golds, pool_gold_before = _tied_golds(lists, score)
    own_golds, own_gold_before = _tied_golds(lists * len(judgements.languages) + language, score)
    pool_tied = pool_reach - pool_above - pool_golds
    own_tied = own_reach - own_above - own_golds
    starts = judgements.corpus_starts[language]
    return _Block(
        query_language=np.empty(0, dtype=np.int64),
        query=queries[row],
        passage_language=language,
        position=position,
        grade=judgements.grades[gold],
        own_above=own_above,
        own_tied=own_tied,
        own_tied_before=_equal_before(block, row, score, starts, position, own_tied)
        - np.where(own_tied > 0, own_gold_before, 0),
        own_gold_before=own_gold_before,
        pool_above=pool_above,
        pool_tied=pool_tied,
        pool_tied_before=_equal_before(block, row, score, 0 * starts, position, pool_tied)
        - np.where(pool_tied > 0, pool_gold_before, 0),
        pool_gold_before=pool_gold_before,
    )


def _pool_counts(block: Floats, row: Ints, score: Floats) -> tuple[Ints, Ints]:
    """For each gold: candidates of the whole row above it, and at or above it."""
    above = np.empty(len(row), dtype=np.int64)
    reach = np.empty(len(row), dtype=np.int64)
    bounds = np.searchsorted(row, np.arange(len(block) + 1))
    for r, line in enumerate(block):
        begin, end = int(bounds[r]), int(bounds[r + 1])
        if begin == end:
            continue
        golds = score[begin:end]
        # What scores below all golds counts for none: a good encoder leaves little to count.
        counted = line >= golds.min()
        if np.count_nonzero(counted) < len(line) // 4:
            line = line[counted]
        if end - begin >= SORT_FROM:
            line = np.sort(line)
            above[begin:end] = len(line) - line.searchsorted(golds, "right")
            reach[begin:end] = len(line) - line.searchsorted(golds, "left")
        else:
            for g in range(begin, end):
                above[g] = np.count_nonzero(line > score[g])
                reach[g] = np.count_nonzero(line >= score[g])
    return above, reach


def _own_counts(
    block: Floats, row: Ints, score: Floats, language: Ints, corpus_starts: Ints
) -> tuple[Ints, Ints]:
    """For each gold: candidates of its own language above it, and at or above it."""
    above = np.empty(len(row), dtype=np.int64)
    reach = np.empty(len(row), dtype=np.int64)
    every_row = np.arange(len(block))
    for y in np.unique(language):
        segment = block[:, corpus_starts[y] : corpus_starts[y + 1]]
        of_language = np.flatnonzero(language == y)
        # At most one block's worth of rows at a time: many golds a query must not multiply memory.
        for begin in range(0, len(of_language), len(block)):
            golds = of_language[begin : begin + len(block)]
            whole = len(golds) == len(block) and np.array_equal(row[golds], every_row)
            lines = segment if whole else segment[row[golds]]
            limits = score[golds, None]
            above[golds] = _true_counts(lines > limits)
            reach[golds] = _true_counts(lines >= limits)
    return above, reach


def _true_counts(flags: NDArray[np.bool_]) -> Ints:
    """True values in each row; summing bytes is twice as fast as summing booleans."""
    counts: Ints = flags.view(np.uint8).sum(axis=1, dtype=np.uint32).astype(np.int64)
    return counts


def _tied_golds(lists: Ints, score: Floats) -> tuple[Ints, Ints]:
    """Golds of the same list with the same score (itself included), and those before it.

    Golds come in the order of their positions, so a stable sort keeps the lower position first.
    """
    order = np.lexsort((score, lists))
    if not len(order):
        return order, order
    list_, value = lists[order], score[order]
    new = (list_[1:] != list_[:-1]) | (value[1:] != value[:-1])
    starts = np.flatnonzero(np.concatenate([[True], new]))
    sizes = np.diff(np.append(starts, len(order)))
    together = np.empty(len(order), dtype=np.int64)
    before = np.empty(len(order), dtype=np.int64)
    together[order] = np.repeat(sizes, sizes)
    before[order] = np.arange(len(order)) - np.repeat(starts, sizes)
    return together, before


def _equal_before(
    block: Floats, row: Ints, score: Floats, starts: Ints, position: Ints, tied: Ints
) -> Ints:
    """Candidates equal to a gold in [start, position); 0 where no other candidate ties."""
    equal = np.zeros(len(row), dtype=np.int64)
    for g in np.flatnonzero(tied > 0):
        equal[g] = np.count_nonzero(block[row[g], starts[g] : position[g]] == score[g])
    return equal


def _heads(block: Floats, language: int, start: int, depth: int) -> TopLists:
    n, size = block.shape
    positions = np.empty((n, depth), dtype=np.int32)
    scores = np.empty((n, depth), dtype=np.float32)
    # The k-th best of a sample is at most the k-th best of all, so what reaches the depth-th of
    # the sample holds the head. A quarter of that depth nearly always suffices for one in eight,
    # and leaves less to sort; partitioning whole rows would cost five times as much.
    stride, guesses = (8, (depth // 4, depth)) if size >= 16 * depth >= 64 else (1, (depth,))
    for r, line in enumerate(block if depth else ()):
        sample = np.sort(line[::stride])
        for nth in guesses:
            reached = np.flatnonzero(line >= sample[-nth])
            if len(reached) >= depth:
                break
        values = line[reached]
        if len(reached) > 4 * depth:
            # Sorted, not partitioned: thousands of equal scores make a partition slow.
            last = np.sort(values)[len(values) - depth]
            kept = values > last
            kept[np.flatnonzero(values == last)[: depth - np.count_nonzero(kept)]] = True
            reached, values = reached[kept], values[kept]
        order = np.argsort(-values, kind="stable")[:depth]
        positions[r], scores[r] = reached[order], values[order]
    return TopLists(np.full(n, language), np.arange(start, start + n), positions, scores)


def columns_of(ranks: GoldRanks) -> dict[str, Ints]:
    """The arrays of the table by column name, as `ranks.parquet` stores them."""
    plain = ("query_language", "query", "passage_language", "position", "grade")
    columns = {f.name: getattr(ranks, f.name) for f in fields(ranks) if f.name in plain}
    for kind in ("own", "pool"):
        counts: Counts = getattr(ranks, kind)
        columns |= {f"{kind}_{name}": value for name, value in counts._asdict().items()}
    return columns
