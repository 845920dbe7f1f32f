"""Means over queries, pairs and languages: the figures of `evaluation.json`."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lingweave import bias
from lingweave.metrics import MEASURES
from lingweave.per_query import language_means, per_query
from lingweave.ranks import GoldRanks, TieRule, optimistic, pessimistic

Values = NDArray[np.float64]


def summary_of(ranks: GoldRanks, rule: TieRule) -> dict[str, Any]:
    """`macro`, `per_language` and `pairs`: fractions from 0 to 1, None where undefined.

    A language's or pair's figure is the mean over its queries; cross of a language is the mean
    over the other passage languages; macro is the mean over languages.
    """
    languages, n = ranks.languages, len(ranks.languages)
    pairs, pools = per_query(ranks, rule)
    cells = language_means(pairs.values, pairs.query_language * n + pairs.passage_language, n * n)
    grid = cells.reshape(n, n, len(MEASURES))
    off_diagonal = np.where(np.eye(n, dtype=bool)[:, :, None], np.nan, grid)
    settings = {
        "mono": grid[np.arange(n), np.arange(n)],
        "cross": _known_mean(off_diagonal, axis=1),
        "multi": language_means(pools.values, pools.query_language, n),
    }
    biases = {
        name: language_means(values, pools.query_language, n)
        for name, values in (
            ("rank_distance", pools.rank_distance),
            ("rank_distance_ratio", pools.rank_distance_ratio),
            ("same_language_first", pools.same_language_first),
        )
    }
    return {
        "macro": {
            **{name: _metric_set(_known_mean(values, axis=0)) for name, values in settings.items()},
            **{name: _number(_known_mean(values, axis=0)) for name, values in biases.items()},
        },
        "per_language": {
            language: {
                **{name: _metric_set(values[x]) for name, values in settings.items()},
                **{name: _number(values[x]) for name, values in biases.items()},
            }
            for x, language in enumerate(languages)
        },
        "pairs": {
            asked: {passage: _metric_set(grid[x, y]) for y, passage in enumerate(languages)}
            for x, asked in enumerate(languages)
        },
    }


def tie_bounds_of(ranks: GoldRanks) -> dict[str, Any]:
    """What the tie rule could change: macro figures under both bounds, and rank distance's own.

    `rank_distance` has the smallest and largest distance that any order of equals gives, which
    lie outside those of the two rules: see `bias.rank_distance_bounds`.
    """
    bounds = bias.rank_distance_bounds(ranks)
    _, pools = per_query(ranks, pessimistic)
    n = len(ranks.languages)
    return {
        "optimistic": summary_of(ranks, optimistic)["macro"],
        "pessimistic": summary_of(ranks, pessimistic)["macro"],
        "rank_distance": {
            name: _number(_known_mean(language_means(values, pools.query_language, n), axis=0))
            for name, values in bounds._asdict().items()
        },
        "tied_golds": _number(bias.tied_share(ranks)),
    }


def _known_mean(values: Values, axis: int) -> Values:
    known = ~np.isnan(values)
    counts = known.sum(axis=axis)
    totals = np.where(known, values, 0.0).sum(axis=axis)
    return np.where(counts > 0, totals / np.maximum(counts, 1), np.nan)


def _metric_set(values: Values) -> dict[str, float | None]:
    return {m.name: _number(v) for m, v in zip(MEASURES, values, strict=True)}


def _number(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)
