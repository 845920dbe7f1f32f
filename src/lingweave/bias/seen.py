"""Gold ranks grouped as bias figures need them: made once, asked by several figures."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lingweave.metrics import RelevantRanks, relevant_ranks
from lingweave.ranks import Counts, GoldRanks, TieRule

Ints = NDArray[np.int64]


class Lists(NamedTuple):
    """Ranks of relevant passages list by list, and whose lists they are."""

    golds: RelevantRanks
    """The ranks, ragged."""
    query_language: Ints
    """(lists,) index of the language asked in."""
    passage_language: Ints
    """(lists,) index of the golds' language; of any gold's where a list is the pool's."""
    query: Ints
    """(lists,) index into the query ids."""
    order: Ints
    """(golds,) the row of the gold ranks that each of `golds` was."""


@dataclass(frozen=True)
class Seen:
    """Gold ranks under a tie rule; of one query language, or of all."""

    ranks: GoldRanks
    """Where golds stand."""
    rule: TieRule
    """What a tie is worth."""

    @cached_property
    def pool(self) -> Lists:
        """A list a query and query language, ranked in the pool."""
        keys = (self.ranks.query_language, self.ranks.query)
        return self._lists(keys, self.ranks.pool)

    @cached_property
    def pool_by_language(self) -> Lists:
        """The same pool ranks, a list for each language of the golds."""
        return self._lists(self._pair_keys(), self.ranks.pool)

    @cached_property
    def pairs(self) -> Lists:
        """A list a query, query language and passage language, ranked in that language's corpus."""
        return self._lists(self._pair_keys(), self.ranks.own)

    def _pair_keys(self) -> tuple[Ints, ...]:
        return self.ranks.query_language, self.ranks.passage_language, self.ranks.query

    def _lists(self, keys: tuple[Ints, ...], counts: Counts) -> Lists:
        values = self.rule(counts)
        golds, one = relevant_ranks(keys, values, self.ranks.grade)
        return Lists(
            golds,
            self.ranks.query_language[one],
            self.ranks.passage_language[one],
            self.ranks.query[one],
            np.lexsort((values, *reversed(keys))),
        )
