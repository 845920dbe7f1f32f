"""Exact ranks of every gold passage, in its own language's corpus and in the pool, in one pass.

The scores come from a callable, a block of query rows against the whole pool at a time, so dense
vectors and sparse TF-IDF share the pass and memory stays bounded; a corpus past memory comes a
block of the pool at a time (`streamed`). Both go query language by query language. What is stored
is free of any tie rule: how many candidates stand above a gold and how many equal it. The rank
under a rule is a sum of these counts, and every measure is a function of ranks.
"""

from lingweave.ranks.golds import (
    TIE_RULES,
    Counts,
    GoldRanks,
    LanguageRanks,
    TieRule,
    TopLists,
    by_index,
    columns_of,
    joined_lists,
    joined_ranks,
    optimistic,
    pessimistic,
)
from lingweave.ranks.in_memory import TOP, ScoreBlock, gold_ranks, ranks_by_language

__all__ = [
    "TIE_RULES",
    "TOP",
    "Counts",
    "GoldRanks",
    "LanguageRanks",
    "ScoreBlock",
    "TieRule",
    "TopLists",
    "by_index",
    "columns_of",
    "gold_ranks",
    "joined_lists",
    "joined_ranks",
    "optimistic",
    "pessimistic",
    "ranks_by_language",
]
