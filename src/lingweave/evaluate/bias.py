"""Bias figures of an evaluation, each with an interval, a chance level and what it means."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lingweave.bias import (
    FIGURES,
    Figure,
    HeadFigure,
    Heads,
    RankFigure,
    Seen,
    Told,
    direction_to,
)
from lingweave.errors import LingweaveError
from lingweave.evaluate.evaluation import Evaluation
from lingweave.evaluate.figure_sums import FigureSums, intervals, ratio, resampled
from lingweave.evaluate.heads import heads_of
from lingweave.ranks import TIE_RULES
from lingweave.significance import Interval, Resampling

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class BiasResult:
    """One figure, measured."""

    figure: Figure
    """What was measured."""
    languages: tuple[str, ...]
    """What the last axes of `cells` and `draws` mean."""
    value: Interval
    """The figure; NaN where the benchmark cannot tell."""
    chance: float
    """The figure at chance."""
    by_language: Mapping[str, Interval]
    """The breakdown, by `figure.by`; languages for which it is undefined are left out."""
    chance_by_language: Mapping[str, float]
    """The breakdown at chance."""
    cells: Floats
    """(L,) or (L, L), query language first: the means of the cells."""
    draws: Floats
    """(resamples, 1 + L): the figure and its breakdown in every resample."""
    confidence: float
    """The share an interval holds."""

    @property
    def told(self) -> Told:
        """The numbers alone."""
        return Told(
            self.value.mean, self.chance, {x: one.mean for x, one in self.by_language.items()}
        )

    @property
    def users(self) -> str:
        """What it means for the people who search; empty where the figure is undefined."""
        return "" if np.isnan(self.value.mean) else self.figure.users(self.told)

    def as_json(self) -> dict[str, Any]:
        """Plain values, null where undefined."""
        figure = self.figure
        return {
            "name": figure.name,
            "meaning": figure.meaning,
            "source": figure.source,
            "unit": figure.unit,
            "better": figure.better,
            "by": figure.by,
            **_json(self.value),
            "chance": _number(self.chance),
            "by_language": {
                x: {**_json(one), "chance": _number(self.chance_by_language[x])}
                for x, one in self.by_language.items()
            },
            "users": self.users,
        }


def bias_of(
    evaluation: Evaluation,
    figures: Sequence[Figure] | None = None,
    resampling: Resampling | None = None,
    pivot: str | None = "en",
) -> tuple[BiasResult, ...]:
    """Every bias figure of an evaluation, under its tie rule.

    Intervals are those of `significance`: clusters of queries are drawn again, all languages of a
    query together; two evaluations of one benchmark meet the same draws, so that `bias_change`
    is paired.

    Args:
        evaluation: What was measured.
        figures: Which; `bias.FIGURES` by default.
        resampling: How the intervals are drawn.
        pivot: With the default figures, the language whose directions are set against each other;
            left out where the evaluation does not hold it.
    """
    wanted = tuple(FIGURES if figures is None else figures)
    if figures is None and pivot is not None and pivot in evaluation.languages:
        wanted = (*wanted, direction_to(pivot, evaluation.languages))
    how = resampling or Resampling()
    results: dict[str, BiasResult] = {}
    rank_figures = [one for one in wanted if isinstance(one, RankFigure)]
    if rank_figures:
        rule = TIE_RULES[evaluation.ties]
        sums = {
            id(one.cells): FigureSums.empty(one.shape, len(evaluation.languages), evaluation.groups)
            for one in rank_figures
        }
        makers = {id(one.cells): one.cells for one in rank_figures}
        for part in evaluation.parts():
            seen = Seen(part, rule)
            for key, total in sums.items():
                total.add(makers[key](seen))
        for one in rank_figures:
            results[one.name] = result_of(one, evaluation.languages, sums[id(one.cells)], how)
    head_figures = [one for one in wanted if isinstance(one, HeadFigure)]
    if head_figures:
        candidates = evaluation.provenance["benchmark"]["candidates"]
        sizes = np.array([candidates[y] for y in evaluation.languages], dtype=np.int64)
        heads = heads_of(evaluation.top(), evaluation.languages, sizes)
        groups = {
            id: evaluation.group_names[group]
            for id, group in zip(evaluation.query_ids, evaluation.groups, strict=True)
        }
        for result in head_bias(heads, groups, head_figures, how):
            results[result.figure.name] = result
    return tuple(results[one.name] for one in wanted)


def head_bias(
    heads: Heads,
    groups: Mapping[str, str] | None = None,
    figures: Sequence[HeadFigure] | None = None,
    resampling: Resampling | None = None,
) -> tuple[BiasResult, ...]:
    """The figures that need no relevance judgements.

    Args:
        heads: The first places of the pool lists.
        groups: Query id -> cluster; a query that is not there is its own.
        figures: Which; those of `bias.FIGURES` that look at heads by default.
        resampling: How the intervals are drawn.
    """
    known = groups or {}
    _, clusters = np.unique([known.get(id, id) for id in heads.query_ids], return_inverse=True)
    how = resampling or Resampling()
    results = []
    for one in figures or [f for f in FIGURES if isinstance(f, HeadFigure)]:
        sums = FigureSums.empty(one.shape, len(heads.languages), clusters)
        sums.add(one.cells(heads))
        results.append(result_of(one, heads.languages, sums, how))
    return tuple(results)


class BiasChange(NamedTuple):
    """How much a figure of one evaluation differs from that of another."""

    figure: Figure
    """Which."""
    difference: Interval
    """After minus before."""
    by_language: Mapping[str, Interval]
    """After minus before, by `figure.by`."""


def bias_change(
    before: Sequence[BiasResult], after: Sequence[BiasResult]
) -> tuple[BiasChange, ...]:
    """After minus before, figure by figure, with paired intervals.

    Raises:
        LingweaveError: they were not made of the same languages, figures and draws.
    """
    changes = []
    for one, other in zip(before, after, strict=False):
        if (one.figure.name, one.languages, len(one.draws)) != (
            other.figure.name,
            other.languages,
            len(other.draws),
        ) or len(before) != len(after):
            raise LingweaveError(
                "cannot compare these bias figures: measure both evaluations on the same benchmark"
                " and languages, with the same figures and number of resamples"
            )
        figures = np.array([other.value.mean - one.value.mean])
        languages = [x for x in one.by_language if x in other.by_language]
        by = [other.by_language[x].mean - one.by_language[x].mean for x in languages]
        kept = [0, *(1 + one.languages.index(x) for x in languages)]
        found = intervals(
            np.concatenate([figures, by]), (other.draws - one.draws)[:, kept], one.confidence
        )
        changes.append(
            BiasChange(one.figure, found[0], dict(zip(languages, found[1:], strict=True)))
        )
    return tuple(changes)


def result_of(
    figure: Figure, languages: tuple[str, ...], sums: FigureSums, how: Resampling
) -> BiasResult:
    """The value, chance level, breakdown and intervals of sums that are complete."""
    means = ratio(*sums.total).reshape(sums.shape)
    chance = ratio(*sums.chance).reshape(sums.shape)
    value, breakdown = float(figure.value(means, chance)), figure.breakdown(means)
    chance_value, chance_breakdown = figure.value(chance, chance), figure.breakdown(chance)
    draws = resampled(sums, figure.value, figure.breakdown, chance, how)
    found = intervals(np.concatenate([[value], breakdown]), draws, how.confidence)
    known = [x for x in range(len(languages)) if not np.isnan(breakdown[x])]
    return BiasResult(
        figure=figure,
        languages=languages,
        value=found[0],
        chance=float(chance_value),
        by_language={languages[x]: found[1 + x] for x in known},
        chance_by_language={languages[x]: float(chance_breakdown[x]) for x in known},
        cells=means,
        draws=draws,
        confidence=how.confidence,
    )


def _json(interval: Interval) -> dict[str, float | None]:
    return {name: _number(value) for name, value in interval._asdict().items()}


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def by_name(results: Iterable[BiasResult]) -> dict[str, BiasResult]:
    """Results by the names of their figures."""
    return {one.figure.name: one for one in results}
