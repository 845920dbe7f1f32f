"""Bias figures of where golds stand. docs/bias.md says how to read each."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from lingweave.bias.distance import (
    expected_last_rank,
    expected_rank_distance,
    last_rank,
    rank_distance,
)
from lingweave.bias.figure import (
    OURS,
    Cells,
    RankFigure,
    Values,
    itself,
    known_mean,
    mean_of,
    over_queries,
    spread_of,
)
from lingweave.bias.first import first_by_chance, same_language_first
from lingweave.bias.seen import Seen
from lingweave.metrics import average_precision, recall_at

HYBRID = "arXiv 2408.10536, section 4"


def _distance(seen: Seen) -> Cells:
    lists = seen.pool
    expected = expected_rank_distance(lists.golds.relevant, seen.ranks.pool_size)
    return Cells(lists.query_language, lists.query, rank_distance(lists.golds), expected)


def _distance_ratio(seen: Seen) -> Cells:
    cells = _distance(seen)
    ratio = cells.values / cells.chance
    return cells._replace(values=ratio, chance=np.where(np.isnan(ratio), np.nan, 1.0))


def _last_rank(seen: Seen) -> Cells:
    lists = seen.pool
    several = lists.golds.relevant > 1
    expected = expected_last_rank(lists.golds.relevant, seen.ranks.pool_size)
    return Cells(
        lists.query_language,
        lists.query,
        np.where(several, last_rank(lists.golds), np.nan),
        np.where(several, expected, np.nan),
    )


def _first(seen: Seen) -> Cells:
    lists = seen.pool
    own = (seen.ranks.passage_language == seen.ranks.query_language)[lists.order]
    return Cells(
        lists.query_language,
        lists.query,
        same_language_first(seen.ranks),
        first_by_chance(lists.golds, own),
    )


@lru_cache
def _recall(k: int) -> Callable[[Seen], Cells]:
    def cells(seen: Seen) -> Cells:
        lists = seen.pool_by_language
        values = recall_at(k).of(lists.golds)
        chance = min(1.0, k / max(seen.ranks.pool_size, 1))
        pair = lists.query_language * len(seen.ranks.languages) + lists.passage_language
        return Cells(pair, lists.query, values, np.full(len(values), chance))

    return cells


def _pair_map(seen: Seen) -> Cells:
    lists = seen.pairs
    values = average_precision(lists.golds)
    pair = lists.query_language * len(seen.ranks.languages) + lists.passage_language
    # Differences of mAP are zero at chance, whatever mAP itself is.
    return Cells(pair, lists.query, values, np.zeros(len(values)))


def _differences(means: Values) -> Values:
    """(..., L) the mean over the other languages of |x->y minus y->x|."""
    gaps = np.abs(means - np.swapaxes(means, -1, -2))
    off = np.where(np.eye(means.shape[-1], dtype=bool), np.nan, gaps)
    return known_mean(off)


def _pivot(p: int) -> Callable[[Values], Values]:
    def differences(means: Values) -> Values:
        gaps = means[..., :, p] - means[..., p, :]
        gaps[..., p] = np.nan
        return np.asarray(gaps)

    return differences


RANK_DISTANCE = RankFigure(
    name="rank_distance",
    meaning="how many places lie between the first and the last translation of the answer",
    source=HYBRID,
    unit="ranks",
    better="lower",
    by="query language",
    shape="languages",
    breakdown=itself,
    value=mean_of(itself),
    users=lambda told: (
        f"The last translation of an answer stands {told.value:,.0f} places behind the first; in a"
        f" random order it would be {told.chance:,.0f}."
        + (f" Worst for queries in {told.highest}." if told.uneven else "")
    ),
    cells=_distance,
)
RANK_DISTANCE_RATIO = RankFigure(
    name="rank_distance_ratio",
    meaning="rank distance against that of a random ranking of as many passages",
    source=f"{HYBRID}; expectation: this project",
    unit="ratio",
    better="lower",
    by="query language",
    shape="languages",
    breakdown=itself,
    value=mean_of(itself),
    users=lambda told: (
        f"Translations of one answer stand {told.value:.2f} times as far apart as in a random order"
        " (0 is together, 1 is random, above 1 is worse than random)."
    ),
    cells=_distance_ratio,
)
MAX_AT_R = RankFigure(
    name="max_at_r",
    meaning="how far down the list every translation of the answer has been found",
    source="arXiv 2604.05684 (Max@R), in the pool of all languages",
    unit="ranks",
    better="lower",
    by="query language",
    shape="languages",
    breakdown=itself,
    value=mean_of(itself),
    users=lambda told: (
        f"To see an answer in every language it exists in, one has to read {told.value:,.0f}"
        f" results; a random order would take {told.chance:,.0f}."
    ),
    cells=_last_rank,
)
SAME_LANGUAGE_FIRST = RankFigure(
    name="same_language_first",
    meaning="how often the translation in the query's own language is the first to appear",
    source=f"LAReQA (arXiv 2004.05484) asks for it; rate and chance level: {OURS}",
    unit="share",
    better="chance",
    by="query language",
    shape="languages",
    breakdown=itself,
    value=mean_of(itself),
    users=lambda told: (
        f"The answer in the searcher's own language comes before its translations for"
        f" {told.value:.0%} of queries; without any preference it would be {told.chance:.0%}."
        + (f" Strongest for {told.highest}, weakest for {told.lowest}." if told.uneven else "")
    ),
    cells=_first,
)


def recall_by_language(k: int) -> RankFigure:
    """R@k in the pool of the golds of each language, whatever the query's language."""
    return RankFigure(
        name=f"recall_at_{k}_by_passage_language",
        meaning=f"the share of a language's answers among the first {k} of the pool",
        source=OURS,
        unit="share",
        better="higher",
        by="passage language",
        shape="pairs",
        breakdown=over_queries,
        value=mean_of(over_queries),
        users=lambda told: (
            f"Of the answers written in a language, {told.value:.1%} reach the first {k} results."
            + (f" Most visible: {told.highest}; least: {told.lowest}." if told.uneven else "")
        ),
        cells=_recall(k),
    )


def recall_gap(k: int) -> RankFigure:
    """The best passage language's R@k in the pool minus the worst one's."""
    return RankFigure(
        name=f"recall_at_{k}_gap",
        meaning=f"R@{k} of the most visible passage language minus that of the least visible",
        source=OURS,
        unit="difference",
        better="lower",
        by="passage language",
        shape="pairs",
        breakdown=over_queries,
        value=spread_of(over_queries),
        users=lambda told: (
            f"An answer written in {told.highest} is {100 * told.value:.1f} points more likely to"
            f" reach the first {k} results than the same answer in {told.lowest}."
            if told.uneven
            else f"Answers in all languages are as likely to reach the first {k} results."
        ),
        cells=_recall(k),
    )


DIRECTION_ASYMMETRY = RankFigure(
    name="direction_asymmetry",
    meaning="mean |mAP(x→y) − mAP(y→x)| over pairs of languages",
    source=OURS,
    unit="difference",
    better="lower",
    by="query language",
    shape="pairs",
    breakdown=_differences,
    value=mean_of(_differences),
    users=lambda told: (
        f"Searching from one language into another works {100 * told.value:.1f} points of mAP"
        f" better in one direction than in the other. Most uneven: {told.highest}."
    ),
    cells=_pair_map,
)


def direction_to(pivot: str, languages: tuple[str, ...]) -> RankFigure:
    """mAP(x -> pivot) minus mAP(pivot -> x), by x.

    Args:
        pivot: The language that all directions lead to, most often "en".
        languages: The languages of the evaluation, which must hold it.
    """
    by_language = _pivot(languages.index(pivot))
    return RankFigure(
        name=f"direction_to_{pivot}",
        meaning=f"mean mAP(x→{pivot}) − mAP({pivot}→x) over the other languages x",
        source=OURS,
        unit="difference",
        better="zero",
        by="query language",
        shape="pairs",
        breakdown=by_language,
        value=mean_of(by_language),
        users=lambda told: (
            f"Queries in other languages find {pivot} answers {100 * abs(told.value):.1f} points of"
            f" mAP {'better' if told.value >= 0 else 'worse'} than {pivot} queries find theirs."
        ),
        cells=_pair_map,
    )
