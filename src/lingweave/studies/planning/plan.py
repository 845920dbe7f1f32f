"""`lingweave study plan`: what the runs of a study take on a device, before anything is started."""

import dataclasses
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lingweave.errors import LingweaveError
from lingweave.studies.config import StudyConfig
from lingweave.studies.definition.arms import arms_of, evaluate_fields, planned_of, train_fields
from lingweave.studies.definition.places import place_of
from lingweave.studies.definition.study import Fields, Study
from lingweave.studies.planning.footprints import Sizes, at_limits, published_shape, unreachable
from lingweave.studies.running.costs import is_costed, seconds_of
from lingweave.studies.running.runs import (
    MODELS,
    START,
    TABLES,
    Run,
    Runs,
    runs_of,
    start_fields,
    train_config,
)
from lingweave.studies.running.tokens import tokens_per_step
from lingweave.training.config import TrainConfig

FROM_NOTHING = ("static", "transformer")
SHAPE = ("encoder", "vocabulary", "dimension", "layers")
"""Fields that decide the size of an encoder that starts from nothing."""
PUBLISHED_SHAPE = (
    "the hub is not reached, so its shape is that of the published facts, and texts are taken to be"
    " as long as they may be"
)
"""What is said of an encoder that is known by its shape alone."""
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


def plan(config: StudyConfig) -> None:
    """Prints runs, pairs, tokens, memory and time by arm, and their sums; starts nothing.

    Raises:
        LingweaveError: the study is wrong.
    """
    from lingweave.studies.checking.check import check

    study = config.opened()
    check(study, here=False)
    with Console(stderr=True).status("planning") as shown:
        plans = planned(
            study, config.folder, config.device, lambda arm: shown.update(f"planning {arm}")
        )
    console = Console(width=None if sys.stdout.isatty() else 150)
    console.print(_table(plans))
    for line in _lines(study, plans):
        console.print(line, highlight=False)


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
    """The arms that are only planned, as rows of a report: column -> value.

    Raises:
        LingweaveError: there is no such device.
    """
    device = device or REPORTED
    rows = []
    for arm in planned_of(study):
        one = _planned(
            study, arm.name, "planned", train_fields(study, arm), study.seeds, [], out, device
        )
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


def _runs(study: Study, out: Path) -> Runs | None:
    """The runs, where their data are at hand."""
    try:
        return runs_of(study, out)
    except LingweaveError:
        return None


def _started(study: Study) -> list[str]:
    """The starts that something goes on from, those that others need first."""
    found: dict[str, None] = {}

    def add(model: object) -> None:
        if not isinstance(model, str) or not model.startswith(START):
            return
        name = model.removeprefix(START)
        spec = study.starts[name]
        if spec.extend is None:
            add_all(start_fields(study, name))
        else:
            add(spec.extend.model)
        found[name] = None

    def add_all(fields: Fields) -> None:
        add(fields.get("encoder"))
        add(fields.get("teacher"))

    for arm in (*arms_of(study), *planned_of(study)):
        add_all(train_fields(study, arm))
    for floor in study.floors.values():
        add(floor.get("model"))
    return list(found)


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
    config, extra, notes = _config(study, fields, out, device)
    done = [run for run in made if is_costed(run.folder)]
    found = _footprint(config, _model(made), notes, out)
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


def _config(
    study: Study, fields: Fields, out: Path, device: str | None
) -> tuple[TrainConfig, int, list[str]]:
    """A run as far as it can be planned, the parameters that an extension adds, and what is to be
    said of it: an encoder that goes on from a start has its shape."""
    given, extra = dict(fields), 0
    while str(given.get("encoder", "")).startswith(START):
        start = given["encoder"].removeprefix(START)
        spec = study.starts[start]
        if spec.extend is not None:
            given["encoder"], extra = spec.extend.model, extra + spec.extend.tokens
            continue
        below = start_fields(study, start)
        given["encoder"] = below.get("encoder", "static")
        given |= {name: below[name] for name in SHAPE[1:] if name in below}
    if str(given.get("teacher", "")).startswith(START):
        given["teacher"] = "a start"
    try:
        config = train_config(study, given, study.seeds[0], out, {})
        notes = []
    except LingweaveError:
        left_out = (*TABLES, "mined", "eval_every", "patience")
        kept = {name: value for name, value in given.items() if name not in left_out}
        kept |= {name: place_of(kept[name]) for name in MODELS if kept.get(name)}
        config = TrainConfig(**kept | {"seed": study.seeds[0]})
        notes = ["its data are not at hand, so texts are taken to be as long as they may be"]
    return dataclasses.replace(config, plan_device=device), extra, notes


class _Found(NamedTuple):
    """What a footprint tells."""

    tokens: float | None
    parameters: int | None
    memory: int | None
    fits: bool | None
    seconds: float | None
    device: str


def _footprint(config: TrainConfig, model: Path | None, notes: list[str], out: Path) -> _Found:
    """Tokens of a step, parameters, memory and time; what cannot be told is noted."""
    from lingweave.studies.planning.static_time import seconds_per_step
    from lingweave.training.footprint.footprint import footprint_of
    from lingweave.training.options import recipe_of
    from lingweave.training.tables import training_table

    loaded = config.encoder not in FROM_NOTHING
    tokens = None
    try:
        table = training_table(config) if config.table else None
        if table is not None and not loaded:
            tokens = tokens_per_step(config, model)
        if table is not None and loaded:
            whole = footprint_of(config, table, recipe_of(config))
            found = Sizes.of(whole)
        else:
            found = at_limits(_sizing(config), out)
    except LingweaveError as error:
        shape = published_shape(config.encoder) if unreachable(error) else None
        if shape is None:
            notes.append(" ".join(str(error).split()))
            return _Found(tokens, None, None, None, None, config.plan_device or "–")
        notes.append(PUBLISHED_SHAPE)
        # What a name says of pooling goes with it.
        pooling = "cls" if config.pooling == "auto" and "labse" in shape else config.pooling
        found = at_limits(_sizing(dataclasses.replace(config, encoder=shape, pooling=pooling)), out)
    tokens = found.tokens if tokens is None else tokens
    seconds = found.seconds
    if config.encoder == "static" and not found.gpu:
        seconds = config.steps * seconds_per_step(config, tokens)
    elif config.encoder == "static":
        notes.append("no time: a static encoder's step is bound by memory traffic")
    return _Found(tokens, found.parameters, found.memory, found.fits, seconds, found.device)


def _sizing(config: TrainConfig) -> TrainConfig:
    """The run without what its size does not depend on, so that arms which differ in that alone
    are worked out once."""
    recipe = config.recipe if "multi_positive" in config.objective else TrainConfig.recipe
    return dataclasses.replace(
        config, recipe=recipe, seed=0, table=[], valid=None, vocabulary_from=None,
        eval_every=None, patience=None,
    )  # fmt: skip


def _table(plans: Iterable[Planned]) -> Table:
    view = Table(box=None, padding=(0, 2, 0, 0))
    view.add_column("arm")
    for heading in ("runs", "done", "steps", "pairs", "tokens", "parameters", "memory", "a run"):
        view.add_column(heading, justify="right")
    view.add_column("on")
    for one in plans:
        memory = "–" if one.memory is None else f"{one.memory / 1e9:,.2f} GB"
        if one.fits is False:
            memory += " [bold]too much[/bold]"
        view.add_row(
            escape(one.arm) + (" (planned)" if one.kind == "planned" else ""),
            str(one.runs),
            str(one.done),
            _count(one.steps),
            _count(one.pairs),
            _count(one.tokens),
            _count(one.parameters),
            memory,
            _time(one.seconds) + (" measured" if one.measured else ""),
            one.device,
        )
    return view


def _lines(study: Study, plans: Sequence[Planned]) -> list[str]:
    """Sums over distinct runs, and what they leave out."""
    lines = []
    counted: set[str] = set()
    for what, chosen in (
        ("To run", [one for one in plans if one.kind != "planned"]),
        ("Only planned", [one for one in plans if one.kind == "planned"]),
    ):
        if not chosen:
            continue
        left: list[tuple[Planned, int]] = []
        runs = done = 0
        for one in chosen:
            # The runs that are done stand first or last; which they are does not matter to a sum.
            new = [key for key in dict.fromkeys(one.same) if key not in counted]
            counted |= set(new)
            there = min(one.done, len(new))
            runs, done = runs + len(new), done + there
            left.append((one, len(new) - there))
        unknown = [one.arm for one, count in left if one.seconds is None and count]
        lines.append(
            f"{what}: {runs} runs, of which {done} are done; of the others"
            f" {_count(_sum((one.pairs, count) for one, count in left))} pairs,"
            f" {_count(_sum((one.tokens, count) for one, count in left))} tokens,"
            f" {_time(_sum((one.seconds, count) for one, count in left))} on one device"
            + (f", without {', '.join(unknown)}" if unknown else "")
        )
    planned_arms = [one for one in plans if one.kind == "arm"]
    measured = {
        (key, repr(evaluate_fields(study, arm)))
        for arm, one in zip(arms_of(study), planned_arms, strict=True)
        for key in one.same
    }
    count = (len(measured) + len(study.floors)) * len(study.benchmarks)
    lines.append(
        f"Measures: {count}, on {len(study.benchmarks)} benchmarks; their time is not in the sums."
    )
    lines.append(
        "Pairs, tokens, parameters, memory and time of an arm are those of one run; tokens without"
        " padding; time at 40% of the device's peak, for static encoders from a few steps here."
    )
    notes: dict[str, list[str]] = {}
    for one in plans:
        if one.note:
            notes.setdefault(one.note, []).append(one.arm)
    lines += [f"{', '.join(names)}: {note}" for note, names in notes.items()]
    return [escape(line) for line in lines]


def _sum(parts: Iterable[tuple[float | None, int]]) -> float | None:
    """The sum of values, so many of each; None if none of those that count is known."""
    given = [(value, count) for value, count in parts if count]
    known = [value * count for value, count in given if value is not None]
    return sum(known) if known or not given else None


def _count(value: float | None) -> str:
    if value is None:
        return "–"
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M")):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:,.0f}"


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:,.3g} {unit}"
    return f"{seconds:,.0f} s"
