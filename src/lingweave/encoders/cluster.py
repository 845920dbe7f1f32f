"""Who encodes: this process, or the workers of a Ray cluster.

The driver hands out lists of texts and gets vectors back, so that workers need neither the corpus
nor the folder of the shards. Tasks are plain and without state: one whose worker dies is run again.
"""

import importlib
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from lingweave.encoders.scores import Encoder
from lingweave.errors import LingweaveError
from lingweave.table import Side

Floats = NDArray[np.float32]
RETRIES = 3
"""How often a task may lose its worker before the run ends."""
WAITING = 2
"""Tasks handed out for each one that can run, so that no worker waits for texts."""

Given = TypeVar("Given", contravariant=True)
Made = TypeVar("Made", covariant=True)


class Work(NamedTuple):
    """Texts to encode."""

    number: int
    """Which of them, for the answer."""
    side: Side
    """Whether they are queries or passages."""
    language: str
    """Their language."""
    texts: list[str]
    """The texts."""


class Numbered(Protocol):
    """A piece of work that can be told from others."""

    @property
    def number(self) -> int:
        """Which of them, for the answer."""
        ...


class Workers(Protocol[Given, Made]):
    """Who runs tasks elsewhere."""

    room: int
    """How many tasks to hand out at once."""

    def submit(self, work: Given) -> Any:
        """Hands a task out; what is returned stands for it."""
        ...

    def finished(self, tasks: list[Any]) -> tuple[Any, Made]:
        """Waits for any of the tasks, and gives its result."""
        ...


Piece = TypeVar("Piece", bound=Numbered)
Result = TypeVar("Result")
Encode = Callable[[Iterator[Work]], Iterator[tuple[int, Floats]]]


def cluster(
    address: str | None, make: Callable[[], Encoder], key: str
) -> AbstractContextManager[Encode]:
    """From works to their vectors, in any order.

    Args:
        address: a Ray cluster's, or ``local`` to start one; None: this process encodes.
        make: makes the encoder.
        key: what tells encoders apart: a worker that made one keeps it.

    Raises:
        LingweaveError: on entering, Ray is not installed or the cluster cannot be reached; in the
            works, what the encoder raised, or workers died again and again.
    """
    if address is None:
        return nullcontext(partial(_here, make))
    return on_ray(address, encoded_there, make, key)


def _here(make: Callable[[], Encoder], works: Iterator[Work]) -> Iterator[tuple[int, Floats]]:
    encoder = make()
    for work in works:
        yield work.number, encoded(encoder, work)


def encoded(encoder: Encoder, work: Work) -> Floats:
    """(texts, d) float32."""
    encode = encoder.encode_queries if work.side == "query" else encoder.encode_passages
    return np.asarray(encode(work.texts, work.language), np.float32)


def driven(workers: Workers[Piece, Result], works: Iterator[Piece]) -> Iterator[tuple[int, Result]]:
    """The results as they come; never more tasks at once than there is room for."""
    running: dict[Any, int] = {}
    for work in works:
        if len(running) >= workers.room:
            task, result = workers.finished(list(running))
            yield running.pop(task), result
        running[workers.submit(work)] = work.number
    while running:
        task, result = workers.finished(list(running))
        yield running.pop(task), result


_encoders: dict[str, Encoder] = {}


def encoded_there(make: Callable[[], Encoder], key: str, work: Work) -> Floats:
    """What a worker runs; it keeps the encoder for its next task."""
    if key not in _encoders:
        _encoders.clear()
        _encoders[key] = make()
    return encoded(_encoders[key], work)


class RayWorkers:
    """The workers of the cluster that this process is connected to.

    Args:
        run: what they do with a piece of work.
        fixed: what it takes before the piece of work, sent to the cluster once.
    """

    def __init__(self, run: Callable[..., Any], *fixed: Any) -> None:
        self._ray = _ray()
        # A task takes a whole GPU where there are any, else one processor.
        has = self._ray.cluster_resources()
        kind = "GPU" if has.get("GPU") else "CPU"
        needs = {"num_gpus": 1} if kind == "GPU" else {"num_cpus": 1}
        self.room = WAITING * max(1, int(has.get(kind, 1)))
        self._task = self._ray.remote(max_retries=RETRIES, **needs)(run)
        self._fixed = [self._ray.put(value) for value in fixed]

    def submit(self, work: Any) -> Any:
        """A reference to the result to come."""
        return self._task.remote(*self._fixed, work)

    def finished(self, tasks: list[Any]) -> tuple[Any, Any]:
        """The first of them, and its result."""
        (task, *_), _ = self._ray.wait(tasks, num_returns=1)
        try:
            return task, self._ray.get(task)
        except self._ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, LingweaveError):
                raise error.cause from None
            raise
        except self._ray.exceptions.WorkerCrashedError as error:
            raise LingweaveError(
                f"--ray: a worker died {RETRIES + 1} times over the same texts, perhaps for want of"
                " memory; what was done is kept: give smaller shards or batches, and run again"
            ) from error


@contextmanager
def on_ray(
    address: str, run: Callable[..., Any], *fixed: Any
) -> Iterator[Callable[[Iterator[Any]], Iterator[tuple[int, Any]]]]:
    """From pieces of work to their numbers and results, in any order.

    Args:
        address: a Ray cluster's, or ``local`` to start one.
        run: what a worker does with a piece of work.
        fixed: what it takes before the piece of work.

    Raises:
        LingweaveError: as for ``cluster``.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        ray = _ray()
    except ImportError as error:
        raise LingweaveError(
            f"--ray {address}: Ray is not installed; pip install 'lingweave[ray]'"
        ) from error
    ours = not ray.is_initialized()
    if ours:
        local = {"num_cpus": os.cpu_count(), "include_dashboard": False}
        options = local if address == "local" else {}
        try:
            ray.init(address=address, logging_level="warning", log_to_driver=False, **options)
        except Exception as error:  # Plain ones too, as when a node is slow to start.
            reason = " ".join(str(error).split())[:200]
            raise LingweaveError(
                f"--ray {address}: the cluster cannot be reached ({reason}); give the address that"
                " `ray status` knows, or local"
            ) from error
    try:
        yield partial(driven, RayWorkers(run, *fixed))
    finally:
        if ours:
            ray.shutdown()


def _ray() -> Any:
    """The package: an extra, so it is imported when it is asked for."""
    return importlib.import_module("ray")
