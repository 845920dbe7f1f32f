"""By what runs and measures are told apart: hashes of what decides them, free of places."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from lingweave.atlas import DEFAULT_LANGUAGES
from lingweave.benchmark import Benchmark
from lingweave.errors import LingweaveError
from lingweave.evaluate.run import EvaluateConfig, configuration_of
from lingweave.sources.atlas import SEED, atlas_path
from lingweave.sources.rows import read_table
from lingweave.studies.definition.places import place_of
from lingweave.studies.definition.study import BenchmarkSpec, Extension, Fields
from lingweave.studies.running.digests import content_digest, model_digest
from lingweave.studies.running.evaluating import evaluate_config
from lingweave.training.config import FREE_FIELDS, TrainConfig

_PLACES = ("table", "valid", "vocabulary_from", "encoder", "teacher", "mined")
_SILENT = FREE_FIELDS | {"out", "arm", *_PLACES}
_DEFAULTS = TrainConfig()


def run_id(
    run: TrainConfig | Extension, known: Mapping[str, str], files: Sequence[Path] = ()
) -> str:
    """What a run is called: equal for equal weights.

    Args:
        run: how it is made, with places for names.
        known: ids of the runs whose models it goes on from, by their folders.
        files: where the new pieces of an extension are learned from.

    Raises:
        LingweaveError: a table cannot be read.
    """
    if isinstance(run, Extension):
        texts = _table(tuple(map(str, files)))
        return _hash(["extend", _model(run.model, known), texts, run.tokens])
    out = Path(run.tokens).parent if run.tokens else None  # The folder of all studies.
    # A field that is as it always was says nothing, so that new ones do not rename old runs.
    decides = {
        name: value
        for name, value in run.to_dict().items()
        if name not in _SILENT and value != getattr(_DEFAULTS, name)
    }
    chosen = {
        "languages": tuple(run.languages) if run.languages else None,
        "datasets": tuple(run.datasets) if run.datasets else None,
        "one_of": tuple(map(tuple, run.one_of or ())),
    }
    decides["table"] = _table(tuple(run.table), **chosen)
    if run.vocabulary_from:
        decides["vocabulary_from"] = _table(tuple(run.vocabulary_from), **chosen)
    if run.eval_every:
        from lingweave.training.tables import validation_table

        valid = validation_table(run)
        decides["valid"] = valid.fingerprint if valid is not None else None
    decides["encoder"] = _model(run.encoder, known, out)
    if run.teacher is not None:
        decides["teacher"] = _model(run.teacher, known, out)
    if run.mined is not None:
        try:
            decides["mined"] = hashlib.sha256(Path(run.mined).read_bytes()).hexdigest()
        except OSError as error:
            raise LingweaveError(
                f"train.mined: {run.mined}: cannot be read ({error.strerror}); give the file that"
                " `lingweave mine` wrote"
            ) from error
    return _hash(decides)


def measure_id(
    run: str | None, spec: BenchmarkSpec, fields: Fields, out: Path | None = None
) -> str:
    """What a measure is called: equal for equal figures.

    Args:
        run: id of the run that is measured; None: a floor.
        spec: the benchmark.
        fields: of `EvaluateConfig`: a floor, and what an arm's choices add.
        out: the folder of all studies, where checksums are kept; None: nowhere.
    """
    asked = spec.evaluate | fields
    if asked.get("model") is not None:
        asked["model"] = _model(place_of(str(asked["model"])), {}, out)
    if asked.get("vectors") is not None:
        asked["vectors"] = _content(str(asked["vectors"]), out)
    return _hash(
        {
            "run": run,
            "asked": {name: str(value) if isinstance(value, Path) else value
                      for name, value in asked.items()},
            "data": _data(spec, fields, out),
            "alter": dataclasses.asdict(spec.alter) if spec.alter else None,
            "read": _reading(spec, out),
        }
    )  # fmt: skip


def changed_options(run: TrainConfig, begun: Mapping[str, Any], processes: int = 1) -> list[str]:
    """Options that decide a run's weights and were others when it was begun, with both values.

    Its id leaves out what is as it is by default, so it does not tell of a default that changed.

    Args:
        run: as it is asked for now.
        begun: the options that were written when it was begun.
        processes: how many trained it: each has its part of a batch.
    """
    before = dict(begun)
    if isinstance(before.get("batch_size"), int):
        before["batch_size"] *= processes
    return [
        f"{name} {before[name]!r} then, {value!r} now"
        for name, value in run.to_dict().items()
        # An option that did not exist has not changed: it stands for what was always done.
        if name not in _SILENT and name in before and before[name] != value
    ]


def changed_measure(
    spec: BenchmarkSpec, fields: Fields, folder: Path, configuration: Mapping[str, Any]
) -> list[str]:
    """What an evaluation was made with that is now something else, such as the model's weights.

    Args:
        spec: the benchmark; the id of a measure holds its data and languages.
        fields: of `EvaluateConfig`: the model or floor, and what an arm's choices add.
        folder: of the evaluation, below the folder of all studies.
        configuration: what is written there.
    """
    config = evaluate_config(spec, fields, folder)
    if config.endpoint is not None or not (config.model is None or Path(config.model).is_dir()):
        return []  # Known by its address or name; nobody is asked over the network.
    asked = _asked(config, folder.parent.parent)
    return sorted(
        name
        for name in ({*asked, *configuration} - _OF_DATA)
        if asked.get(name) != configuration.get(name)
    )


_OF_DATA = {"data", "languages", "split", "seed"}
"""Parts of an evaluation's configuration that follow from the benchmark, which its id holds."""


def _asked(config: EvaluateConfig, out: Path) -> dict[str, Any]:
    """An evaluation's configuration, as it would be written, without what the benchmark gives."""
    nothing = Benchmark("", {}, {}, ())
    if config.model is None:
        found = configuration_of(config, nothing)
    else:
        from lingweave.encoders.routes import has_routes

        # The floor stands for the model, whose checksum is kept.
        found = configuration_of(dataclasses.replace(config, model=None, encoder="random"), nothing)
        found |= {"encoder": config.encoder, "model": model_digest(Path(config.model), out)}
        if has_routes(Path(config.model)):
            found["by_language"] = True
    told: dict[str, Any] = json.loads(json.dumps(found, default=str))
    return told


@lru_cache(maxsize=256)
def _table(
    paths: tuple[str, ...],
    languages: tuple[str, ...] | None = None,
    datasets: tuple[str, ...] | None = None,
    one_of: tuple[tuple[str, ...], ...] = (),
) -> str:
    """A hash of all that a run reads from these files."""
    table = read_table(paths, languages=languages, datasets=datasets, one_of=one_of)
    return table.fingerprint


def _model(place: str, known: Mapping[str, str], out: Path | None = None) -> str:
    """A model: the run that makes it, the checksum of its folder, or its name on the hub."""
    if place in known:
        return f"run {known[place]}"
    return model_digest(Path(place), out) if Path(place).is_dir() else place


def _reading(spec: BenchmarkSpec, out: Path | None) -> Fields | None:
    """How answers are read, with the reader as other models are known."""
    if spec.read is None or spec.read.get("reader") is None:
        return spec.read
    return spec.read | {"reader": _model(place_of(str(spec.read["reader"])), {}, out)}


def _content(named: str, out: Path | None) -> str:
    """A file or folder by what is in it; one that is not there by its name."""
    place = Path(place_of(named))
    return content_digest(place, out) if place.exists() else named


def _data(spec: BenchmarkSpec, fields: Fields, out: Path | None) -> str | None:
    """What tells a benchmark's data from others of its name: the atlas's own hash, or a checksum of
    its files."""
    if str(spec.evaluate.get("benchmark", "")).startswith("atlas"):
        config = evaluate_config(spec, fields if "encoder" in fields else {"encoder": "random"},
                                 Path())  # fmt: skip
        languages = config.languages or DEFAULT_LANGUAGES
        seed = SEED if config.seed is None else config.seed
        return atlas_path("test", tuple(languages), seed).parent.name
    data = spec.evaluate.get("data")
    return None if data is None else _content(str(data), out)


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
