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
from pathlib import Path

from lingweave.atomic import disk_errors_named
from lingweave.errors import LingweaveError
from lingweave.evaluate.storage import SUMMARY
from lingweave.reading.values import VALUES
from lingweave.sources.rows import read_table
from lingweave.studies.costs import Spent, is_costed, spending, write_costs
from lingweave.studies.evaluating import evaluate_spec
from lingweave.studies.runs import Measure, Run
from lingweave.training.config import TrainConfig

Say = Callable[[float], None]
"""Told which share of a piece is done, 0 to 1."""
_MODELS = ("table", "valid", "vocabulary_from", "encoder", "teacher", "mined")


def is_made(run: Run) -> bool:
    """Whether a run's model is there, with what it took."""
    return run.model.is_dir() and is_costed(run.folder)


def is_measured(measure: Measure) -> bool:
    """Whether an evaluation is there, and its reading where one is asked for."""
    read = measure.spec.read is None or (measure.folder / VALUES).exists()
    return read and (measure.folder / SUMMARY).exists()


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
        if not run.model.is_dir():
            # Torch takes seconds to import: not for what is there already.
            with spending(run.folder, run.config) as spent:
                if run.config is None:
                    _extend(run)
                else:
                    _train(run.folder, run.config, say, spent)
        if _first() and not is_costed(run.folder):
            write_costs(run)
    say(1.0)


def measure(what: Measure, say: Say, wait: bool = True) -> None:
    """Measures a model or floor, and reads what was found where the benchmark says so.

    Raises:
        LingweaveError: it cannot be measured.
    """
    with _alone(what.folder, what.name, wait), _quiet():
        if not (what.folder / SUMMARY).exists():
            with spending(what.folder, None):
                evaluate_spec(what.spec, what.fields | {"progress": False}, what.folder)
        say(0.9)
        if not is_measured(what):
            from lingweave.reading.run import read
            from lingweave.studies.evaluating import read_config

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

    train(_as_begun(folder, config), on_line=on_line, say=_silent)


def _as_begun(folder: Path, config: TrainConfig) -> TrainConfig:
    """The run with the places that it was begun with, if they are there: equal runs may name the
    same data in other places."""
    try:
        begun = json.loads((folder / "run.json").read_text(encoding="utf-8"))["config"]
        places = {name: begun[name] for name in _MODELS}
    except (OSError, ValueError, KeyError):
        return config
    named = [place for value in places.values() if value
             for place in ([value] if isinstance(value, str) else value)]  # fmt: skip
    if all(Path(place).exists() for place in named if "/" in place):
        return dataclasses.replace(config, **places)
    return config


def _extend(run: Run) -> None:
    from lingweave.studies.extension import extended

    assert run.extend is not None
    table = read_table(run.files)
    texts = (text for side in ("query", "passage") for text in table.texts(side))
    extended(run.extend.model, texts, run.extend.tokens, run.model)


@contextlib.contextmanager
def _alone(folder: Path, name: str, wait: bool) -> Iterator[None]:
    """Keeps other processes from the same piece; the system frees it when this one ends."""
    if not _first():
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


def _first() -> bool:
    """Whether this process speaks for all that torchrun has started."""
    return os.environ.get("RANK", "0") == "0"


def _silent(message: str) -> None:
    """The bar says what is under way."""
