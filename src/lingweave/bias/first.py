"""Which language's answer stands first."""

import numpy as np
from numpy.typing import NDArray

from lingweave.bias.distance import pool_lists
from lingweave.metrics import RelevantRanks, as_floats
from lingweave.ranks import GoldRanks

Values = NDArray[np.float64]


def same_language_first(ranks: GoldRanks) -> Values:
    """(lists,) whether the answer in the query's language stands first among all its answers.

    If m answers tie for first, those in the query's language count 1/m each. Chance is 1/L for L
    parallel answers. NaN where the query has no answer in its own language, or in no other.
    """
    own_language = as_floats(ranks.passage_language == ranks.query_language)
    golds, _ = pool_lists(ranks, ranks.pool.above)
    order = np.lexsort((ranks.pool.above, ranks.query, ranks.query_language))
    own = own_language[order]
    first = as_floats(golds.ranks == np.repeat(golds.ranks[golds.starts], golds.relevant))
    share = golds.total(first * own) / golds.total(first)
    n_own = golds.total(own)
    return np.where((n_own > 0) & (n_own < golds.relevant), share, np.nan)


def first_by_chance(golds: RelevantRanks, own_language: NDArray[np.bool_]) -> Values:
    """(lists,) the share of a query's answers that are in its own language: 1/m of m parallel ones.

    Args:
        golds: The lists.
        own_language: (golds,) in the order of the lists, whether a gold is in the query's language.
    """
    own = golds.total(as_floats(own_language))
    return np.where((own > 0) & (own < golds.relevant), own / golds.relevant, np.nan)
