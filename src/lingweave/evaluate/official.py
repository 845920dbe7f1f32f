"""The official measures of a benchmark: means over queries that its publishers report."""

from collections.abc import Sequence

import numpy as np

from lingweave.evaluate.evaluation import Evaluation
from lingweave.metrics import Measure, measure_named, relevant_ranks
from lingweave.per_query import language_means
from lingweave.ranks import TIE_RULES
from lingweave.sources.named import Named


def official_measures(benchmark: Named) -> tuple[Measure, ...]:
    """Those of its measures that ranks tell; exact match and F1 need `lingweave.reading`."""
    found = (measure_named(name) for name in benchmark.metrics)
    return tuple(measure for measure in found if measure is not None)


def means_of(
    evaluation: Evaluation, measures: Sequence[Measure]
) -> dict[str, dict[str, dict[str, float | None]]]:
    """``mono`` and ``multi`` by measure: the mean of each query language, and ``all`` over those.

    A query without a relevant passage takes no part, as in trec_eval; Mr.TyDi's own script counts
    queries that a run leaves out as 0, and no query is left out here.

    Args:
        evaluation: what was measured; its ranks tell any measure.
        measures: which.
    """
    rule, n = TIE_RULES[evaluation.ties], len(evaluation.languages)
    means = {setting: np.full((n, len(measures)), np.nan) for setting in ("mono", "multi")}
    for part in evaluation.parts():
        own = part.passage_language == part.query_language
        for setting, ranks, chosen in (
            ("mono", rule(part.own), own),
            ("multi", rule(part.pool), np.ones(len(own), dtype=bool)),
        ):
            if not chosen.any():
                continue
            keys = (part.query_language[chosen], part.query[chosen])
            lists, one = relevant_ranks(keys, ranks[chosen], part.grade[chosen])
            values = np.stack([measure.of(lists) for measure in measures], axis=1)
            found = language_means(values, keys[0][one], n)
            known = ~np.isnan(found)
            means[setting][known] = found[known]
    return {
        setting: {
            measure.name: _named(evaluation.languages, found[:, place])
            for place, measure in enumerate(measures)
        }
        for setting, found in means.items()
    }


def _named(languages: tuple[str, ...], values: np.ndarray) -> dict[str, float | None]:
    known = {x: float(v) for x, v in zip(languages, values, strict=True) if not np.isnan(v)}
    return {"all": float(np.mean([*known.values()])) if known else None, **known}
