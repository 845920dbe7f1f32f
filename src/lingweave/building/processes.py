"""Processes of this machine that work on pieces in parallel; one that dies is replaced.

``concurrent.futures`` gives up all of its processes when one dies, and they outlive a parent that
was killed. Here each process has a pipe of its own: what one loses is given to the next, and one
whose parent is gone ends.
"""

import multiprocessing
import os
import signal
import threading
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any, Generic, NamedTuple, TypeVar

from lingweave.errors import LingweaveError

RETRIES = 3
"""How often a piece of work may lose its process before the run ends."""
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")

Piece = TypeVar("Piece")
Made = TypeVar("Made")


class _Hand(NamedTuple):
    """A process, and what it is given work through."""

    process: Any
    pipe: Connection


class Processes(Generic[Piece, Made]):
    """Processes that all do the same with pieces of work; a context manager.

    Args:
        count: how many.
        run: what they do with a piece of work; it is pickled, as are pieces and results. Each
            process has its own copy, which lives as long as the process.
    """

    def __init__(self, count: int, run: Callable[[Piece], Made]) -> None:
        self.room = 2 * count
        self._count, self._run = count, run
        self._idle: list[_Hand] = []
        self._busy: dict[Connection, tuple[_Hand, int]] = {}
        self._waiting: deque[int] = deque()
        self._pieces: dict[int, Piece] = {}
        self._deaths: Counter[int] = Counter()
        self._next = 0

    def __enter__(self) -> "Processes[Piece, Made]":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        for hand in [*self._idle, *(hand for hand, _ in self._busy.values())]:
            _end(hand)
        self._idle, self._busy = [], {}

    def submit(self, work: Piece) -> int:
        """Hands a piece of work out; the number that is returned stands for it."""
        ticket, self._next = self._next, self._next + 1
        self._pieces[ticket] = work
        self._waiting.append(ticket)
        self._hand_out()
        return ticket

    def finished(self, tasks: list[int]) -> tuple[int, Made]:
        """Waits for any piece that was handed out, and gives its result.

        Raises:
            LingweaveError: the work raised it, or its processes died again and again.
            RuntimeError: the work raised anything else; the traceback is in the message.
        """
        while True:
            (pipe, *_) = wait([*self._busy])
            assert isinstance(pipe, Connection)
            hand, ticket = self._busy.pop(pipe)
            try:
                what, value = pipe.recv()
            except (EOFError, OSError):
                self._lost(hand, ticket)
                continue
            self._idle.append(hand)
            if what == "mistake":
                raise LingweaveError(value)
            if what == "error":
                raise RuntimeError(f"a process of the run failed:\n{value}")
            del self._pieces[ticket]
            # The next piece first: the process works while the result is put away.
            self._hand_out()
            return ticket, value

    def _hand_out(self) -> None:
        while self._waiting and (self._idle or len(self._busy) < self._count):
            ticket = self._waiting.popleft()
            hand = self._idle.pop() if self._idle else self._new()
            try:
                hand.pipe.send(self._pieces[ticket])
            except OSError:
                self._lost(hand, ticket)
            else:
                self._busy[hand.pipe] = hand, ticket

    def _lost(self, hand: _Hand, ticket: int) -> None:
        """Puts a dead process's piece in front of all others."""
        hand.process.join(1)  # Its pipe may be gone a little before it is.
        _end(hand)
        self._deaths[ticket] += 1
        if self._deaths[ticket] > RETRIES:
            raise LingweaveError(_why(hand.process.exitcode))
        self._waiting.appendleft(ticket)
        self._hand_out()

    def _new(self) -> _Hand:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(self._run, theirs), daemon=True)
        with _surroundings(self._count):
            process.start()
        theirs.close()
        return _Hand(process, ours)


def _serve(run: Callable[[Any], Any], pipe: Connection) -> None:
    """What a process does until its parent is gone, or ends it."""
    # Gone in the middle of a piece: there is nobody to send the result to.
    with suppress(EOFError, OSError):
        while True:
            work = pipe.recv()
            try:
                answer = "made", run(work)
            except LingweaveError as error:
                answer = "mistake", str(error)
            except Exception:
                answer = "error", traceback.format_exc()
            pipe.send(answer)


def _why(status: int | None) -> str:
    if status is not None and status > 0:
        return (
            f"processes end as soon as they start (exit status {status}; what they printed stands"
            ' above): a script must call this under `if __name__ == "__main__":`'
        )
    return (
        f"a process was killed {RETRIES + 1} times over the same texts (signal"
        f" {-(status or 0)}), perhaps for want of memory; what was done is kept: give fewer workers"
        " or smaller batches, and run again"
    )


def _end(hand: _Hand) -> None:
    """Ends a process, dead or alive."""
    hand.pipe.close()
    hand.process.terminate()
    hand.process.join()


@contextmanager
def _surroundings(count: int) -> Iterator[None]:
    """What a process inherits when it starts: its share of the processors, and no Ctrl-C, which is
    the parent's to answer."""
    before = {name: os.environ.get(name) for name in _THREADS}
    share = str(max(1, (os.cpu_count() or 1) // count))
    for name in _THREADS:
        os.environ.setdefault(name, share)
    main = threading.current_thread() is threading.main_thread()
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN) if main else None
    try:
        yield
    finally:
        if main:
            signal.signal(signal.SIGINT, handler)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
