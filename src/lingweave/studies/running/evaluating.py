"""A benchmark of a study, measured for one model or floor."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lingweave.errors import LingweaveError
from lingweave.evaluate import EvaluateConfig, Evaluation, run
from lingweave.reading.config import ReadConfig
from lingweave.studies.data.tables import atlas_languages
from lingweave.studies.definition.places import atlas_count, place_of
from lingweave.studies.definition.study import BenchmarkSpec

PATHS = ("data", "vectors", "cache", "shards")
"""Fields that are files or folders."""
MADE = ("cache", "shards")
"""Those that are folders and are made where they are not there."""
OWN = ("out", "alter")
"""Fields that a study sets itself."""


def evaluate_config(spec: BenchmarkSpec, fields: Mapping[str, Any], out: Path) -> EvaluateConfig:
    """How a model or a floor is measured on a benchmark.

    Args:
        spec: the benchmark.
        fields: of `EvaluateConfig`: the model or floor, and what an arm's choices add; a field
            that the benchmark sets too must have the same value.
        out: the evaluation's folder.

    Raises:
        LingweaveError: a field is unknown, set twice, or its value is not possible.
    """
    for name, value in fields.items():
        if name in spec.evaluate and spec.evaluate[name] != value:
            raise LingweaveError(
                f"evaluate.{name}: {spec.evaluate[name]!r} by the benchmark, {value!r} by the arm"
            )
    known = [one.name for one in dataclasses.fields(EvaluateConfig) if one.name not in OWN]
    given = {**spec.evaluate, **fields}
    for name in given:
        if name not in known:
            raise LingweaveError(f"evaluate.{name}: no such field; choose from {', '.join(known)}")
    for name in (*PATHS, "model"):
        if isinstance(given.get(name), str):
            place = place_of(given[name])
            given[name] = place if name == "model" else Path(place)
    languages = given.get("languages")
    if isinstance(languages, str):
        given["languages"] = list(atlas_languages(atlas_count(languages)))
    return EvaluateConfig(**given, out=out, alter=spec.alter)


def evaluate_spec(spec: BenchmarkSpec, fields: Mapping[str, Any], out: Path) -> Evaluation:
    """Measures, or opens what was measured before with the same configuration.

    Args:
        spec: the benchmark.
        fields: of `EvaluateConfig`, such as {"model": FOLDER} or {"encoder": "bm25"}.
        out: the evaluation's folder.

    Raises:
        LingweaveError: anything the user can mend.
    """
    return run(evaluate_config(spec, fields, out))


def read_config(spec: BenchmarkSpec, out: Path) -> ReadConfig | None:
    """How an evaluation's answers are read; None: they are not.

    With the fewest resamples that there may be: a study makes its own intervals of the values.

    Raises:
        LingweaveError: a field of `read` is unknown, or its value is not possible.
    """
    if spec.read is None:
        return None
    own = ("evaluations", "data", "resamples")
    known = [one.name for one in dataclasses.fields(ReadConfig) if one.name not in own]
    for name in spec.read:
        if name not in known:
            raise LingweaveError(f"read.{name}: no such field; choose from {', '.join(known)}")
    given = dict(spec.read)
    if isinstance(given.get("reader"), str):
        given["reader"] = place_of(given["reader"])
    data = spec.evaluate.get("data")
    place = None if data is None else Path(place_of(str(data)))
    return ReadConfig(evaluations=[str(out)], data=place, resamples=2, **given)
