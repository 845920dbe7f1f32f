"""Reading figures: means over the queries of a language, then over languages, with intervals."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lingweave.benchmark import Benchmark
from lingweave.bias import Cells
from lingweave.errors import LingweaveError
from lingweave.evaluate.figure_sums import FigureSums, intervals, ratio, resampled
from lingweave.reading.rules import RuleSet
from lingweave.significance import Interval, Resampling

Values = NDArray[np.float64]


class Row(NamedTuple):
    """What one query came to."""

    language: str
    """The language it was asked in."""
    query_id: str
    """Which query."""
    values: tuple[float, ...]
    """One value a measure."""


@dataclass(frozen=True)
class Reading:
    """How often answers were right, under named rules."""

    task: str
    """What was read, in a few words."""
    rules: str
    """The title of the rule set: figures under different rules do not compare."""
    queries: int
    """Queries, each language of a query counted."""
    value: Mapping[str, Interval]
    """Measure -> mean over languages, as the authors of the rules take it."""
    by_language: Mapping[str, Mapping[str, Interval]]
    """Query language -> measure -> mean over its queries."""
    rows: tuple[Row, ...] = field(default=(), repr=False)
    """What each query came to, in the order of the measures."""

    def as_json(self) -> dict[str, Any]:
        """Plain values, null where undefined."""
        return {
            "task": self.task,
            "rules": self.rules,
            "queries": self.queries,
            **{name: _json(one) for name, one in self.value.items()},
            "by_language": {
                language: {name: _json(one) for name, one in figures.items()}
                for language, figures in self.by_language.items()
            },
        }


def _json(interval: Interval) -> dict[str, float | None]:
    return {k: v if math.isfinite(v) else None for k, v in interval._asdict().items()}


def reading_of(
    task: str,
    rules: RuleSet,
    measures: Sequence[str],
    rows: Sequence[Row],
    benchmark: Benchmark,
    resampling: Resampling | None = None,
) -> Reading:
    """Means with intervals: the benchmark's groups of queries are drawn again, as in `compare`.

    Raises:
        LingweaveError: there are no rows.
    """
    if not rows:
        raise LingweaveError(f"{benchmark.name}: no query with an answer could be read ({task})")
    how = resampling or Resampling()
    languages, asked = np.unique([row.language for row in rows], return_inverse=True)
    ids, query = np.unique([row.query_id for row in rows], return_inverse=True)
    _, clusters = np.unique([benchmark.group(str(id)) for id in ids], return_inverse=True)
    kept = np.array([x not in rules.left_out for x in languages])

    def mean(means: Values, _: Values) -> Values:
        counted = np.where(kept, means, np.nan)
        known = ~np.isnan(counted)
        return ratio(np.where(known, counted, 0).sum(axis=-1), known.sum(axis=-1))

    found = []
    for place in range(len(measures)):
        values = np.array([row.values[place] for row in rows], dtype=np.float64)
        sums = FigureSums.empty("languages", len(languages), clusters)
        sums.add(Cells(asked, query, values, np.full(len(values), np.nan)))
        means = ratio(*sums.total)
        draws = resampled(sums, mean, lambda one: one, means, how)
        observed = np.concatenate([[mean(means, means)], means])
        found.append(intervals(observed, draws, how.confidence))
    return Reading(
        task=task,
        rules=rules.title,
        queries=len(rows),
        value={name: one[0] for name, one in zip(measures, found, strict=True)},
        by_language={
            str(language): {name: one[1 + x] for name, one in zip(measures, found, strict=True)}
            for x, language in enumerate(languages)
        },
        rows=tuple(rows),
    )
