"""Gold ranks grouped as bias figures need them: made once, asked by several figures."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
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


def by_query_language(ranks: GoldRanks) -> Iterator[GoldRanks]:
    """The rows of one query language after another: views, nothing is copied.

    Rows stand in the order of query languages, as the ranking pass makes them.
    """
    bounds = np.searchsorted(ranks.query_language, np.arange(len(ranks.languages) + 1))
    for begin, end in pairwise(bounds):
        if begin < end:
            rows = slice(int(begin), int(end))
            yield replace(
                ranks,
                query_language=ranks.query_language[rows],
                query=ranks.query[rows],
                passage_language=ranks.passage_language[rows],
                position=ranks.position[rows],
                grade=ranks.grade[rows],
                own=Counts(*(column[rows] for column in ranks.own)),
                pool=Counts(*(column[rows] for column in ranks.pool)),
            )
