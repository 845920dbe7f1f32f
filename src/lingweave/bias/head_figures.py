"""Bias figures of the heads of pool lists: no relevance judgement needed."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from lingweave.bias.figure import (
    OURS,
    Cells,
    HeadFigure,
    Values,
    distance_of,
    itself,
    mean_of,
    over_queries,
)
from lingweave.bias.heads import (
    Heads,
    corpus_shares,
    language_shares,
    nothing_in_common,
    rank_correlations,
)


@lru_cache
def _shares(k: int) -> Callable[[Heads], Cells]:
    def cells(heads: Heads) -> Cells:
        size = len(heads.languages)
        pair = heads.query_language[:, None] * size + np.arange(size)
        values = language_shares(heads, k)
        chance = np.broadcast_to(corpus_shares(heads), values.shape)
        query = np.broadcast_to(heads.query[:, None], values.shape)
        return Cells(pair.ravel(), query.ravel(), values.ravel(), chance.ravel())

    return cells


@lru_cache
def _correlation(k: int) -> Callable[[Heads], Cells]:
    def cells(heads: Heads) -> Cells:
        values = rank_correlations(heads, k)
        floor = nothing_in_common(min(k, heads.depth))
        return Cells(
            heads.query_language, heads.query, values, np.where(np.isnan(values), np.nan, floor)
        )

    return cells


def _diagonal(means: Values) -> Values:
    return np.asarray(np.diagonal(means, axis1=-2, axis2=-1))


def mrc_at(k: int) -> HeadFigure:
    """MRC@k: the mean Spearman correlation between the lists of parallel queries.

    The paper's text, as its abstract and reviews give it, correlates the rankings of parallel
    queries and takes means over the other languages, then over queries. How lists cut at k are
    compared is not said there; here, as in the code of arXiv 2605.31171, over the union of both
    heads. See `heads.rank_correlations` for passages that a list does not hold.
    """
    return HeadFigure(
        name=f"mrc_at_{k}",
        meaning=f"Spearman correlation of the first {k} between translations of a query",
        source="arXiv 2509.06195 (MRC@k); union of heads as in the code of arXiv 2605.31171",
        unit="correlation",
        better="higher",
        by="query language",
        shape="languages",
        breakdown=itself,
        value=mean_of(itself),
        users=lambda told: (
            f"The same question asked in two languages gives lists that correlate by"
            f" {told.value:+.2f} (1: the same list; {told.chance:+.2f}: nothing in common)."
            f" Furthest from the others: {told.lowest}."
        ),
        cells=_correlation(k),
    )


def own_language_share(k: int) -> HeadFigure:
    """The share of the query's own language among the first k."""
    return HeadFigure(
        name=f"own_language_share_at_{k}",
        meaning=f"the share of the query's own language among the first {k}",
        source=OURS,
        unit="share",
        better="chance",
        by="query language",
        shape="pairs",
        breakdown=_diagonal,
        value=mean_of(_diagonal),
        users=lambda told: (
            f"{told.value:.0%} of the first {k} results are in the searcher's own language, which"
            f" makes up {told.chance:.0%} of the corpus."
        ),
        cells=_shares(k),
    )


def language_share(k: int) -> HeadFigure:
    """The share of each language among the first k, and how far that is from the corpus."""
    return HeadFigure(
        name=f"language_share_at_{k}",
        meaning=(
            f"the share of the first {k} that would have to change language to be as mixed as the"
            " corpus; by language: its share of them"
        ),
        source=OURS,
        unit="share",
        better="lower",
        by="passage language",
        shape="pairs",
        breakdown=over_queries,
        value=distance_of(over_queries),
        users=lambda told: (
            f"Over queries in all languages, {told.value:.0%} of the first {k} results would have"
            f" to be in another language to mirror the corpus; most of them are in {told.highest},"
            f" fewest in {told.lowest}."
        ),
        cells=_shares(k),
    )
