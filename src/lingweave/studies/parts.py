"""From measurements to a report's tables: every arm's figures under one resampling a benchmark."""

from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np

from lingweave.errors import LingweaveError
from lingweave.report.arms import opened_evaluation
from lingweave.significance import (
    Arm,
    Head,
    JointResampling,
    Resampled,
    Resampling,
    cluster_count,
    intervals,
)
from lingweave.studies import groups
from lingweave.studies.contents import Part, Row, Shown
from lingweave.studies.display import MANY_LANGUAGES
from lingweave.studies.figures import KINDS, figure
from lingweave.studies.madeof import described
from lingweave.studies.measurements import MeasuredArm, Measurements
from lingweave.studies.study import Study

CONFIDENCE = 0.95
PLOTTED = "rank_distance"
"""Read by the drawings, whatever the study's tables show."""


def parts_of(study: Study, measurements: Measurements) -> tuple[Part, ...]:
    """One a benchmark of the study, measured or not.

    Raises:
        LingweaveError: evaluations cannot be read, or were not measured alike.
    """
    return tuple(_part(study, measurements, name) for name in study.benchmarks)


def groups_of(codes: Sequence[str]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Kind -> group -> its languages, the largest first; a kind with one group tells nothing.

    Resource levels stay in their order. Empty with few languages, which a table can list.
    """
    if len(codes) < MANY_LANGUAGES:
        return {}
    found = {}
    for kind in KINDS:
        of = getattr(groups, kind)
        by_group = {
            group: codes_in
            for group in groups.names(kind)
            if (codes_in := tuple(code for code in codes if of(code) == group))
        }
        if kind != "resource":
            by_group = dict(sorted(by_group.items(), key=lambda one: (-len(one[1]), one[0])))
        if len(by_group) > 1:
            found[kind] = by_group
    return found


def _part(study: Study, measurements: Measurements, name: str) -> Part:
    spec, arms = study.benchmarks[name], measurements.benchmarks.get(name, {})
    chosen = [arms[one] for one in (*measurements.choices, *study.floors) if one in arms]
    draw = JointResampling(Resampling(study.resamples, confidence=CONFIDENCE))
    head: Head | None = None
    rows = []
    for one in chosen:  # arm after arm: the values of all of them need not fit in memory
        arm = opened_arm(one)
        head = head or arm.samples[0]
        drawn = [draw.resampled(arm)]
        choices = measurements.choices.get(one.name, {})
        rows.append(_row(study, name, one, choices, drawn))
    return Part(
        name=name,
        described=described(spec),
        ties=head.ties if head else "",
        languages=head.languages if head else (),
        unseen=tuple(spec.unseen),
        queries=len(head.query_ids) if head else 0,
        clusters=cluster_count(head) if head else 0,
        rows=tuple(rows),
        missing=tuple(measurements.missing.get(name, ())),
        groups=groups_of(head.languages) if head else {},
    )


def opened_arm(one: MeasuredArm) -> Arm:
    """The per-query values of an arm, one sample a seed."""
    samples = [
        place if isinstance(place, Head) else opened_evaluation(place)[0]
        for place in one.evaluations
    ]
    return Arm(one.name, one.seeds, tuple(samples))


def _row(
    study: Study,
    benchmark: str,
    one: MeasuredArm,
    choices: Mapping[str, str],
    drawn: Sequence[Resampled],
) -> Row:
    unseen = study.benchmarks[benchmark].unseen
    published = [p.figures for p in study.published if p.benchmark == benchmark]
    names = dict.fromkeys([*study.figures, *chain(*published), PLOTTED])
    shown = {n: s for n in names if (s := _shown(n, drawn, unseen)) is not None}
    measures = [n for n in study.figures if "|" not in n and n in shown]
    codes = drawn[0].languages
    kinds: dict[str, Sequence[str]] = {"language": codes}
    kinds |= {kind: tuple(by_group) for kind, by_group in groups_of(codes).items()}
    return Row(
        name=one.name,
        seeds=one.seeds,
        choices=choices,
        figures=shown,
        groups={
            measure: {
                kind: {
                    group: found.interval
                    for group in those
                    if (found := _shown(f"{measure}|{kind}={group}", drawn, unseen)) is not None
                }
                for kind, those in kinds.items()
            }
            for measure in measures
        },
    )


def _shown(name: str, drawn: Sequence[Resampled], unseen: Sequence[str]) -> Shown | None:
    """A figure with its interval; None where it is not measured, or is over no language here."""
    asked = figure(name)
    for resampled in drawn:
        if asked.measure in resampled.figures:
            try:
                one = asked.of(resampled, unseen)
            except LingweaveError:  # none of the benchmark's languages is meant
                return None
            observed = np.array([one.observed])
            (interval,) = intervals(observed, one.draws[:, None], CONFIDENCE)
            return Shown(interval, one.by_seed)
    return None
