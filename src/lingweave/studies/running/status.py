"""`lingweave study status`: what of a study is done, under way, stopped or missing."""

import fcntl
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lingweave.studies.config import StudyConfig
from lingweave.studies.running.costs import seconds_of
from lingweave.studies.running.runs import Measure, Run, Runs, runs_of
from lingweave.studies.running.work import is_made, is_measured, lock_of

State = Literal["done", "under way", "stopped", "missing"]


class Standing(NamedTuple):
    """A run, or a floor, and how far it is."""

    id: str
    """The run's; empty for floors."""
    name: str
    """What it is called."""
    state: State
    """stopped: begun, and nobody is at work on it now."""
    step: int
    """Steps that are noted as taken; 0 without training."""
    steps: int
    """Steps of the whole run."""
    measured: int
    """Measures that are done."""
    measures: int
    """All of them."""
    seconds: float | None
    """Spent so far, if that is known."""


def status(config: StudyConfig) -> None:
    """Prints every run and floor of a study with its state.

    Raises:
        LingweaveError: the study is wrong.
    """
    config.refuse_for("status")
    study = config.checked(here=False)
    standings = standings_of(runs_of(study, config.folder))
    console = Console()
    console.print(_table(standings))
    runs = [one for one in standings if one.id]
    done = sum(one.state == "done" for one in runs)
    measured, measures = (sum(getattr(one, what) for one in standings) for what in
                          ("measured", "measures"))  # fmt: skip
    console.print(
        f"{done} of {len(runs)} runs and {measured} of {measures} measures are done",
        highlight=False,
    )


def standings_of(runs: Runs) -> tuple[Standing, ...]:
    """Starts, the arms' runs, and floors, in the order of the study."""
    by_run: dict[str, list[Measure]] = {}
    floors: dict[str, list[Measure]] = {}
    for one in runs.distinct_measures:
        if one.run is not None:
            by_run.setdefault(one.run.id, []).append(one)
        else:
            floors.setdefault(one.arm, []).append(one)
    found = [_standing(run, by_run.get(run.id, [])) for run in runs.all]
    for name, measures in floors.items():
        measured = sum(map(is_measured, measures))
        state: State = "done" if measured == len(measures) else "missing"
        found.append(Standing("", name, state, 0, 0, measured, len(measures), None))
    return tuple(found)


def _standing(run: Run, measures: Sequence[Measure]) -> Standing:
    step, steps = _step(run.folder), run.config.steps if run.config else 0
    state: State = "missing"
    if is_made(run):
        state, step = "done", steps
    elif _held(lock_of(run.folder)):
        state = "under way"
    elif run.folder.is_dir():
        state = "stopped"
    measured = sum(map(is_measured, measures))
    seconds = seconds_of(run.folder).get("wall")
    return Standing(run.id, run.name, state, step, steps, measured, len(measures), seconds)


def _step(folder: Path) -> int:
    """The last step of a run's history."""
    try:
        lines = (folder / "history.jsonl").read_text(encoding="utf-8").splitlines()
        return int(json.loads(lines[-1])["step"])
    except (OSError, ValueError, LookupError):
        return 0


def _held(lock: Path) -> bool:
    """Whether a process is at work under a lock."""
    try:
        with lock.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _table(standings: Sequence[Standing]) -> Table:
    view = Table(box=None, padding=(0, 2, 0, 0))
    view.add_column("run")
    view.add_column("id")
    view.add_column("state")
    for heading in ("step", "measured", "seconds"):
        view.add_column(heading, justify="right")
    for one in standings:
        view.add_row(
            escape(one.name),
            one.id,
            one.state,
            f"{one.step:,} of {one.steps:,}" if one.steps else "",
            f"{one.measured} of {one.measures}" if one.measures else "",
            "" if one.seconds is None else f"{one.seconds:,.0f}",
        )
    return view
