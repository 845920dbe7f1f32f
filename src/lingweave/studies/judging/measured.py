"""What has been measured of a study so far, for its claims and its report."""

from pathlib import Path

from lingweave.studies.definition.arms import arms_of
from lingweave.studies.definition.study import Study
from lingweave.studies.judging.measurements import MeasuredArm, Measurements
from lingweave.studies.running.runs import Measure, runs_of
from lingweave.studies.running.work import is_measured


def opened_measures(
    study: Study, out: Path, measures: tuple[Measure, ...] | None = None
) -> Measurements:
    """The evaluations that are there, by benchmark and arm, and what is missing.

    Args:
        study: whose.
        out: the folder of all studies.
        measures: those of `runs_of(study, out)`, if they are at hand.

    Raises:
        LingweaveError: the study's runs cannot be told.
    """
    measures = runs_of(study, out).measures if measures is None else measures
    benchmarks: dict[str, dict[str, MeasuredArm]] = {name: {} for name in study.benchmarks}
    missing: dict[str, tuple[str, ...]] = {}
    for benchmark in study.benchmarks:
        by_arm: dict[str, list[Measure]] = {}
        for measure in measures:
            if measure.benchmark == benchmark:
                by_arm.setdefault(measure.arm, []).append(measure)
        lacking = []
        for arm, all_seeds in by_arm.items():
            there = [one for one in all_seeds if is_measured(one)]
            if there:
                benchmarks[benchmark][arm] = MeasuredArm(
                    arm, tuple(one.seed for one in there), tuple(one.folder for one in there)
                )
            if len(there) < len(all_seeds):
                lacking.append(_lacking(arm, [one for one in all_seeds if one not in there], there))
        if lacking:
            missing[benchmark] = tuple(lacking)
    choices = {arm.name: arm.choices for arm in arms_of(study)}
    return Measurements(choices, benchmarks, missing)


def _lacking(arm: str, absent: list[Measure], there: list[Measure]) -> str:
    """An arm that is not, or not wholly, measured."""
    if not there:
        return arm
    seeds = [str(one.seed) for one in absent]
    listed = " and ".join([", ".join(seeds[:-1]), seeds[-1]] if len(seeds) > 1 else seeds)
    return f"{arm}, seed{'s' if len(seeds) > 1 else ''} {listed}"
