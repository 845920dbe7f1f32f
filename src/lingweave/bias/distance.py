"""How far a query's parallel answers stand apart in the pool.

Rank distance is that of arXiv 2408.10536 (section 4): how far the last of a query's parallel
answers stands behind the first. It says nothing about quality: read it beside mAP.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lingweave.metrics import RelevantRanks, relevant_ranks
from lingweave.ranks import GoldRanks

Ints = NDArray[np.int64]
Values = NDArray[np.float64]


def rank_distance(golds: RelevantRanks) -> Values:
    """(lists,) r_R - r_1, in ranks; NaN with a single relevant passage."""
    last = golds.ranks[golds.starts + golds.relevant - 1]
    return np.where(golds.relevant > 1, 1.0 * (last - golds.ranks[golds.starts]), np.nan)


def expected_rank_distance(relevant: Ints, size: int) -> Values:
    """The mean rank distance of a random ranking of `size` candidates: (R-1)/(R+1) (N+1)."""
    expected = (relevant - 1) / (relevant + 1) * (size + 1)
    return np.where(relevant > 1, expected, np.nan)


def last_rank(golds: RelevantRanks) -> Values:
    """(lists,) r_R: how far down the list all relevant passages have been found."""
    last = golds.ranks[golds.starts + golds.relevant - 1]
    return np.asarray(last, dtype=np.float64)


def expected_last_rank(relevant: Ints, size: int) -> Values:
    """The mean last rank in a random ranking of `size` candidates: R/(R+1) (N+1)."""
    return np.asarray(relevant / (relevant + 1) * (size + 1))


class DistanceBounds(NamedTuple):
    """The rank distance if all ties fell the most and the least favourable way."""

    low: Values
    """(lists,) the smallest distance that any order of the equals gives."""
    high: Values
    """(lists,) the largest."""


def rank_distance_bounds(ranks: GoldRanks) -> DistanceBounds:
    """The true bounds of each pool list's rank distance, in the order of `pool_lists`.

    Not the distances under the optimistic and pessimistic rule: those move all golds together,
    so a constant encoder has R - 1 under both, while its equals can stand in any order.
    """
    last_of_equals = ranks.pool.above + ranks.pool.gold_before
    # The best gold: at the head of its equals, or behind those that are not gold.
    golds, _ = pool_lists(ranks, 1 + ranks.pool.above)
    head = golds.ranks[golds.starts]
    behind, _ = pool_lists(ranks, 1 + ranks.pool.above + ranks.pool.tied)
    first = behind.ranks[behind.starts]
    # The last gold: directly behind the golds it ties with, or behind all of its equals.
    ends = golds.starts + golds.relevant - 1
    early, _ = pool_lists(ranks, 1 + last_of_equals)
    late, _ = pool_lists(ranks, 1 + last_of_equals + ranks.pool.tied)
    one_group = golds.ranks[golds.starts] == golds.ranks[ends]
    low = np.where(one_group, golds.relevant - 1, early.ranks[ends] - first)
    high = late.ranks[ends] - head
    several = golds.relevant > 1
    return DistanceBounds(
        np.where(several, 1.0 * low, np.nan), np.where(several, 1.0 * high, np.nan)
    )


def tied_share(ranks: GoldRanks) -> float:
    """The share of golds that tie with another candidate of the pool, gold or not."""
    if not len(ranks):
        return float("nan")
    order = np.lexsort((ranks.pool.above, ranks.query, ranks.query_language))
    columns = np.stack([ranks.query_language, ranks.query, ranks.pool.above])[:, order]
    same = (columns[:, 1:] == columns[:, :-1]).all(axis=0)
    with_gold = np.append(same, False) | np.insert(same, 0, False)
    return float(np.mean(with_gold | (ranks.pool.tied[order] > 0)))


def pool_lists(ranks: GoldRanks, values: Ints) -> tuple[RelevantRanks, Ints]:
    """Golds grouped into pool lists by a value each, and for each list the place of one gold."""
    return relevant_ranks((ranks.query_language, ranks.query), values, ranks.grade)
