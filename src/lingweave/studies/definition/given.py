"""A study file -> Study: shipped ones by name, any other by its path, at one of its scales."""

from collections.abc import Mapping
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

from lingweave.errors import LingweaveError
from lingweave.evaluate import EvaluateConfig
from lingweave.reading.config import ReadConfig
from lingweave.studies.definition.arms import arms_on, planned_of
from lingweave.studies.definition.names import check_names
from lingweave.studies.definition.places import atlas_count
from lingweave.studies.definition.plain import overlaid, plain
from lingweave.studies.definition.study import BenchmarkSpec, Choice, Fields, Start, Study
from lingweave.studies.definition.typed import Place, built, fields_of
from lingweave.training.config import TrainConfig

SCALES = "scales"
"""The field of a study file whose mappings are laid over the others: `scales: {tiny: {...}}`."""


def shipped() -> dict[str, str]:
    """Name -> text of the study files that lingweave brings."""
    folder = resources.files("lingweave.studies") / "files"
    if not folder.is_dir():
        return {}
    files = (one for one in folder.iterdir() if one.name.endswith(".yaml"))
    return {
        one.name.removesuffix(".yaml"): one.read_text("utf-8")
        for one in sorted(files, key=lambda file: file.name)
    }


def opened(name_or_path: str, scale: str | None = None) -> Study:
    """The study of a shipped file, by name, or of a file, by path.

    Args:
        name_or_path: `paper`, or `mine.yaml`.
        scale: One of the file's `scales`, which is laid over the rest; absent: the rest alone.

    Raises:
        LingweaveError: there is no such file or scale, or a field is unknown, missing or of another
            type; one line with the file and the field.
    """
    file, text = _text(name_or_path)
    values = plain(text, file)
    scales = values.pop(SCALES, None) or {}
    if not isinstance(scales, dict) or not all(isinstance(v, dict) for v in scales.values()):
        raise LingweaveError(f"{file}: {SCALES}: give mappings of fields by the scales' names")
    for name, fields in scales.items():
        for field in fields:
            if field not in Study.__dataclass_fields__:
                raise Place(file, f"{SCALES}.{name}.{field}").wrong(
                    f"there is no such field; choose from {', '.join(Study.__dataclass_fields__)}"
                )
    if scale is not None and scale not in scales:
        known = f"choose from {', '.join(scales)}, or" if scales else "it has none:"
        raise LingweaveError(f"{file}: there is no scale {scale!r}; {known} leave --scale out")
    if scale is not None:
        values = overlaid(values, scales[scale], f"{SCALES}.{scale}", file)
    study = _checked(built(Study, values, Place(file)), Place(file))
    try:
        check_names(study)
        planned_of(study)
        for name in study.benchmarks:
            arms_on(study, name)
    except LingweaveError as error:
        raise LingweaveError(f"{file}: {error}") from None
    return study


def _text(name_or_path: str) -> tuple[str, str]:
    """What the file is called in messages, and what it holds."""
    known = shipped()
    if name_or_path in known:
        return f"{name_or_path}.yaml", known[name_or_path]
    path = Path(name_or_path)
    try:
        return name_or_path, path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        if not path.exists() and path.suffix not in (".yaml", ".yml"):
            names = f"one of {', '.join(known)}, or " if known else ""
            raise LingweaveError(
                f"{name_or_path}: there is no such study; give {names}the path of a YAML file"
            ) from None
        what = getattr(error, "strerror", None) or "not UTF-8"
        raise LingweaveError(f"{name_or_path}: cannot be read ({what})") from None


def _checked(study: Study, top: Place) -> Study:
    """The study with the fields of runs and evaluations checked by their types."""

    def train(fields: Fields, place: Place) -> Fields:
        return fields_of(TrainConfig, fields, place)

    starts = top.within("starts")
    return replace(
        study,
        train=train(study.train, top.within("train")),
        axes={
            axis: {
                name: _choice(choice, top.within("axes").within(axis).within(name))
                for name, choice in choices.items()
            }
            for axis, choices in study.axes.items()
        },
        starts={
            name: start
            if start.train is None
            else Start(train=train(start.train, starts.within(name).within("train")))
            for name, start in study.starts.items()
        },
        floors={
            name: _evaluate(fields, top.within("floors").within(name))
            for name, fields in study.floors.items()
        },
        benchmarks={
            name: _benchmark(spec, top.within("benchmarks").within(name))
            for name, spec in study.benchmarks.items()
        },
    )


def _choice(choice: Choice, place: Place) -> Choice:
    return Choice(
        fields_of(TrainConfig, choice.train, place.within("train")),
        _evaluate(choice.evaluate, place.within("evaluate")),
    )


def _benchmark(spec: BenchmarkSpec, place: Place) -> BenchmarkSpec:
    read = spec.read
    if read is not None:
        read = fields_of(ReadConfig, read, place.within("read"))
    return replace(spec, evaluate=_evaluate(spec.evaluate, place.within("evaluate")), read=read)


def _evaluate(fields: Mapping[str, Any], place: Place) -> Fields:
    """Fields of an `EvaluateConfig`, whose languages may be asked of the atlas by their number."""
    languages = fields.get("languages")
    if not isinstance(languages, str):
        return fields_of(EvaluateConfig, fields, place)
    try:
        atlas_count(languages)
    except LingweaveError as error:
        raise place.within("languages").wrong(str(error)) from None
    others = {name: value for name, value in fields.items() if name != "languages"}
    return {**fields_of(EvaluateConfig, others, place), "languages": languages}
