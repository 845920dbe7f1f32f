"""By what runs and measures are told apart: hashes of what decides them, free of places."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from lingweave.atlas import DEFAULT_LANGUAGES
from lingweave.sources.atlas import SEED, atlas_path
from lingweave.sources.rows import read_table
from lingweave.studies.evaluating import evaluate_config
from lingweave.studies.places import place_of
from lingweave.studies.study import BenchmarkSpec, Extension, Fields
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
    decides["encoder"] = _model(run.encoder, known)
    if run.teacher is not None:
        decides["teacher"] = _model(run.teacher, known)
    if run.mined is not None:
        decides["mined"] = hashlib.sha256(Path(run.mined).read_bytes()).hexdigest()
    return _hash(decides)


def measure_id(run: str | None, spec: BenchmarkSpec, fields: Fields) -> str:
    """What a measure is called: equal for equal figures.

    Args:
        run: id of the run that is measured; None: a floor.
        spec: the benchmark.
        fields: of `EvaluateConfig`: a floor, and what an arm's choices add.
    """
    asked = spec.evaluate | fields
    return _hash(
        {
            "run": run,
            "asked": {name: str(value) if isinstance(value, Path) else value
                      for name, value in asked.items()},
            "data": _data(spec, fields),
            "alter": dataclasses.asdict(spec.alter) if spec.alter else None,
            "read": spec.read,
        }
    )  # fmt: skip


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


def _model(place: str, known: Mapping[str, str]) -> str:
    """A model: the run that makes it, the checksum of its folder, or its name on the hub."""
    if place in known:
        return f"run {known[place]}"
    return _folder(place) if Path(place).is_dir() else place


@lru_cache(maxsize=64)
def _folder(place: str) -> str:
    from lingweave.encoders.sentence_transformer import identity

    return str(identity("", Path(place))["sha256"])


def _data(spec: BenchmarkSpec, fields: Fields) -> Any:
    """What tells a benchmark's data from others of its name: the atlas's own hash, or names and
    sizes of files."""
    if str(spec.evaluate.get("benchmark", "")).startswith("atlas"):
        config = evaluate_config(spec, fields if "encoder" in fields else {"encoder": "random"},
                                 Path())  # fmt: skip
        languages = config.languages or DEFAULT_LANGUAGES
        seed = SEED if config.seed is None else config.seed
        return atlas_path("test", tuple(languages), seed).parent.name
    data = spec.evaluate.get("data")
    if data is None:
        return None
    place = Path(place_of(str(data)))
    if place.is_file():
        return [place.name, place.stat().st_size]
    return sorted(
        (path.relative_to(place).as_posix(), path.stat().st_size)
        for path in place.rglob("*")
        if path.is_file()
    )


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
