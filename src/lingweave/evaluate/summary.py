"""Means over queries, pairs and languages: the figures of `evaluation.json`."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lingweave import bias
from lingweave.metrics import MEASURES
from lingweave.per_query import Pairs, Pools, language_means, per_query
from lingweave.ranks import TIE_RULES, GoldRanks, TieRule

Values = NDArray[np.float64]
BIASES = ("rank_distance", "rank_distance_ratio", "same_language_first")


class Means:
    """The figures under one tie rule, from the values of one query language after another."""

    def __init__(self, languages: tuple[str, ...]) -> None:
        n = len(languages)
        self.languages = languages
        self._grid = np.full((n, n, len(MEASURES)), np.nan)
        self._multi = np.full((n, len(MEASURES)), np.nan)
        self._biases = {name: np.full(n, np.nan) for name in BIASES}

    def add(self, pairs: Pairs, pools: Pools) -> None:
        """Takes up all values of some query languages."""
        n = len(self.languages)
        asked = np.unique(pools.query_language)
        cells = pairs.query_language * n + pairs.passage_language
        self._grid[asked] = language_means(pairs.values, cells, n * n).reshape(n, n, -1)[asked]
        self._multi[asked] = language_means(pools.values, pools.query_language, n)[asked]
        for name, means in self._biases.items():
            means[asked] = language_means(getattr(pools, name), pools.query_language, n)[asked]

    def figures(self) -> dict[str, Any]:
        """`macro`, `per_language` and `pairs`: fractions from 0 to 1, None where undefined.

        A language's or pair's figure is the mean over its queries; cross of a language is the mean
        over the other passage languages; macro is the mean over languages.
        """
        settings = self._settings()
        return {
            "macro": self.macro(),
            "per_language": {
                language: {
                    **{name: _metric_set(values[x]) for name, values in settings.items()},
                    **{name: _number(values[x]) for name, values in self._biases.items()},
                }
                for x, language in enumerate(self.languages)
            },
            "pairs": {
                asked: {
                    passage: _metric_set(self._grid[x, y])
                    for y, passage in enumerate(self.languages)
                }
                for x, asked in enumerate(self.languages)
            },
        }

    def macro(self) -> dict[str, Any]:
        """The means over languages alone."""
        return {
            **{
                name: _metric_set(known_mean(values, axis=0))
                for name, values in self._settings().items()
            },
            **{name: _number(known_mean(values, axis=0)) for name, values in self._biases.items()},
        }

    def _settings(self) -> dict[str, Values]:
        n = len(self.languages)
        off_diagonal = np.where(np.eye(n, dtype=bool)[:, :, None], np.nan, self._grid)
        return {
            "mono": self._grid[np.arange(n), np.arange(n)],
            "cross": known_mean(off_diagonal, axis=1),
            "multi": self._multi,
        }


class Summary:
    """The figures of an evaluation under its tie rule, and what another rule would make of them.

    Fed one query language at a time, so that the rows of all need never be in memory together.
    """

    def __init__(self, languages: tuple[str, ...], ties: str) -> None:
        self.ties = ties
        self._means = {
            rule: Means(languages) for rule in dict.fromkeys((ties, "optimistic", "pessimistic"))
        }
        self._distances = bias.DistanceBounds(*(np.full((2, len(languages)), np.nan)))
        self._tied, self._golds = 0, 0

    def add(self, ranks: GoldRanks) -> None:
        """Takes up all golds of some query languages."""
        rules = {name: TIE_RULES[name] for name in self._means}
        values = values_by_rule(ranks, rules)
        for name, means in self._means.items():
            means.add(*values[name])
        asked = next(iter(values.values()))[1].query_language
        n = len(ranks.languages)
        bounds = bias.rank_distance_bounds(ranks)
        for known, found in zip(self._distances, bounds, strict=True):
            means_ = language_means(found, asked, n)
            known[np.unique(asked)] = means_[np.unique(asked)]
        if len(ranks):
            self._tied += round(bias.tied_share(ranks) * len(ranks))
            self._golds += len(ranks)

    def figures(self) -> dict[str, Any]:
        """`macro`, `per_language` and `pairs` under the evaluation's rule."""
        return self._means[self.ties].figures()

    def tie_bounds(self) -> dict[str, Any]:
        """What the tie rule could change: macro figures under both bounds, and rank distance's own.

        `rank_distance` has the smallest and largest distance that any order of equals gives, which
        lie outside those of the two rules: see `bias.rank_distance_bounds`.
        """
        return {
            "optimistic": self._means["optimistic"].macro(),
            "pessimistic": self._means["pessimistic"].macro(),
            "rank_distance": {
                name: _number(known_mean(values, axis=0))
                for name, values in self._distances._asdict().items()
            },
            "tied_golds": _number(self._tied / self._golds if self._golds else np.nan),
        }


def summary_of(ranks: GoldRanks, rule: TieRule) -> dict[str, Any]:
    """`Means.figures` of a whole table under a tie rule."""
    means = Means(ranks.languages)
    means.add(*per_query(ranks, rule))
    return means.figures()


def values_by_rule(
    ranks: GoldRanks, rules: Mapping[str, TieRule]
) -> dict[str, tuple[Pairs, Pools]]:
    """`per_query` under several rules; those that give the same ranks share one computation."""
    found: list[tuple[tuple[NDArray[np.int64], NDArray[np.int64]], tuple[Pairs, Pools]]] = []
    values = {}
    for name, rule in rules.items():
        own, pool = rule(ranks.own), rule(ranks.pool)
        for known, result in found:
            if np.array_equal(own, known[0]) and np.array_equal(pool, known[1]):
                values[name] = result
                break
        else:
            values[name] = per_query(ranks, rule)
            found.append(((own, pool), values[name]))
    return values


def known_mean(values: Values, axis: int) -> Values:
    """The mean of what is not NaN; NaN where all is."""
    known = ~np.isnan(values)
    counts = known.sum(axis=axis)
    totals = np.where(known, values, 0.0).sum(axis=axis)
    return np.where(counts > 0, totals / np.maximum(counts, 1), np.nan)


def _metric_set(values: Values) -> dict[str, float | None]:
    return {m.name: _number(v) for m, v in zip(MEASURES, values, strict=True)}


def _number(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)
