"""What the training of each arm of a study takes."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from lingweave.errors import LingweaveError
from lingweave.studies.definition.arms import Arm, arms_of, planned_of, train_fields
from lingweave.studies.definition.study import Fields, Study
from lingweave.studies.planning.sizing import config_of, run_footprint
from lingweave.studies.running.costs import is_costed, seconds_of
from lingweave.studies.running.runs import Run, Runs, runs_of, start_fields, starts_of
from lingweave.training.config import TrainConfig

REPORTED = "h100-80gb"
"""The device that a report plans for, where none is named: the same on every computer."""


class Planned(NamedTuple):
    """What the training of an arm or start takes."""

    arm: str
    """Its name."""
    kind: str
    """start, arm, or planned: it is not run."""
    runs: int
    """Its training runs, one a seed."""
    done: int
    """Those that are done already."""
    steps: int
    """Of one run."""
    pairs: int
    """Query-passage pairs of one run."""
    tokens: float | None
    """Of one run, without padding."""
    parameters: int | None
    """Of the encoder."""
    memory: int | None
    """Bytes on the device at the peak."""
    fits: bool | None
    """Whether they are there."""
    seconds: float | None
    """Of one run."""
    measured: bool
    """Whether the seconds are those of a run that is done here."""
    device: str
    """Where it would run."""
    note: str = ""
    """What could not be told, and why."""
    same: tuple[str, ...] = ()
    """What its runs are known by: arms may have runs in common."""


def planned(
    study: Study,
    out: Path,
    device: str | None = None,
    say: Callable[[str], None] = lambda arm: None,
) -> tuple[Planned, ...]:
    """Starts, arms and planned arms.

    Args:
        study: what is planned.
        out: the folder of all studies; what is done there is not planned again.
        device: to plan for; None: the one at hand.
        say: told what is worked out next: a large encoder takes seconds.

    Raises:
        LingweaveError: there is no such device.
    """
    runs = _runs(study, out)
    starts = _started(study)
    found = [_of_start(study, name, runs, out, device) for name in starts]
    for kind, arms in (("arm", arms_of(study)), ("planned", planned_of(study))):
        for arm in arms:
            say(arm.name)
            known = runs.arms if runs and kind == "arm" else {}
            made = [known[arm.name, seed] for seed in study.seeds if (arm.name, seed) in known]
            fields = train_fields(study, arm)
            found.append(_planned(study, arm.name, kind, fields, study.seeds, made, out, device))
    return tuple(found)


def planned_rows(
    study: Study, out: Path, device: str | None = None
) -> tuple[Mapping[str, Any], ...]:
    """The arms that are only planned, as rows of a report: column -> value."""
    rows: list[Mapping[str, Any]] = []
    for arm in planned_of(study):
        try:
            one = planned_arm(study, arm, out, device)
        except Exception as error:  # Of any kind: what was measured must be reported all the same.
            reason = f"not worked out: {type(error).__name__}: {error}"
            rows.append({"arm": arm.name, "note": " ".join(reason.split())[:300]})
            continue
        rows.append(
            {
                "arm": one.arm,
                "steps": one.steps,
                "pairs": one.pairs,
                "tokens": None if one.tokens is None else round(one.tokens),
                "parameters": one.parameters,
                f"GB on {one.device}": None if one.memory is None else round(one.memory / 1e9, 2),
                "hours": None if one.seconds is None else round(one.seconds / 3600, 2),
                **({"note": one.note} if one.note else {}),
            }
        )
    return tuple(rows)


def planned_arm(study: Study, arm: Arm, out: Path, device: str | None = None) -> Planned:
    """An arm that is only planned; what takes long is kept below the folder of all studies.

    Raises:
        LingweaveError: there is no such device.
    """
    fields = train_fields(study, arm)
    return _planned(study, arm.name, "planned", fields, study.seeds, [], out, device or REPORTED)


def _runs(study: Study, out: Path) -> Runs | None:
    """The runs, where their data are at hand."""
    try:
        return runs_of(study, out)
    except LingweaveError:
        return None


def _started(study: Study) -> tuple[str, ...]:
    """The starts that something goes on from, those that others need first."""
    runs = [train_fields(study, arm) for arm in (*arms_of(study), *planned_of(study))]
    runs += [{"encoder": floor.get("model")} for floor in study.floors.values()]
    return tuple(dict.fromkeys(start for fields in runs for start in starts_of(study, fields)))


def _of_start(study: Study, name: str, runs: Runs | None, out: Path, device: str | None) -> Planned:
    made = [runs.starts[name]] if runs and name in runs.starts else []
    if study.starts[name].extend is None:
        fields = start_fields(study, name)
        return _planned(study, f"start {name}", "start", fields, (0,), made, out, device)
    done = sum(is_costed(run.folder) for run in made)
    note = "a vocabulary is extended: minutes, no training"
    return Planned(f"start {name}", "start", 1, done, 0, 0, None, None, None, None, 0.0, False,
                   "cpu", note)  # fmt: skip


def _planned(
    study: Study,
    name: str,
    kind: str,
    fields: Fields,
    seeds: Sequence[int],
    made: Sequence[Run],
    out: Path,
    device: str | None,
) -> Planned:
    """An arm, planned with its first seed: the others take as much."""
    config, extra, notes = config_of(study, fields, out, device)
    done = [run for run in made if is_costed(run.folder)]
    found = run_footprint(config, _model(made), notes, out)
    spent = [seconds_of(run.folder).get("wall") for run in done] if device is None else []
    measured = [one for one in spent if one is not None]
    seconds = sum(measured) / len(measured) if measured else found.seconds
    return Planned(
        arm=name,
        kind=kind,
        runs=len(seeds),
        done=len(done),
        steps=config.steps,
        pairs=config.steps * config.batch_size,
        tokens=None if found.tokens is None else config.steps * found.tokens,
        parameters=None if found.parameters is None else found.parameters + extra,
        memory=found.memory,
        fits=found.fits,
        seconds=seconds,
        measured=bool(measured),
        device=found.device,
        note="; ".join(notes),
        same=tuple(_known_by(config, made, seeds, kind, number) for number in range(len(seeds))),
    )


def _known_by(
    config: TrainConfig, made: Sequence[Run], seeds: Sequence[int], kind: str, number: int
) -> str:
    """What tells a run from others: its id, or where data are missing its options."""
    if number < len(made):
        return made[number].id
    seed = config.seed if kind == "start" else seeds[number]
    return repr(dataclasses.replace(config, seed=seed, plan_device=None, arm=None))


def _model(made: Sequence[Run]) -> Path | None:
    """A model with the arm's tokenizer, if one is there: its own, or that which it goes on from."""
    places = [run.model for run in made]
    places += [Path(run.config.encoder) for run in made if run.config is not None]
    return next((place for place in places if place.is_dir()), None)
