"""The official measures of a benchmark: means over queries that its publishers report."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from lingweave.evaluate.evaluation import Evaluation
from lingweave.evaluate.summary import known_mean
from lingweave.metrics import Measure, measure_named, relevant_ranks
from lingweave.per_query import language_means
from lingweave.ranks import TIE_RULES
from lingweave.sources.named import Named


class OfficialMeans(NamedTuple):
    """Means of measures, by the measure's name."""

    settings: Mapping[str, Mapping[str, Mapping[str, float | None]]]
    """``mono``, ``cross`` and ``multi`` by measure: the mean of each query language that has one,
    cross of a language being that over the other passage languages, and ``all`` over those."""
    pairs: Mapping[str, Mapping[str, Mapping[str, float]]]
    """By measure, query language and passage language: the mean of each pair with gold."""


def official_measures(benchmark: Named) -> tuple[Measure, ...]:
    """Those of its measures that ranks tell; exact match and F1 need `lingweave.reading`."""
    found = (measure_named(name) for name in benchmark.metrics)
    return tuple(measure for measure in found if measure is not None)


def means_of(evaluation: Evaluation, measures: Sequence[Measure]) -> OfficialMeans:
    """Means of measures in every setting and of every pair of languages.

    A query without a relevant passage takes no part, as in trec_eval; Mr.TyDi's own script counts
    queries that a run leaves out as 0, and no query is left out here.

    Args:
        evaluation: what was measured; its ranks tell any measure.
        measures: which.
    """
    rule, n = TIE_RULES[evaluation.ties], len(evaluation.languages)
    pairs, multi = np.full((n * n, len(measures)), np.nan), np.full((n, len(measures)), np.nan)
    for part in evaluation.parts():
        pair = part.query_language * n + part.passage_language
        for means, cell, ranks in (
            (pairs, pair, rule(part.own)),
            (multi, part.query_language, rule(part.pool)),
        ):
            if len(part):
                lists, one = relevant_ranks((cell, part.query), ranks, part.grade)
                values = np.stack([measure.of(lists) for measure in measures], axis=1)
                found = language_means(values, cell[one], len(means))
                known = ~np.isnan(found)
                means[known] = found[known]
    grid = pairs.reshape(n, n, -1)
    others = np.where(np.eye(n, dtype=bool)[:, :, None], np.nan, grid)
    settings = {
        "mono": grid[np.arange(n), np.arange(n)],
        "cross": known_mean(others, axis=1),
        "multi": multi,
    }
    names = [measure.name for measure in measures]
    languages = evaluation.languages
    return OfficialMeans(
        {
            setting: {
                name: _with_all(languages, means[:, place]) for place, name in enumerate(names)
            }
            for setting, means in settings.items()
        },
        {
            name: {x: _named(languages, grid[i, :, place]) for i, x in enumerate(languages)}
            for place, name in enumerate(names)
        },
    )


def _named(languages: tuple[str, ...], values: np.ndarray) -> dict[str, float]:
    return {x: float(v) for x, v in zip(languages, values, strict=True) if not np.isnan(v)}


def _with_all(languages: tuple[str, ...], values: np.ndarray) -> dict[str, float | None]:
    known = _named(languages, values)
    return {"all": float(np.mean([*known.values()])) if known else None, **known}
