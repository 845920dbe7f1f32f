"""The values of every query, by language pair and in the pool: what means and bootstraps use."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lingweave import bias
from lingweave.metrics import relevant_ranks, values_of
from lingweave.ranks import GoldRanks, TieRule

Ints = NDArray[np.int64]
Values = NDArray[np.float64]


class Pairs(NamedTuple):
    """One row a query, query language and passage language in which the query has gold."""

    query_language: Ints
    """(n,) index into the evaluation's languages."""
    passage_language: Ints
    """(n,) index into the evaluation's languages."""
    query: Ints
    """(n,) index into the evaluation's query ids."""
    values: Values
    """(n, measures) in the order of `metrics.MEASURES`."""


class Pools(NamedTuple):
    """One row a query and query language, ranked in the pool of all languages."""

    query_language: Ints
    """(n,) index into the evaluation's languages."""
    query: Ints
    """(n,) index into the evaluation's query ids."""
    values: Values
    """(n, measures) in the order of `metrics.MEASURES`."""
    rank_distance: Values
    """(n,) in ranks; NaN with one relevant passage."""
    rank_distance_ratio: Values
    """(n,) observed to expected at random; NaN with one relevant passage."""
    same_language_first: Values
    """(n,) NaN without an answer in the query's language and one in another."""


def per_query(ranks: GoldRanks, rule: TieRule) -> tuple[Pairs, Pools]:
    """All values of every query under a tie rule, in the order of (language, [passage], query)."""
    asked, passage, query = ranks.query_language, ranks.passage_language, ranks.query
    golds, one = relevant_ranks((asked, passage, query), rule(ranks.own), ranks.grade)
    pairs = Pairs(asked[one], passage[one], query[one], values_of(golds))
    golds, one = relevant_ranks((asked, query), rule(ranks.pool), ranks.grade)
    distance = bias.rank_distance(golds)
    expected = bias.expected_rank_distance(golds.relevant, ranks.pool_size)
    pools = Pools(
        asked[one],
        query[one],
        values_of(golds),
        rank_distance=distance,
        rank_distance_ratio=distance / expected,
        same_language_first=bias.same_language_first(ranks),
    )
    return pairs, pools


def joined_values(parts: Iterable[tuple[Pairs, Pools]]) -> tuple[Pairs, Pools]:
    """The values of several query languages as one; at least one of them."""
    pairs, pools = zip(*parts, strict=True)
    return (
        Pairs(*(np.concatenate(column) for column in zip(*pairs, strict=True))),
        Pools(*(np.concatenate(column) for column in zip(*pools, strict=True))),
    )


def language_means(values: Values, language: Ints, n_languages: int) -> Values:
    """(n_languages, ...) the mean over the rows of each language that are not NaN; else NaN."""
    means = np.full((n_languages, *values.shape[1:]), np.nan)
    if (language[1:] < language[:-1]).any():
        order = np.argsort(language, kind="stable")
        values, language = values[order], language[order]
    present, starts = np.unique(language, return_index=True)
    for x, start, stop in zip(present, starts, np.append(starts, len(language))[1:], strict=True):
        rows = values[start:stop]
        known = ~np.isnan(rows)
        counts = known.sum(axis=0)
        means[x] = np.where(
            counts > 0, np.where(known, rows, 0.0).sum(axis=0) / np.maximum(counts, 1), np.nan
        )
    return means
