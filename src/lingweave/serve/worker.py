"""A thread for work that would hold up the event loop: the model, the index."""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")


class Worker:
    """Calls functions one after the other in a thread of its own.

    The thread is a daemon: a call that never ends does not keep the process from ending.

    Args:
        name: The thread's name.
    """

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[tuple[Callable[[], Any], Any, Any] | None] = (
            queue.SimpleQueue()
        )
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    async def call(self, function: Callable[[], T]) -> T:
        """What the function returns or raises. A caller that is cancelled stops waiting for it."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._calls.put((function, loop, future))
        return await future

    def stop(self) -> None:
        """Ends the thread after what it has been given."""
        self._calls.put(None)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            function, loop, future = call
            if future.cancelled():
                continue
            try:
                told = partial(Worker._done, future, function())
            except BaseException as error:
                told = partial(Worker._failed, future, error)
            with contextlib.suppress(RuntimeError):  # The loop has ended: nobody waits.
                loop.call_soon_threadsafe(told)

    @staticmethod
    def _done(future: "asyncio.Future[Any]", value: Any) -> None:
        if not future.done():
            future.set_result(value)

    @staticmethod
    def _failed(future: "asyncio.Future[Any]", error: BaseException) -> None:
        if not future.done():
            # A StopIteration or KeyboardInterrupt in a future would end the loop.
            plain = error if isinstance(error, Exception) else RuntimeError(repr(error))
            future.set_exception(
                RuntimeError("stop") if isinstance(error, StopIteration) else plain
            )
