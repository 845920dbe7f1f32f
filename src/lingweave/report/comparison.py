"""Arms side by side: figures, intervals, differences to a baseline; as values and as JSON."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lingweave.errors import LingweaveError
from lingweave.report.arms import OpenedArm, opened_arms
from lingweave.significance import (
    SETTINGS,
    Interval,
    Resampled,
    Resampling,
    cluster_count,
    language_intervals,
    macro_by_seed,
    macro_intervals,
    resampled_arms,
)

FORMAT_VERSION = 1


@dataclass(frozen=True)
class ComparedArm:
    """One arm's figures; every mapping of figures is keyed like ``significance.FIGURES``."""

    name: str
    """What tables call it."""
    seeds: tuple[int | None, ...]
    """Training seeds; None where unknown or where there is no training."""
    folders: tuple[Path, ...]
    """Evaluation folders, one a seed."""
    summaries: tuple[Mapping[str, Any], ...]
    """Their ``evaluation.json``."""
    macro: Mapping[str, Interval]
    """Macro figures, mean over seeds."""
    by_seed: tuple[Mapping[str, float], ...]
    """Macro figures of each seed."""
    by_language: Mapping[str, Mapping[str, Interval]]
    """Figures by query language."""
    difference: Mapping[str, Interval]
    """Macro figures minus the baseline's; exactly zero for the baseline itself."""
    pair_map: NDArray[np.float64]
    """(L, L) mAP by query and passage language, mean over seeds; NaN where undefined."""
    resampled: Resampled
    """The resamples, for differences to other arms than the baseline."""


@dataclass(frozen=True)
class Comparison:
    """What one benchmark says about several arms."""

    benchmark: str
    """The benchmark's name."""
    ties: str
    """The tie rule of all ranks."""
    languages: tuple[str, ...]
    """Languages in code order."""
    queries: int
    """Distinct queries."""
    clusters: int
    """Distinct clusters that were drawn from; as many as queries when each is its own."""
    baseline: str
    """The arm that differences are to."""
    arms: tuple[ComparedArm, ...]
    """Arms in the order given."""
    resampling: Resampling
    """How the intervals were drawn."""

    def arm(self, name: str) -> ComparedArm:
        """The arm of that name.

        Raises:
            LingweaveError: there is none.
        """
        for arm in self.arms:
            if arm.name == name:
                return arm
        raise LingweaveError(
            f"no arm is called {name!r}: choose from {', '.join(arm.name for arm in self.arms)}"
        )

    def difference(self, name: str, minus: str) -> dict[str, Interval]:
        """Macro figures of one arm minus those of any other, with intervals."""
        return macro_intervals(self.arm(name).resampled, self.arm(minus).resampled)


def compared(
    evaluations: Sequence[str | Path],
    baseline: str | None = None,
    resampling: Resampling | None = None,
) -> Comparison:
    """Open ``[NAME=]FOLDER`` evaluations and compare them; the first arm is the baseline.

    Raises:
        LingweaveError: see `opened_arms`, `compared_arms`.
    """
    return compared_arms(opened_arms(evaluations), baseline, resampling)


def compared_arms(
    arms: Sequence[OpenedArm], baseline: str | None = None, resampling: Resampling | None = None
) -> Comparison:
    """Arms under one joint resampling.

    Raises:
        LingweaveError: no arm has the baseline's name, or the arms were not measured alike.
    """
    how = resampling or Resampling()
    names = [opened.arm.name for opened in arms]
    base = baseline or names[0]
    if base not in names:
        raise LingweaveError(f"no arm is called {base!r}: choose from {', '.join(names)}")
    resampled = resampled_arms([opened.arm for opened in arms], how)
    reference = resampled[names.index(base)]
    sample = arms[0].arm.samples[0]
    return Comparison(
        benchmark=sample.benchmark,
        ties=sample.ties,
        languages=sample.languages,
        queries=len(sample.query_ids),
        clusters=cluster_count(sample),
        baseline=base,
        arms=tuple(
            ComparedArm(
                name=opened.arm.name,
                seeds=opened.arm.seeds,
                folders=opened.folders,
                summaries=opened.summaries,
                macro=macro_intervals(one),
                by_seed=macro_by_seed(one),
                by_language=language_intervals(one),
                difference=macro_intervals(one, reference),
                pair_map=_pair_map(opened.summaries, sample.languages),
                resampled=one,
            )
            for opened, one in zip(arms, resampled, strict=True)
        ),
        resampling=how,
    )


def summary(comparison: Comparison) -> dict[str, Any]:
    """``arms.<name>.<mono|cross|multi>.mAP`` and ``.rank_distance``: {mean, low, high}."""
    return {
        "arms": {
            arm.name: {
                **{s: {"mAP": as_json(arm.macro[f"{s}.mAP"])} for s in SETTINGS},
                "rank_distance": as_json(arm.macro["rank_distance"]),
            }
            for arm in comparison.arms
        }
    }


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """Everything that was compared, for ``comparison.json``; undefined figures are null."""
    how = comparison.resampling
    return {
        "format_version": FORMAT_VERSION,
        "benchmark": comparison.benchmark,
        "ties": comparison.ties,
        "languages": list(comparison.languages),
        "queries": comparison.queries,
        "clusters": comparison.clusters,
        "baseline": comparison.baseline,
        "resamples": how.resamples,
        "seed": how.seed,
        "confidence": how.confidence,
        "arms": {
            arm.name: {
                "seeds": list(arm.seeds),
                "folders": [str(folder) for folder in arm.folders],
                "macro": _nested({k: as_json(v) for k, v in arm.macro.items()}),
                "difference": _nested({k: as_json(v) for k, v in arm.difference.items()}),
                "per_language": {
                    language: _nested({k: as_json(v) for k, v in figures.items()})
                    for language, figures in arm.by_language.items()
                },
                "by_seed": [_nested(_nulls(figures)) for figures in arm.by_seed],
            }
            for arm in comparison.arms
        },
    }


def as_json(interval: Interval) -> dict[str, float | None]:
    """``{mean, low, high}``, null where undefined."""
    return _nulls(interval._asdict())


def _nulls(figures: Mapping[str, float]) -> dict[str, float | None]:
    return {k: float(v) if math.isfinite(v) else None for k, v in figures.items()}


def _nested(figures: Mapping[str, Any]) -> dict[str, Any]:
    """``mono.mAP`` -> ``{"mono": {"mAP": ...}}``, the layout of ``evaluation.json``."""
    nested: dict[str, Any] = {}
    for name, value in figures.items():
        setting, dot, metric = name.partition(".")
        if dot:
            nested.setdefault(setting, {})[metric] = value
        else:
            nested[name] = value
    return nested


def _pair_map(
    summaries: Sequence[Mapping[str, Any]], languages: Sequence[str]
) -> NDArray[np.float64]:
    cells = np.full((len(summaries), len(languages), len(languages)), np.nan)
    for s, one in enumerate(summaries):
        for x, query in enumerate(languages):
            for y, passage in enumerate(languages):
                figures = one["pairs"].get(query, {}).get(passage) or {}
                value = figures.get("mAP")
                cells[s, x, y] = np.nan if value is None else value
    return np.asarray(cells.mean(axis=0))
