"""All figures of a study from one pass over its evaluations, arm by arm.

In memory are the values of one query language, the resamples of one arm, and of all arms those of
the figures that claims name; everything else is kept as intervals.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lingweave.errors import LingweaveError
from lingweave.significance import (
    Arm,
    Head,
    Interval,
    JointResampling,
    Resampled,
    Resampling,
    cluster_numbers,
    intervals,
)
from lingweave.studies.definition.study import Study
from lingweave.studies.judging import groups
from lingweave.studies.judging.comparisons import Choices, comparisons
from lingweave.studies.judging.figures import GROUPS, KINDS, Drawn, Figure, figure
from lingweave.studies.judging.holm import Difference, interval
from lingweave.studies.judging.measurements import MeasuredArm, Measurements
from lingweave.studies.judging.opening import answers, opened

PLAIN = ("mono.mAP", "cross.mAP", "multi.mAP", "rank_distance")
"""Given of every study."""
MANY_LANGUAGES = 20
"""From so many query languages on, figures are given by groups of languages too."""
CONFIDENCE = 0.95
"""Of the intervals of figures that the paper gives."""


class Cell(NamedTuple):
    """A figure of an arm, for tables."""

    interval: Interval
    """Mean over seeds on all queries, with the bootstrap's percentile interval."""
    by_seed: tuple[float, ...]
    """Each seed's own."""


@dataclass(frozen=True)
class ArmFigures:
    """An arm or floor on one benchmark."""

    name: str
    """What tables call it."""
    seeds: tuple[int | None, ...]
    """Its training seeds; (None,) of a floor."""
    cells: Mapping[str, Cell]
    """Name of a figure -> its value: those that the study names and `PLAIN`, each by language too
    (`multi.mAP|language=el`), and of many languages by family, script and resource level."""
    drawn: Mapping[str, Drawn]
    """Name of a figure -> its resamples, for figures that claims name."""
    undefined: Mapping[str, str]
    """Name of a figure that the study names -> why there is none."""
    published: Mapping[str, Interval]
    """Name of a figure that the paper gives -> ours with the interval that claims use, at 95%; an
    arm with one training seed has none, for nothing is known of how seeds scatter."""


@dataclass(frozen=True)
class BenchmarkFigures:
    """What was measured on one benchmark of the study."""

    name: str
    """What the study calls it."""
    benchmark: str
    """Its own name."""
    ties: str
    """The tie rule of all ranks."""
    languages: tuple[str, ...]
    """Query languages."""
    queries: int
    """Distinct questions."""
    clusters: int
    """What the bootstrap draws: paragraphs, or questions where each is its own."""
    design: bytes
    """Equal where the same questions in the same clusters were asked: such benchmarks are drawn
    alike, and their figures can be compared in pairs."""
    groups: Mapping[str, Mapping[str, tuple[str, ...]]]
    """Kind (family, script, resource) -> group -> its languages; empty with few languages."""
    arms: Mapping[str, ArmFigures]
    """In the order of the measurements."""


def drawn_figures(
    study: Study, measurements: Measurements, resampling: Resampling | None = None
) -> dict[str, BenchmarkFigures]:
    """Benchmark -> figures; a benchmark on which nothing was measured is left out.

    Raises:
        LingweaveError: a figure's name is wrong, an evaluation cannot be read, or the arms of a
            benchmark were not measured alike.
    """
    how = resampling or Resampling(study.resamples)
    found = {}
    for name in study.benchmarks:
        arms = measurements.benchmarks.get(name)
        if arms:
            found[name] = _of_benchmark(
                study, measurements.choices, name, tuple(arms.values()), how
            )
    return found


def claimed(study: Study, choices: Choices, benchmark: str) -> tuple[Figure, ...]:
    """The figures that claims need of a benchmark.

    Raises:
        LingweaveError: a claim compares nothing.
    """
    return tuple(
        dict.fromkeys(
            one.figure
            for claim in study.claims
            for one in comparisons(study, claim, choices)
            if benchmark in [place.benchmark for place in one.places]
        )
    )


def _of_benchmark(
    study: Study, choices: Choices, name: str, arms: Sequence[MeasuredArm], how: Resampling
) -> BenchmarkFigures:
    spec = study.benchmarks[name]
    published = dict.fromkeys(
        figure for one in study.published if one.benchmark == name for figure in one.figures
    )
    wanted = _Wanted(
        tables=tuple(map(figure, dict.fromkeys((*study.figures, *published, *PLAIN)))),
        claims=claimed(study, choices, name),
        published=tuple(map(figure, published)),
        unseen=tuple(spec.unseen),
    )
    draw = JointResampling(how, {one.measure for one in (*wanted.claims, *wanted.tables)})
    read = spec.read is not None and any(one.of_answers for one in (*wanted.claims, *wanted.tables))
    head: Head | None = None
    asked: tuple[str, ...] = ()
    by_group: dict[str, dict[str, tuple[str, ...]]] = {}
    found = {}
    for arm in arms:
        samples = tuple(opened(one) for one in arm.evaluations)
        parts = [draw.resampled(Arm(arm.name, arm.seeds, samples))]
        if head is None:
            head, asked = samples[0], _asked(parts[0])
            by_group = grouped(asked) if len(asked) >= MANY_LANGUAGES else {}
        if read:
            parts.append(draw.resampled(Arm(arm.name, arm.seeds, answers(arm, samples))))
        selectors = [f"{kind}={one}" for kind, values in by_group.items() for one in values]
        selectors += [f"language={code}" for code in asked]
        found[arm.name] = _arm_figures(arm, parts, wanted, selectors, draw.clusters)
    assert head is not None, "a benchmark without arms is left out"
    return BenchmarkFigures(
        name=name,
        benchmark=head.benchmark,
        ties=head.ties,
        languages=asked,
        queries=len(head.query_ids),
        clusters=draw.clusters,
        design=_design(head),
        groups=by_group,
        arms=found,
    )


class _Wanted(NamedTuple):
    """What is asked of each arm."""

    tables: tuple[Figure, ...]
    claims: tuple[Figure, ...]
    published: tuple[Figure, ...]
    unseen: tuple[str, ...]


def _arm_figures(
    arm: MeasuredArm,
    parts: Sequence[Resampled],
    wanted: _Wanted,
    selectors: Sequence[str],
    clusters: int,
) -> ArmFigures:
    cells: dict[str, Cell] = {}
    published: dict[str, Interval] = {}
    undefined: dict[str, str] = {}
    of_tables = [
        figure(f"{one.name}|{selector}")
        for one in wanted.tables
        if not one.selector and any(one.measure in part.figures for part in parts)
        for selector in selectors
    ]
    for one in (*of_tables, *wanted.tables):
        if one.name not in cells and (drawn := _drawn(one, parts, wanted.unseen, undefined)):
            (ends,) = intervals(
                np.array([drawn.observed]), drawn.draws[:, None], parts[0].confidence
            )
            cells[one.name] = Cell(ends, drawn.by_seed)
            if one in wanted.published:
                published[one.name] = _judging_interval(drawn, clusters, arm)
    kept = {one.name: _drawn(one, parts, wanted.unseen, undefined) for one in wanted.claims}
    return ArmFigures(
        arm.name,
        arm.seeds,
        cells,
        {name: drawn for name, drawn in kept.items() if drawn is not None},
        undefined,
        published,
    )


def _judging_interval(drawn: Drawn, clusters: int, arm: MeasuredArm) -> Interval:
    if len(arm.seeds) == 1 and arm.seeds != (None,):
        return Interval(drawn.observed, np.nan, np.nan)
    return interval(Difference(drawn.observed, drawn.draws, (drawn.by_seed,), clusters), CONFIDENCE)


def _drawn(
    one: Figure, parts: Sequence[Resampled], unseen: Sequence[str], undefined: dict[str, str]
) -> Drawn | None:
    part = next((part for part in parts if one.measure in part.figures), None)
    if part is None:
        undefined[one.name] = f"{one.measure} was not measured"
        return None
    try:
        drawn = one.of(part, unseen)
    except LingweaveError as error:
        undefined[one.name] = str(error)
        return None
    if not np.isfinite(drawn.observed):
        undefined[one.name] = f"{one.name} is not defined"
    return drawn


def grouped(codes: Sequence[str]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Kind of group -> group -> those of the languages that are in it."""
    kinds: dict[str, dict[str, tuple[str, ...]]] = {}
    for kind in KINDS:
        of = GROUPS[kind]
        present = {of(code) for code in codes}
        order = [name for name in groups.names(kind) if name in present]
        kinds[kind] = {name: tuple(c for c in codes if of(c) == name) for name in order}
    return kinds


def _asked(resampled: Resampled) -> tuple[str, ...]:
    """The languages in which anything was asked."""
    known = np.flatnonzero(np.isfinite(resampled.by_seed).any(axis=(0, 2)))
    return tuple(resampled.languages[x] for x in known)


def _design(head: Head) -> bytes:
    order = np.argsort(np.asarray(head.query_ids))
    told = repr(([head.query_ids[i] for i in order], cluster_numbers(head)[order].tolist()))
    return hashlib.blake2b(told.encode(), digest_size=16).digest()
