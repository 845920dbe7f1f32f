"""Tasks done side by side in processes of this machine, at whose end nothing is lost.

A worker process ends with its task: what a task leaves in memory or on a GPU is gone, and a process
that dies takes one task with it. Ctrl-C lets every task save what it has.
"""

import contextlib
import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

from lingweave.errors import LingweaveError
from lingweave.workers import (
    THREADS,
    Bar,
    end_with_parent,
    environment,
    started_from,
    undivided,
)

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

GPUS = "CUDA_VISIBLE_DEVICES"

Say = Callable[[float], None]
"""Told which share of a task is done, 0 to 1."""


class Task(NamedTuple):
    """Something to do in a process of its own."""

    id: str
    """By which other tasks name it."""
    name: str
    """What it is called where it is shown."""
    work: Callable[[Say], None]
    """What is done; it is pickled for the process."""
    needs: tuple[str, ...] = ()
    """Tasks that must be done before; those that are not among the tasks are taken to be."""


class Place(NamedTuple):
    """What one worker has to itself."""

    threads: int = 1
    """Threads it computes with."""
    gpu: str | None = None
    """The GPU that it sees, by number or name; None: all or none, as this process does."""


class Failure(NamedTuple):
    """A task that was not done."""

    line: str
    """Why, in a line."""
    trace: str = ""
    """Where it happened, if it was not a user's mistake."""
    after: str = ""
    """Id of another failed task, without which this one could not begin."""


def done_side_by_side(
    tasks: Sequence[Task],
    places: Sequence[Place],
    title: str,
    preload: Sequence[str] = (),
    told: Callable[[str, Failure | None], None] = lambda task, failure: None,
) -> dict[str, Failure]:
    """Does all tasks, as many at once as there are places, and gives those that failed, by id.

    Earlier tasks go first. One that fails does not keep others from being done, but for those that
    need it.

    Args:
        tasks: what is to be done.
        places: the workers.
        title: what the bar is of.
        preload: modules that every task imports, imported once.
        told: told of each task when it is through: its id and, if it failed, why.

    Raises:
        KeyboardInterrupt: Ctrl-C or SIGTERM came; every task under way was told to save and end.
    """
    if not tasks:
        return {}
    threads = {name: str(places[0].threads) for name in THREADS}
    # Libraries read these once, when the process that all workers are forked from imports them.
    with (
        environment(threads),
        _sigterm_as_ctrl_c(),
        Bar(title, [one.id for one in tasks]) as bar,
    ):
        return _Pool(tasks, places, started_from(preload), bar, told).done()


class _Running(NamedTuple):
    """A task under way."""

    task: Task
    place: Place
    process: "BaseProcess"
    begun: float
    """When, on the monotonic clock."""


class _Pool:
    """Tasks that wait, that are under way, and that are through."""

    def __init__(
        self,
        tasks: Sequence[Task],
        places: Sequence[Place],
        context: BaseContext,
        bar: Bar,
        told: Callable[[str, Failure | None], None],
    ) -> None:
        self.waiting = list(tasks)
        self.free = list(places)
        self.open = {task.id for task in tasks}
        self.running: dict[Connection, _Running] = {}
        self.failed: dict[str, Failure] = {}
        self.context = context
        self.bar = bar
        self.told = told
        self.names = {task.id: task.name for task in tasks}

    def done(self) -> dict[str, Failure]:
        """All tasks are through; those that failed."""
        try:
            while self.waiting or self.running:
                self._start()
                if not self.running:  # All that waited needs what failed last.
                    continue
                for ready in connection.wait(list(self.running)):
                    assert isinstance(ready, Connection)
                    self._hear(ready)
        except BaseException:
            self._end()
            raise
        return self.failed

    def _start(self) -> None:
        for task in list(self.waiting):
            if lost := [need for need in task.needs if need in self.failed]:
                self.waiting.remove(task)
                line = f"needs {self.names[lost[0]]}, which failed"
                self._through(task, Failure(line, after=lost[0]))
            elif self.free and not any(need in self.open for need in task.needs):
                self.waiting.remove(task)
                place = self.free.pop(0)
                here, there = self.context.Pipe(duplex=False)
                process = self.context.Process(  # type: ignore[attr-defined]
                    target=_in_worker, args=(task.work, place, there), name=task.name
                )
                with undivided():
                    process.start()
                there.close()
                self.running[here] = _Running(task, place, process, time.monotonic())

    def _hear(self, source: Connection) -> None:
        """Takes up what a worker says, or that it is no more."""
        one = self.running[source]
        try:
            said = source.recv()
        except (EOFError, OSError):
            one.process.join()
            said = Failure(_ended(one.process.exitcode))
        if isinstance(said, float):
            self.bar.at(one.task.id, said, self._under_way())
            return
        del self.running[source]
        source.close()
        one.process.join()
        self.free.append(one.place)
        self._through(one.task, said, f" ({_duration(time.monotonic() - one.begun)})")

    def _through(self, task: Task, failure: Failure | None, took: str = "") -> None:
        self.open.discard(task.id)
        if failure is not None:
            self.failed[task.id] = failure
        self.told(task.id, failure)
        self.bar.at(task.id, 1.0, self._under_way())
        outcome = f": {failure.line}" if failure else took
        self.bar.say(f"{len(self.names) - len(self.open)}/{len(self.names)}  {task.name}{outcome}")

    def _under_way(self) -> str:
        return ", ".join(one.task.name for one in self.running.values()) or "waiting"

    def _end(self) -> None:
        """Lets all that is under way save and end; asked again, it ends at once."""
        print("Stopping: what is under way is saved first", file=sys.stderr)
        try:
            for one in self.running.values():
                one.process.terminate()
            for one in self.running.values():
                one.process.join()
        except BaseException:
            for one in self.running.values():
                one.process.kill()
            raise


def _ended(status: int | None) -> str:
    """Why a worker is gone that said nothing."""
    reason = ": it was killed, perhaps because memory ran out" if status == -signal.SIGKILL else ""
    return f"its process ended with status {status}{reason}"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


@contextlib.contextmanager
def _sigterm_as_ctrl_c() -> Iterator[None]:
    """SIGTERM, by which job managers end a program, is taken as Ctrl-C."""
    before: Any = signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def _in_worker(work: Callable[[Say], None], place: Place, parent: Connection) -> None:
    """Does a task in a process of its own, and tells the parent how it ended."""
    # Ctrl-C reaches all processes of a terminal; what is to be done then, the parent says.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop)
    end_with_parent()
    os.environ |= dict.fromkeys(THREADS, str(place.threads))
    if place.gpu is not None:
        os.environ[GPUS] = place.gpu
    logging.getLogger("lingweave").setLevel(logging.ERROR)
    if (torch := sys.modules.get("torch")) is not None:  # Else it will look at the environment.
        torch.set_num_threads(place.threads)
    outcome: Failure | None
    try:
        work(parent.send)
        outcome = None
    except LingweaveError as error:
        outcome = Failure(" ".join(str(error).split()))
    except KeyboardInterrupt:
        outcome = Failure("it was stopped; what was done is saved")
    except BaseException as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        outcome = Failure(reason, traceback.format_exc())
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        parent.send(outcome)


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
