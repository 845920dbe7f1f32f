"""Worker processes and what people see of them: how they start, and how far their work is."""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import (
    active_children,
    connection,
    forkserver,
    get_all_start_methods,
    get_context,
    parent_process,
)
from multiprocessing.context import BaseContext
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from lingweave.errors import LingweaveError

Given = TypeVar("Given")
Made = TypeVar("Made")

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
"""Variables that tell libraries how many threads they may use."""


def started_from(preload: Sequence[str]) -> BaseContext:
    """How workers start: forked from one process that has imported what all of them need, where
    that is possible, so that the import, which takes longer than some of the work, happens once.

    Args:
        preload: the modules that it imports.
    """
    if "forkserver" not in get_all_start_methods():
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload(list(preload))
    # It imports while this process does other work, and Ctrl-C is not for it.
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    forkserver.ensure_running()
    signal.signal(signal.SIGINT, handler)
    return context


@contextlib.contextmanager
def undivided() -> Iterator[None]:
    """Puts Ctrl-C off: a worker must not be left half started."""
    asked: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: asked.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if asked:
        raise KeyboardInterrupt


@contextlib.contextmanager
def environment(wanted: Mapping[str, str]) -> Iterator[None]:
    """These variables, until the block ends."""
    before = {name: os.environ.get(name) for name in wanted}
    os.environ |= wanted
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def end_with_parent() -> None:
    """Lets this worker be told to end (SIGTERM) when the process that started it is gone."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)


def mapped(
    work: Callable[[Given], Made], items: Sequence[Given], workers: int, preload: Sequence[str]
) -> list[Made]:
    """``work`` of each item, in their order, by processes of one thread each.

    Stopped, it ends at once: for work of seconds, of which nothing is kept.

    Args:
        work: pickled for the processes, as items and results are.
        items: what is worked on.
        workers: processes at most; with one, or one item, the work is done in this process.
        preload: modules that all of them need.

    Raises:
        LingweaveError: a process was killed.
    """
    if min(workers, len(items)) < 2:
        return [work(item) for item in items]
    # Libraries read these once, when the process that all workers are forked from imports them.
    with environment(dict.fromkeys(THREADS, "1")):
        context, others = started_from(preload), set(active_children())
        pool = ProcessPoolExecutor(min(workers, len(items)), context, end_with_parent)
        try:
            with undivided():
                made = [pool.submit(work, item) for item in items]
            return [one.result() for one in made]
        except BrokenProcessPool:
            raise LingweaveError(
                "a worker was killed, perhaps because memory ran out: give fewer --workers"
            ) from None
        except BaseException:
            for process in set(active_children()) - others:
                process.kill()
            raise
        finally:
            pool.shutdown(cancel_futures=True)


class Bar:
    """On stderr, how far some pieces of work are together; a context manager."""

    def __init__(self, title: str, pieces: Sequence[str]) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        self.bars = Progress(*columns, console=Console(stderr=True), transient=True)
        self._whole = self.bars.add_task(title, total=len(pieces))
        self._shares = dict.fromkeys(pieces, 0.0)

    def __enter__(self) -> "Bar":
        self.bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bars.stop()

    def at(self, piece: str, share: float, description: str | None = None) -> None:
        """A share of a piece is done, 0 to 1."""
        self._shares[piece] = share
        done = sum(self._shares.values())
        self.bars.update(self._whole, completed=done, description=description or piece)

    def say(self, line: str) -> None:
        """Prints a line above the bar."""
        self.bars.console.print(line, highlight=False, markup=False)
