"""What a study does side by side, and the workers that do it."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from lingweave.studies.definition.arms import Arm, planned_of
from lingweave.studies.definition.study import Study
from lingweave.studies.planning.planned import planned_arm
from lingweave.studies.running.pool import GPUS, Place, Task
from lingweave.studies.running.runs import Measure, Runs
from lingweave.studies.running.work import is_made, is_measured, make, measure

PLAN = "plan-"
"""How the ids of planning tasks begin."""


def missing_tasks(runs: Runs) -> list[Task]:
    """What is not done: each run, what it needs before it, and its measures right after it."""
    tasks = []
    # A model that is made anew may be another than the one that was measured.
    measures = [
        one
        for one in runs.distinct_measures
        if not is_measured(one) or (one.run is not None and not is_made(one.run))
    ]
    # What takes no run keeps workers busy while a start is trained.
    free = [one for one in measures if one.run is None]
    for one in runs.all:
        if not is_made(one):
            tasks.append(Task(one.id, one.name, partial(make, one), one.needs))
        tasks += [_measuring(what) for what in measures if what.run and what.run.id == one.id]
    return [*tasks, *map(_measuring, free)]


def planning_tasks(study: Study, out: Path, device: str | None) -> list[Task]:
    """The arms that are only planned: of a large encoder that takes seconds, and is kept.

    Args:
        study: what is done.
        out: the folder of all studies.
        device: to plan for; None: that of reports.
    """
    return [
        Task(f"{PLAN}{number}", f"plan of {arm.name}", partial(_plan, study, arm, out, device))
        for number, arm in enumerate(planned_of(study))
    ]


def places_of(runs: Runs, workers: int | None) -> list[Place]:
    """The workers: one a GPU where a run asks for one and there are some, else one thread each.

    Args:
        runs: what they do.
        workers: how many at most; None: as many as there are GPUs, or cores.
    """
    gpus = _gpus() if any(one.config and one.config.device != "cpu" for one in runs.all) else []
    given = cores()
    if gpus:
        count = min(workers or len(gpus), len(gpus))
        return [Place(max(1, given // count), gpu) for gpu in gpus[:count]]
    return [Place()] * (workers or given)


def _measuring(what: Measure) -> Task:
    needs = (what.run.id,) if what.run else ()
    return Task(what.id, what.name, partial(measure, what), needs)


def _plan(
    study: Study, arm: Arm, out: Path, device: str | None, say: Callable[[float], None]
) -> None:
    planned_arm(study, arm, out, device)


def _gpus() -> list[str]:
    """The GPUs that this process sees, as their libraries number or name them."""
    import torch

    count = torch.cuda.device_count()
    seen = os.environ.get(GPUS)
    if seen is None:
        return [str(number) for number in range(count)]
    # What stands behind the first name that is of no GPU is not seen.
    return [one.strip() for one in seen.split(",") if one.strip()][:count]


def cores() -> int:
    """Cores of this process."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
