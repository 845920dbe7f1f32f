"""Searches that come at the same time, answered together.

While the model works on a batch the next searches queue up; as soon as it is free it takes all that
wait, up to a limit. So a lone search never waits for company, and many share one pass of the model.
"""

import asyncio
import contextlib
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence

from lingweave.index.requests import Hit, Request
from lingweave.serve.problems import ServeError
from lingweave.serve.worker import Worker

Answers = Callable[[Sequence[Request]], list[list[Hit]]]
_Waiting = tuple[Request, "asyncio.Future[list[Hit]]", float]


class Batcher:
    """Gathers searches and has them answered.

    Args:
        answers: Answers several searches at once; called in the worker's thread.
        worker: Whose thread that is.
        size: Searches that are answered together at most.
        wait: Seconds to wait for more once there is one and the worker is free.
        room: Searches that may wait or be under way.
        room_each: How many of them may be one caller's.
        watch: Told of each batch: how many, and the seconds that each of them had waited.
    """

    def __init__(
        self,
        answers: Answers,
        worker: Worker,
        *,
        size: int,
        wait: float,
        room: int,
        room_each: int | None = None,
        watch: Callable[[int, list[float]], None] = lambda count, waited: None,
    ) -> None:
        self._answers = answers
        self._worker = worker
        self._size = size
        self._wait = wait
        self._room = room
        self._room_each = room if room_each is None else room_each
        self._of_callers: Counter[str] = Counter()
        self._watch = watch
        self._queue: deque[_Waiting] = deque()
        self._batch: list[_Waiting] = []
        self._since = 0.0
        self._more = asyncio.Event()
        self._task = asyncio.create_task(self._serve())

    @property
    def load(self) -> int:
        """Searches that wait or are under way, and that somebody waits for."""
        return sum(not future.done() for _, future, _ in (*self._queue, *self._batch))

    @property
    def seconds(self) -> float:
        """How long the batch under way has taken so far."""
        return time.monotonic() - self._since if self._batch else 0.0

    async def ask(self, requests: Sequence[Request], caller: str = "") -> list[list[Hit]]:
        """The hits of each request.

        Args:
            requests: Searches.
            caller: Whose they are.

        Raises:
            ServeError: too many searches wait already, of this caller or of all.
            LingweaveError: one of the requests cannot be answered.
        """
        if self.load + len(requests) > self._room:
            raise ServeError("busy", "too many searches are waiting; try again", retry=1)
        mine_now = self._of_callers[caller]
        # One request alone is within the limits of a request, and could never be answered else.
        if mine_now and mine_now + len(requests) > self._room_each:
            raise ServeError("too_many", "too many searches at once; wait for some to end", retry=1)
        loop = asyncio.get_running_loop()
        now = time.monotonic()
        mine: list[_Waiting] = [(one, loop.create_future(), now) for one in requests]
        self._queue = deque(one for one in self._queue if not one[1].done())  # Who waits still.
        self._queue.extend(mine)
        self._of_callers[caller] += len(mine)
        self._more.set()
        try:
            # Not gather: after the first failure nobody would look at the others'.
            await asyncio.wait([future for _, future, _ in mine])
        finally:
            for _, future, _ in mine:
                future.cancel()  # Of a caller who has gone: need not be answered.
            self._of_callers[caller] -= len(mine)
            if not self._of_callers[caller]:
                del self._of_callers[caller]
        failures = [f.exception() for _, f, _ in mine]
        for failure in failures:
            if failure is not None:
                raise failure
        return [future.result() for _, future, _ in mine]

    async def close(self) -> None:
        """Takes no more; who still waits is told so."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        _refuse(self._queue)
        self._queue.clear()

    async def _serve(self) -> None:
        while True:
            self._more.clear()
            if not self._queue:
                await self._more.wait()
            if self._wait and len(self._queue) < self._size:
                await asyncio.sleep(self._wait)
            batch: list[_Waiting] = []
            while self._queue and len(batch) < self._size:
                one = self._queue.popleft()
                if not one[1].done():
                    batch.append(one)
            if batch:
                self._batch = batch
                try:
                    await self._answer(batch)
                finally:
                    self._batch = []
                    _refuse(batch)  # Where this was cancelled: nobody will answer them.

    async def _answer(self, batch: list[_Waiting]) -> None:
        self._since = now = time.monotonic()  # Anew where a batch's searches are answered singly.
        self._watch(len(batch), [now - since for _, _, since in batch])
        try:
            found = await self._worker.call(lambda: self._answers([one for one, _, _ in batch]))
            if len(found) != len(batch):
                raise RuntimeError(f"{len(found)} answers to {len(batch)} searches")
        except Exception as error:
            if len(batch) > 1:  # One of them is at fault: the others are answered all the same.
                for one in batch:
                    if not one[1].done():
                        await self._answer([one])
            elif not batch[0][1].done():
                batch[0][1].set_exception(error)
        else:
            for (_, future, _), hits in zip(batch, found, strict=True):
                if not future.done():
                    future.set_result(hits)


def _refuse(left: Iterable[_Waiting]) -> None:
    for _, future, _ in left:
        if not future.done():
            future.set_exception(ServeError("stopping", "the server is stopping", retry=5))
