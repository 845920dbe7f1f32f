"""One piece of a study, done in this process: a model is made, or measured on a benchmark.

A piece that is finished returns at once and an interrupted one goes on, because `train` and
`evaluate` do.
"""

import contextlib
import dataclasses
import fcntl
import json
import os
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from lingweave.atomic import disk_errors_named
from lingweave.errors import LingweaveError
from lingweave.evaluate.storage import SUMMARY
from lingweave.reading.values import VALUES
from lingweave.sources.rows import read_table
from lingweave.studies.running.costs import Spent, is_costed, seconds_of, spending, write_costs
from lingweave.studies.running.evaluating import evaluate_spec
from lingweave.studies.running.identity import changed_measure, changed_options
from lingweave.studies.running.launch import divided, is_first, processes
from lingweave.studies.running.runs import Measure, Run
from lingweave.training.config import TrainConfig

Say = Callable[[float], None]
"""Told which share of a piece is done, 0 to 1."""
_MODELS = ("table", "valid", "vocabulary_from", "encoder", "teacher", "mined")


def is_made(run: Run) -> bool:
    """Whether a run's model is there, with what it took."""
    return run.model.is_dir() and is_costed(run.folder)


def is_measured(measure: Measure) -> bool:
    """Whether an evaluation is there that was made as it would be made now, and its reading where
    one is asked for."""
    read = measure.spec.read is None or (measure.folder / VALUES).exists()
    return read and (measure.folder / SUMMARY).exists() and not _is_outdated(measure)


def check_as_begun(run: Run) -> None:
    """Refuses a run whose model is of other options than those that are asked for now, because
    what they are by default has changed since.

    Raises:
        LingweaveError: says which.
    """
    begun = _begun(run.folder)
    # Of an unfinished one the trainer itself says so; another process may have begun it just now.
    if run.config is None or not begun or not run.model.is_dir():
        return
    before = int(seconds_of(run.folder).get("processes", processes()))
    changed = changed_options(run.config, begun, before)
    if changed:
        raise LingweaveError(
            f"{run.name}: {run.folder} was trained with other options ({'; '.join(changed)}):"
            " remove the folder to train it anew, or name the old value in the study"
        )


def lock_of(folder: Path) -> Path:
    """The file that a process holds while it works on a run or measure."""
    return folder.with_name(f".{folder.name}.lock")


def make(run: Run, say: Say, wait: bool = True) -> None:
    """Makes a run's model, or finishes it.

    Args:
        run: what is made.
        say: told how far it is.
        wait: for another process that makes the same one; else it is refused.

    Raises:
        LingweaveError: it cannot be made.
        KeyboardInterrupt: it was stopped; what was done is saved.
    """
    with _alone(run.folder, run.name, wait):
        check_as_begun(run)
        if not run.model.is_dir():
            # Torch takes seconds to import: not for what is there already.
            with spending(run.folder, run.config) as spent:
                if run.config is None:
                    _extend(run)
                else:
                    _train(run.folder, run.config, say, spent)
        if is_first() and not is_costed(run.folder):
            write_costs(run)
    say(1.0)


def measure(what: Measure, say: Say, wait: bool = True) -> None:
    """Measures a model or floor, and reads what was found where the benchmark says so.

    Raises:
        LingweaveError: it cannot be measured.
    """
    with _alone(what.folder, what.name, wait), _quiet():
        if (what.folder / SUMMARY).exists() and _is_outdated(what):
            for name in (SUMMARY, VALUES):
                (what.folder / name).unlink(missing_ok=True)
        if not (what.folder / SUMMARY).exists():
            with spending(what.folder, None):
                evaluate_spec(what.spec, what.fields | {"progress": False}, what.folder)
        say(0.9)
        if not is_measured(what):
            from lingweave.reading.run import read
            from lingweave.studies.running.evaluating import read_config

            config = read_config(what.spec, what.folder)
            assert config is not None
            read(config)
    say(1.0)


def _train(folder: Path, config: TrainConfig, say: Say, spent: Spent) -> None:
    from lingweave.training.run import train

    def on_line(line: object) -> None:
        if isinstance(line, dict) and "step" in line:
            say(line["step"] / config.steps)
            spent.note()

    with spent.memory():
        part = divided(_as_begun(folder, config), processes())
        train(part, on_line=on_line, say=_silent)


def _as_begun(folder: Path, config: TrainConfig) -> TrainConfig:
    """The run with the places that it was begun with, if they are there: equal runs may name the
    same data in other places."""
    begun = _begun(folder)
    if not all(name in begun for name in _MODELS):
        return config
    places = {name: begun[name] for name in _MODELS}
    named = [place for value in places.values() if value
             for place in ([value] if isinstance(value, str) else value)]  # fmt: skip
    if all(Path(place).exists() for place in named if "/" in place):
        return dataclasses.replace(config, **places)
    return config


def _begun(folder: Path) -> dict[str, Any]:
    """The options that a run was begun with; none if it was not."""
    try:
        begun: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        return dict(begun["config"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _is_outdated(measure: Measure) -> bool:
    """Whether an evaluation that is there is of another model, or was made with other options."""
    configuration = _configuration(measure.folder / SUMMARY)
    return bool(changed_measure(measure.spec, measure.fields, measure.folder, configuration))


def _configuration(path: Path) -> dict[str, Any]:
    """What an evaluation was made with."""
    try:
        return _configuration_at(path, path.stat().st_mtime_ns)
    except (OSError, ValueError, KeyError, TypeError):
        return {}


@lru_cache(maxsize=4096)
def _configuration_at(path: Path, time: int) -> dict[str, Any]:
    told = json.loads(path.read_text(encoding="utf-8"))
    return dict(told["provenance"]["configuration"])


def _extend(run: Run) -> None:
    from lingweave.studies.extending.extension import extended

    assert run.extend is not None
    table = read_table(run.files)
    texts = (text for side in ("query", "passage") for text in table.texts(side))
    extended(run.extend.model, texts, run.extend.tokens, run.model)


@contextlib.contextmanager
def _alone(folder: Path, name: str, wait: bool) -> Iterator[None]:
    """Keeps other processes from the same piece; the system frees it when this one ends."""
    if not is_first():
        yield
        return
    with disk_errors_named(str(folder)):
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = lock_of(folder).open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise LingweaveError(f"{name}: another process is at work in {folder}") from None
        yield


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Nothing is printed to stdout meanwhile: a reading prints its tables."""
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        yield


def _silent(message: str) -> None:
    """The bar says what is under way."""
