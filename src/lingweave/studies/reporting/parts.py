"""From figures to a report's tables: arms and floors by benchmark, in the study's order."""

from collections.abc import Mapping

from lingweave.studies.definition.study import Study
from lingweave.studies.judging.arm import ArmFigures
from lingweave.studies.judging.drawn import BenchmarkFigures
from lingweave.studies.judging.figures import KINDS
from lingweave.studies.judging.measurements import Measurements
from lingweave.studies.reporting.contents import Part, Row, SeenByStarts
from lingweave.studies.reporting.madeof import described


def parts_of(
    study: Study,
    measurements: Measurements,
    figures: Mapping[str, BenchmarkFigures],
    seen: SeenByStarts,
) -> tuple[Part, ...]:
    """One a benchmark of the study, measured or not.

    Args:
        study: Whose.
        measurements: What has been measured.
        figures: What `drawn_figures` says of it.
        seen: In which unseen languages starts were trained.
    """
    return tuple(
        _part(study, measurements, name, figures.get(name), seen.get(name, {}))
        for name in study.benchmarks
    )


def _part(
    study: Study,
    measurements: Measurements,
    name: str,
    figures: BenchmarkFigures | None,
    seen: Mapping[str, tuple[str, ...]],
) -> Part:
    spec = study.benchmarks[name]
    groups = _groups(figures) if figures else {}
    order = [*measurements.choices, *study.floors]
    arms = [figures.arms[arm] for arm in order if figures and arm in figures.arms]
    kinds: dict[str, tuple[str, ...]] = {"language": figures.languages if figures else ()}
    kinds |= {kind: tuple(by_group) for kind, by_group in groups.items()}
    return Part(
        name=name,
        described=described(spec),
        ties=figures.ties if figures else "",
        languages=figures.languages if figures else (),
        unseen=tuple(spec.unseen),
        seen=seen,
        queries=figures.queries if figures else 0,
        clusters=figures.clusters if figures else 0,
        rows=tuple(_row(study, arm, measurements.choices.get(arm.name, {}), kinds) for arm in arms),
        missing=tuple(measurements.missing.get(name, ())),
        groups=groups,
    )


def _groups(figures: BenchmarkFigures) -> dict[str, dict[str, tuple[str, ...]]]:
    """The largest groups first, but resource levels in order; a kind with one group is left out."""
    found = {}
    for kind in KINDS:
        by_group = dict(figures.groups.get(kind, {}))
        if kind != "resource":
            by_group = dict(sorted(by_group.items(), key=lambda one: (-len(one[1]), one[0])))
        if len(by_group) > 1:
            found[kind] = by_group
    return found


def _row(
    study: Study, arm: ArmFigures, choices: Mapping[str, str], kinds: Mapping[str, tuple[str, ...]]
) -> Row:
    measures = [name for name in study.figures if "|" not in name and name in arm.cells]
    return Row(
        name=arm.name,
        seeds=arm.seeds,
        choices=choices,
        figures={
            name: cell
            for name, cell in arm.cells.items()
            if "|" not in name or not name.partition("|")[2].startswith(("language=", *_OF_KINDS))
            or name in study.figures
        },
        groups={
            measure: {
                kind: {
                    group: arm.cells[name].interval
                    for group in those
                    if (name := f"{measure}|{kind}={group}") in arm.cells
                }
                for kind, those in kinds.items()
            }
            for measure in measures
        },
        judging=arm.published,
    )  # fmt: skip


_OF_KINDS = tuple(f"{kind}=" for kind in KINDS)
