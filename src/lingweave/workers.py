"""Worker processes and what people see of them: how they start, and how far their work is."""

import contextlib
import signal
from collections.abc import Iterator, Sequence
from multiprocessing import forkserver, get_all_start_methods, get_context
from multiprocessing.context import BaseContext

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

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
