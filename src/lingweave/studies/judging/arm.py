"""The figures of one arm on one benchmark, drawn alone: any process may do it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lingweave.errors import LingweaveError
from lingweave.significance import (
    Arm,
    Design,
    Head,
    Interval,
    JointResampling,
    Resampled,
    Resampling,
    Sample,
    cluster_numbers,
    intervals,
)
from lingweave.studies.judging import groups
from lingweave.studies.judging.figures import GROUPS, KINDS, Drawn, Figure, figure
from lingweave.studies.judging.holm import Difference, interval
from lingweave.studies.judging.measurements import MeasuredArm
from lingweave.studies.judging.opening import answers, opened

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


class Wanted(NamedTuple):
    """What is asked of each arm."""

    tables: tuple[Figure, ...]
    """Figures of the report's tables."""
    claims: tuple[Figure, ...]
    """Those of which claims need the resamples."""
    published: tuple[Figure, ...]
    """Those that the paper gives."""
    unseen: tuple[str, ...]
    """Languages that no arm saw in training."""
    read: bool
    """Whether answers are asked for."""


class Facts(NamedTuple):
    """What is the same of all evaluations on a benchmark."""

    benchmark: str
    """Its own name."""
    ties: str
    """The tie rule of all ranks."""
    languages: tuple[str, ...]
    """All of them."""
    queries: int
    """Distinct questions."""
    design: bytes
    """Equal where the same questions in the same clusters were asked."""


class DrawnArm(NamedTuple):
    """An arm, and what all arms of a benchmark have in common."""

    figures: ArmFigures
    """The arm's own."""
    head: Facts
    """Of the first arm's first evaluation, with which this one was compared."""
    languages: tuple[str, ...]
    """Those in which anything was asked."""
    clusters: int
    """What the bootstrap draws from."""
    designs: Mapping[tuple[str, ...], Design]
    """Names of figures -> the queries that they were measured on."""


def of_arm(arm: MeasuredArm, first: Path | Sample, wanted: Wanted, how: Resampling) -> DrawnArm:
    """An arm's figures, drawn with the same clusters and seeds as those of other arms.

    Args:
        arm: its evaluations.
        first: an evaluation of the first arm, with which all arms must be comparable.
        wanted: what is asked.
        how: how the bootstrap draws.

    Raises:
        LingweaveError: an evaluation cannot be read, or was not measured as ``first`` was.
    """
    samples = tuple(opened(one) for one in arm.evaluations)
    head = samples[0] if first is arm.evaluations[0] else opened(first)
    measures = {one.measure for one in (*wanted.claims, *wanted.tables)}
    draw = JointResampling(how, measures, head)
    parts = [draw.resampled(Arm(arm.name, arm.seeds, samples))]
    asked = _asked(parts[0])
    if wanted.read:
        parts.append(draw.resampled(Arm(arm.name, arm.seeds, answers(arm, samples))))
    selectors = [f"{kind}={one}" for kind, values in groups_of(asked).items() for one in values]
    selectors += [f"language={code}" for code in asked]
    figures = _arm_figures(arm, parts, wanted, selectors, draw.clusters)
    facts = Facts(head.benchmark, head.ties, head.languages, len(head.query_ids), _design(head))
    return DrawnArm(figures, facts, asked, draw.clusters, draw.designs)


def _arm_figures(
    arm: MeasuredArm,
    parts: Sequence[Resampled],
    wanted: Wanted,
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


def groups_of(codes: Sequence[str]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Kind of group -> group -> those of the languages that are in it; none of few languages."""
    if len(codes) < MANY_LANGUAGES:
        return {}
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
