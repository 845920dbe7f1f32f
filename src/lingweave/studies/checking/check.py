"""What can be wrong with a study, told before its first run in one line that names the place."""

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lingweave.errors import LingweaveError
from lingweave.languages import canonical
from lingweave.studies.checking.availability import check_model
from lingweave.studies.checking.check_claims import check_claims
from lingweave.studies.data.tables import check_table, checked, languages_of
from lingweave.studies.definition.arms import (
    Arm,
    arms_of,
    arms_on,
    evaluate_fields,
    planned_of,
    train_fields,
)
from lingweave.studies.definition.names import check_names
from lingweave.studies.definition.places import path_of, place_of
from lingweave.studies.definition.study import AtlasTable, Fields, Study, named
from lingweave.studies.running.evaluating import MADE, PATHS, evaluate_config, read_config
from lingweave.studies.running.runs import MODELS, START, TABLES, start_fields
from lingweave.training.config import FROM_NOTHING, TrainConfig

OWN = ("out", "arm", "tokens", "plan_only", "plan_device")
"""Fields of `TrainConfig` that a study sets itself; `seed` too, but for starts."""


def check(study: Study, here: bool = True) -> None:
    """Refuses a study that could not be run to its end, as far as that shows without reading data.

    Args:
        study: what is looked at.
        here: whether data, models and packages must be there, as they need not be for a plan.

    Raises:
        LingweaveError: the first mistake that is found.
    """
    with place(f"study {study.name}"):
        _check_names(study)
        for name in study.tables:
            check_table(study, name) if here else checked(study, name)
        for name in study.starts:
            with place(f"starts.{name}"):
                _check_start(study, name, here)
        _check_fields("train", study.train, (*OWN, "seed"))
        for axis, choices in study.axes.items():
            for name, choice in choices.items():
                _check_fields(f"axes.{axis}.{name}.train", choice.train, (*OWN, "seed"))
                if here:
                    _check_places(f"axes.{axis}.{name}.evaluate", choice.evaluate)
        _check_benchmarks(study, here)
        _check_floors(study, here)
        for arm in arms_of(study):
            _check_arm(study, arm, here)
        for arm in planned_of(study):
            _check_arm(study, arm, False)
        check_claims(study)


@contextlib.contextmanager
def place(where: str) -> Iterator[None]:
    """Mistakes that are found in the block are told with their place."""
    try:
        yield
    except LingweaveError as error:
        raise LingweaveError(f"{where}: {error}") from error


def _check_names(study: Study) -> None:
    """Names make folders and arms; what they name must be there."""
    check_names(study)
    for where, given in (
        ("seeds", study.seeds),
        ("axes", study.axes),
        ("benchmarks", study.benchmarks),
        *((f"axes.{axis}", choices) for axis, choices in study.axes.items()),
        *_named_choices(study),
        ("arms", arms_of(study)),
        *((f"benchmarks.{name}.arms", arms_on(study, name)) for name in study.benchmarks),
    ):
        if not given:
            raise LingweaveError(f"{where}: is empty; give one or more")
    twice = [seed for seed, times in Counter(study.seeds).items() if times > 1]
    if twice:
        raise LingweaveError(f"seeds: {twice[0]} stands twice; give each once")
    if study.resamples < 2:
        raise LingweaveError(f"resamples: {study.resamples} is not possible; give 2 or more")
    arms = {arm.name for arm in (*arms_of(study), *planned_of(study))}
    for name in study.floors:
        if name in arms:
            raise LingweaveError(f"floors.{name}: an arm is called so; choose another name")


def _named_choices(study: Study) -> Iterator[tuple[str, str | list[str]]]:
    """Place -> what an entry of arms names of an axis."""
    on = ((f"benchmarks.{name}.arms", one.arms or ()) for name, one in study.benchmarks.items())
    for where, entries in (("arms", study.arms or ()), ("planned", study.planned), *on):
        for number, entry in enumerate(entries, 1):
            for axis, given in entry.items():
                yield f"{where}[{number}].{axis}", given


def _check_start(study: Study, name: str, here: bool, above: Sequence[str] = ()) -> None:
    """A start can be made, and does not go on from itself."""
    start = study.starts[name]
    if name in above:
        raise LingweaveError(f"goes on from itself ({' -> '.join([*above, name])})")
    if start.train is not None:
        _check_fields("train", start.train, OWN)
        _check_run(study, start_fields(study, name), 0, here)
        models = [str(start_fields(study, name).get(field, "")) for field in MODELS]
    else:
        assert start.extend is not None
        named("the table", start.extend.table, study.tables)
        models = [start.extend.model]
        if start.extend.tokens < 1:
            raise LingweaveError(f"extend.tokens: {start.extend.tokens}: give 1 or more")
        if not start.extend.model.startswith(START) and here:
            check_model(start.extend.model)
    for model in models:
        if model.startswith(START):
            below = model.removeprefix(START)
            named("the start", below, study.starts)
            _check_start(study, below, here, (*above, name))


def _check_fields(where: str, fields: Fields, own: Sequence[str]) -> None:
    for name in own:
        if name in fields:
            instead = "give the study's seeds" if name == "seed" else "leave it out"
            raise LingweaveError(f"{where}.{name}: a study sets it itself; {instead}")


def _check_arm(study: Study, arm: Arm, here: bool) -> None:
    """What the arm's choices come to together can be run and measured."""
    with place(f"arm {arm.name}"):
        for what in ("train", "evaluate"):
            _check_once(study, arm, what)
        _check_run(study, train_fields(study, arm), study.seeds[0], here)
        for name, spec in study.benchmarks.items():
            if arm in arms_of(study) and arm not in arms_on(study, name):
                continue
            with place(f"benchmarks.{name}"):
                evaluate_config(spec, evaluate_fields(study, arm) | {"model": "model"}, Path())


def _check_once(study: Study, arm: Arm, what: str) -> None:
    """Two choices that set the same field would make the result depend on the axes' order."""
    by: dict[str, str] = {}
    for axis, choice in arm.choices.items():
        for name in getattr(study.axes[axis][choice], what):
            if name in by:
                raise LingweaveError(
                    f"{what}.{name} is set by {by[name]} and by {axis} {choice}: an arm's choices"
                    " must set different fields"
                )
            by[name] = f"{axis} {choice}"


def _check_run(study: Study, fields: Fields, seed: int, here: bool) -> None:
    """The fields make a run whose recipe and objective are possible."""
    from lingweave.training.options import options_of

    given: dict[str, Any] = {"seed": seed, **fields}
    if not given.get("table"):
        raise LingweaveError("train.table: is empty; name tables of the study")
    for name in TABLES:
        for table in given.get(name) or ():
            named(f"train.{name}: the table", table, study.tables)
    config = TrainConfig(**given | {"plan_only": not here})
    options_of(config)
    for name in MODELS:
        model = given.get(name)
        if isinstance(model, str) and model.startswith(START):
            named(f"train.{name}: the start", model.removeprefix(START), study.starts)
        elif here and model and model not in FROM_NOTHING:
            with place(f"train.{name}"):
                check_model(model)
    if here and given.get("mined") is not None:
        path_of(given["mined"], "train.mined")


def _check_benchmarks(study: Study, here: bool) -> None:
    """The benchmarks can be had, as far as a look at folders tells."""
    for name, spec in study.benchmarks.items():
        with place(f"benchmarks.{name}"):
            _check_fields("evaluate", spec.evaluate, ("out", "alter", "model", "encoder"))
            config = evaluate_config(spec, {"encoder": "random"}, Path())
            if config.benchmark.startswith("atlas"):
                languages_of(AtlasTable(languages=config.languages))
            reading = read_config(spec, Path())
            if here:
                _check_places("evaluate", spec.evaluate)
            if here and reading is not None and reading.reader is not None:
                check_model(reading.reader)
            for code in spec.unseen:
                canonical(code)


def _check_floors(study: Study, here: bool) -> None:
    """The floors can be measured on every benchmark."""
    for floor, fields in study.floors.items():
        for name, spec in study.benchmarks.items():
            with place(f"floors.{floor} on {name}"):
                evaluate_config(spec, _without_start(study, fields), Path())
        model = fields.get("model")
        with place(f"floors.{floor}"):
            if here:
                _check_places("", fields)
            if here and model is not None and not str(model).startswith(START):
                check_model(str(model))


def _check_places(where: str, fields: Fields) -> None:
    """What is read is there; where folders are made, no file is in the way."""
    for name in PATHS:
        if fields.get(name) is None:
            continue
        at = f"{where}.{name}" if where else name
        if name not in MADE:
            path_of(str(fields[name]), at)
        elif (path := Path(place_of(str(fields[name])))).exists() and not path.is_dir():
            raise LingweaveError(f"{at}: {path}: is a file; give a folder")


def _without_start(study: Study, fields: Mapping[str, Any]) -> Fields:
    model = str(fields.get("model", ""))
    if not model.startswith(START):
        return dict(fields)
    named("the start", model.removeprefix(START), study.starts)
    return {**fields, "model": "model"}
