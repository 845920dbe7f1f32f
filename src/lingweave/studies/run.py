"""`lingweave study run` and its relatives: from a study file to its report."""

import contextlib
import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from lingweave.atomic import disk_errors_named
from lingweave.errors import LingweaveError
from lingweave.studies.checking.rehearsal import rehearse
from lingweave.studies.config import StudyConfig
from lingweave.studies.definition.restricted import folder_name
from lingweave.studies.definition.study import Study
from lingweave.studies.judging.measured import opened_measures
from lingweave.studies.running.costs import costs_of
from lingweave.studies.running.launch import divided, is_first, processes
from lingweave.studies.running.pool import Failure, done_side_by_side
from lingweave.studies.running.runs import Run, Runs, runs_of
from lingweave.studies.running.work import check_as_begun, is_made, is_measured, make, measure
from lingweave.studies.tasks import PLAN, cores, missing_tasks, places_of, planning_tasks

PRELOADED = ("lingweave.training.run", "lingweave.evaluate.run", "lingweave.studies.running.work")
FAILURES = "failures"
"""Folder beside a study's report with what went wrong."""
_TOLD_EVERY = 0.05
"""Share of a run after which a line says again how far it is."""


def run(config: StudyConfig) -> None:
    """Trains and measures what is missing, judges the claims, and writes the report.

    Interrupted, it goes on where it stopped when it is called again.

    Raises:
        LingweaveError: the study is wrong, or some of its runs failed.
        KeyboardInterrupt: it was stopped; what was done is saved.
    """
    if processes() > 1 and config.only is None:
        raise LingweaveError(
            f"{processes()} processes were started together: they train one run, give --only ID"
        )
    study = config.checked()
    runs = runs_of(study, config.folder)
    if config.only is not None:
        only(runs, config.only, study)
        for id in config.only if is_first() else ():
            _forget(config, study, id)
        return
    check_options(runs)
    rehearse(study, runs)
    failed = done(runs, config, study)
    report(config, study, runs)
    if failed:
        names = "; ".join(f"{name}: {one.line}" for name, one in failed.items() if not one.after)
        raise LingweaveError(
            f"{len(failed)} of the study's runs and measures failed ({names}); the report is of the"
            " others; run the same command to try again"
        )


def done(runs: Runs, config: StudyConfig, study: Study) -> dict[str, Failure]:
    """Does what is missing side by side; what failed, by name."""
    tasks = missing_tasks(runs)
    if tasks:  # Last: they fill workers that wait for a start.
        tasks += planning_tasks(study, config.folder, config.device)
    names = {task.id: task.name for task in tasks}
    places = places_of(runs, config.workers)
    keep = partial(_keep, config, study)
    failed = done_side_by_side(tasks, places, study.name, PRELOADED, keep)
    # The report works out what no task did, and says what is wrong with it.
    return {names[id]: one for id, one in failed.items() if not id.startswith(PLAN)}


def check_options(runs: Runs) -> None:
    """Refuses runs that were trained with other options than those that are asked for now.

    Raises:
        LingweaveError: the first of them.
    """
    for one in runs.all:
        check_as_begun(one)


def _trace(config: StudyConfig, study: Study, id: str) -> Path:
    """Where it is written what went wrong."""
    return study_folder(config, study) / FAILURES / f"{id}.txt"


def _keep(config: StudyConfig, study: Study, id: str, failure: Failure | None) -> None:
    """Writes what went wrong as soon as it has, so that Ctrl-C does not lose it."""
    if failure is None:
        _forget(config, study, id)
    elif failure.trace and not id.startswith(PLAN):
        path = _trace(config, study, id)
        with disk_errors_named(str(path)):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(failure.trace, encoding="utf-8")


def _forget(config: StudyConfig, study: Study, id: str) -> None:
    """What failed before has succeeded."""
    path = _trace(config, study, id)
    path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # Other failures are there, or none ever was.
        path.parent.rmdir()


def only(runs: Runs, ids: list[str], study: Study | None = None) -> None:
    """Does these, each in this process: a run with its measures, or a measure alone.

    Several processes that torchrun has started train one run together; the first one measures.

    Args:
        runs: the study's.
        ids: those that are done.
        study: its plans and benchmarks are looked at before; None: they are not.

    Raises:
        LingweaveError: an id is not of the study, what it needs is missing, or it failed.
    """
    by_run = {one.id: one for one in runs.all}
    by_measure = {one.id: one for one in runs.distinct_measures}
    for id in ids:
        if id not in by_run and id not in by_measure:
            raise LingweaveError(
                f"--only {id}: is no run or measure of this study; `lingweave study commands` lists"
                " them"
            )
    together = processes() > 1
    if together and sum(id in by_run for id in ids) > 1:
        raise LingweaveError("--only: several processes train one run at a time; give one id")
    for id in ids:
        if id in by_run:
            check_as_begun(by_run[id])
            if together and (asked := by_run[id].config) is not None:
                divided(asked, processes())
    if study is not None:
        rehearse(study, _part(runs, ids))
    for id in ids:
        if id in by_run:
            _make(by_run[id], by_run)
            if together:
                from lingweave.training.processes import leave

                leave()
            measures = [one for one in by_measure.values() if one.run and one.run.id == id]
        else:
            measures = [by_measure[id]]
            if (of := measures[0].run) is not None:
                _check_made(measures[0].name, (of.id,), by_run)
        for one in measures if is_first() else ():
            if not is_measured(one):
                measure(one, _nothing, wait=False)
            print(one.folder)


@dataclass(frozen=True)
class _Part(Runs):
    """Some of a study's runs and measures."""

    asked: frozenset[str] = frozenset()
    """The ids of the runs; others can be looked up among the arms as before."""

    @property
    def all(self) -> tuple[Run, ...]:
        """The runs that are asked for."""
        return tuple(one for one in super().all if one.id in self.asked)


def _part(runs: Runs, ids: list[str]) -> Runs:
    """These runs with their measures, and these measures."""
    measures = (one for one in runs.measures if one.id in ids or (one.run and one.run.id in ids))
    return _Part(runs.starts, runs.arms, tuple(measures), frozenset(ids))


def _make(run: Run, by_run: dict[str, Run]) -> None:
    """Makes a run in this process and tells on stderr how far it is."""
    if is_made(run):
        return
    _check_made(run.name, run.needs, by_run)
    told = 0.0

    def tell(share: float) -> None:
        nonlocal told
        if share >= told:
            print(f"{run.name}: {share:.0%}", file=sys.stderr)
            told = share + _TOLD_EVERY

    make(run, tell if is_first() else _nothing, wait=False)


def _check_made(name: str, needs: tuple[str, ...], by_run: dict[str, Run]) -> None:
    """Refuses to begin what goes on from a model that is not there."""
    for need in needs:
        if not is_made(by_run[need]):
            raise LingweaveError(
                f"{name}: goes on from {by_run[need].name}, which is missing: first run the same"
                f" command with --only {need}"
            )


def report(config: StudyConfig, study: Study | None = None, runs: Runs | None = None) -> None:
    """Judges the claims by what is measured, writes the report and prints a summary.

    Raises:
        LingweaveError: the study is wrong, or the folder cannot be written.
    """
    from lingweave.studies.judging.claims import judged_claims
    from lingweave.studies.judging.drawn import drawn_figures
    from lingweave.studies.planning.planned import planned_rows
    from lingweave.studies.reporting.report import write_report
    from lingweave.studies.reporting.terminal import print_report
    from lingweave.studies.running.commands import command
    from lingweave.studies.running.seen import seen_by_starts

    if study is None:
        config.refuse_for("report")
        study = config.checked(here=False)
    runs = runs or runs_of(study, config.folder)
    check_options(runs)
    measurements = opened_measures(study, config.folder, runs.measures)
    folder = study_folder(config, study)
    figures = drawn_figures(study, measurements, workers=config.workers or cores())
    contents = write_report(
        study,
        measurements,
        judged_claims(study, measurements, figures=figures),
        costs_of(runs),
        folder,
        figures=figures,
        scale=config.scale,
        # Without --out: a report does not tell where its runs lie.
        command=command(replace(config, out=StudyConfig.out)),
        planned=planned_rows(study, config.folder, config.device),
        seen=seen_by_starts(study, runs),
    )
    print_report(contents, (folder / "report.md", folder / "report.html"))


def study_folder(config: StudyConfig, study: Study) -> Path:
    """Where a study's report goes."""
    return config.folder / folder_name(study, config.scale)


def _nothing(share: float) -> None:
    """Nobody asks how far it is."""
