"""The pieces of a demo, each called in a worker process.

A piece that is finished returns at once and an interrupted one goes on, because ``train`` and
``evaluate`` do: the demo keeps no state of its own.
"""

import contextlib
import logging
import signal
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from lingweave.demo.recipe import Runs

if TYPE_CHECKING:
    from multiprocessing.queues import SimpleQueue

    from lingweave.table import ParallelTable


class Progress(NamedTuple):
    """What a worker says while it works."""

    piece: str
    """The piece of work: ``warm start``, ``hybrid 21`` and so on."""
    done: float
    """The share of it that is done, 0 to 1."""


_say: list[Callable[[Progress], None]] = []


@contextlib.contextmanager
def saying(say: Callable[[Progress], None]) -> Iterator[None]:
    """Progress of what this process does goes to ``say``, and warnings nowhere: floors tie by
    their nature, and the report says so."""
    log = logging.getLogger("lingweave")
    level = log.level
    _say.append(say)
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        _say.remove(say)
        log.setLevel(level)


def start_worker(queue: "SimpleQueue[Progress | None]") -> None:
    """Prepares a worker process: one thread, and Ctrl-C left to the trainer and to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _say.append(queue.put)
    logging.getLogger("lingweave").setLevel(logging.ERROR)
    import torch

    torch.set_num_threads(1)


def warm_start(runs: Runs) -> None:
    """Trains the encoder that all arms start from, on the parallel names."""
    _train("warm start", runs, "warm", "names")


def arm(runs: Runs, recipe: str, seed: int) -> None:
    """Trains one arm with one seed and evaluates it."""
    _train(f"{recipe} {seed}", runs, f"{recipe}-{seed}", "train", recipe, seed)
    folder = runs.folder / f"{recipe}-{seed}"
    _evaluate(f"{recipe} {seed}", runs, folder.name, model=str(folder / "model"))


def floor(runs: Runs, name: str) -> None:
    """Evaluates a row that needs no training."""
    _evaluate(name, runs, name, encoder=name)


def _train(
    piece: str, runs: Runs, name: str, part: str, recipe: str = "x-y", seed: int = 0
) -> None:
    from lingweave.training.run import train

    config = runs.training(name, recipe, seed)

    def on_line(line: object) -> None:
        if isinstance(line, dict) and "step" in line:
            _report(piece, 0.9 * line["step"] / config.steps)

    train(config, table=_table(part, runs), on_line=on_line, say=_silent)


def _evaluate(piece: str, runs: Runs, name: str, **what: str) -> None:
    from lingweave.evaluate import run

    _report(piece, 0.9)
    run(runs.evaluation(name, **what))
    _report(piece, 1.0)


@lru_cache(maxsize=4)
def _table(part: str, runs: Runs) -> "ParallelTable":
    from lingweave.sources.atlas import atlas_table

    return atlas_table(part, runs.languages)


def _silent(message: str) -> None:
    """The bar says what is under way."""


def _report(piece: str, done: float) -> None:
    for say in _say:
        say(Progress(piece, done))
