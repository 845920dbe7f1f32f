"""The index that is being served: opening it, asking it, changing it, closing it."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeVar

from lingweave.errors import LingweaveError, UnavailableError
from lingweave.index.documents import Document
from lingweave.index.passages import Passage
from lingweave.index.requests import Balanced, Hit, Request
from lingweave.serve.answers import languages_json
from lingweave.serve.backend import Backend, Facts
from lingweave.serve.batching import Batcher
from lingweave.serve.limits import Limits
from lingweave.serve.logs import LOG, log
from lingweave.serve.metrics import Metrics
from lingweave.serve.problems import ServeError
from lingweave.serve.worker import Worker

T = TypeVar("T")
_WARM = ("warm up", "Wärme", "温める")
"""What is searched for before anyone else may."""
_CLOSING = 5.0
"""Seconds that the index has to finish what is being written and to close."""
_FRESH = 2.0
"""Seconds for which figures of the index are not counted again."""


class Stats(NamedTuple):
    """How much the index holds."""

    counts: Mapping[str, int]
    """Passages of each language."""
    documents: int | None


class Service:
    """An index behind a queue, as the routes use it.

    Args:
        opening: Opens the index; called once, in the thread that searches.
        limits: How much is served at once, and for how long.
        metrics: What is told of it.
        failed: Told why the index could not be opened.
    """

    def __init__(
        self,
        opening: Callable[[], Backend],
        limits: Limits,
        metrics: Metrics,
        failed: Callable[[BaseException], None] = lambda error: None,
    ) -> None:
        self.limits = limits
        self.metrics = metrics
        self.state: Literal["starting", "ready", "stopping"] = "starting"
        self._opening = opening
        self._failed = failed
        self._backend: Backend | None = None
        self._batcher: Batcher | None = None
        self._searching = Worker("search")
        self._writing = Worker("write")
        self._looking = Worker("look")  # So that looking at the index holds up no search.
        self._stats: tuple[float, Stats] | None = None
        metrics.watch(
            lambda: self._batcher.load if self._batcher else 0,
            lambda: self._stats[1].counts if self._stats else {},
        )

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Opens the index meanwhile, and closes it in the end."""
        task = asyncio.create_task(self._open())
        try:
            yield
        finally:
            self.state = "stopping"
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await self._close()

    @property
    def facts(self) -> Facts:
        """What does not change.

        Raises:
            ServeError: the index is not open.
        """
        return self._ready()[0].facts

    def check_ready(self) -> None:
        """Whether searches are answered.

        Raises:
            ServeError: they are not, or the one under way should have ended long ago.
        """
        _, batcher = self._ready()
        if batcher.seconds > 2 * self.limits.timeout:
            raise ServeError("unavailable", "a search does not end", retry=30)

    async def search(self, requests: Sequence[Request], caller: str = "") -> list[list[Hit]]:
        """The hits of each request.

        Args:
            requests: Searches.
            caller: Whose they are.

        Raises:
            ServeError: it cannot be answered, or not in time.
        """
        _, batcher = self._ready()
        return await self._in_time(batcher.ask(requests, caller), self.limits.timeout)

    async def passage(self, id: str) -> Passage | None:
        """The passage of this id, if there is one."""
        backend, _ = self._ready()
        found = await self._read(lambda: backend.passages([id]))
        return found.get(id)

    async def stats(self) -> Stats:
        """How much the index holds, as it was a moment ago."""
        backend, _ = self._ready()
        if self._stats is None or time.monotonic() - self._stats[0] > _FRESH:
            found = await self._read(lambda: Stats(backend.counts(), backend.documents()))
            self._stats = time.monotonic(), found
        return self._stats[1]

    async def add(self, documents: Sequence[Document]) -> int:
        """Adds documents; how many passages they have become."""
        backend, _ = self._ready()
        return await self._write(lambda: backend.add(documents))

    async def remove(self, ids: Sequence[str]) -> int:
        """Removes documents; how many of them were there."""
        backend, _ = self._ready()
        return await self._write(lambda: backend.remove(ids))

    def _ready(self) -> tuple[Backend, Batcher]:
        if self.state == "starting":
            raise ServeError("starting", "the index is being opened; try again", retry=2)
        if self.state == "stopping" or self._backend is None or self._batcher is None:
            raise ServeError("stopping", "the server is stopping", retry=5)
        return self._backend, self._batcher

    async def _open(self) -> None:
        since = time.monotonic()
        try:
            self._backend = backend = await self._searching.call(self._opening)
            await self._searching.call(lambda: _warm(backend))
            stats = await self._searching.call(lambda: Stats(backend.counts(), backend.documents()))
            # Names of languages are read from tables that are opened late.
            await self._searching.call(lambda: languages_json(stats.counts))
        except Exception as error:
            self._failed(error)
            return
        self._stats = time.monotonic(), stats
        self._batcher = Batcher(
            backend.answers,
            self._searching,
            size=self.limits.batch,
            wait=self.limits.batch_wait / 1000,
            room=self.limits.max_waiting,
            room_each=self.limits.max_per_caller,
            watch=self.metrics.batch,
        )
        self.state = "ready"
        seconds = round(time.monotonic() - since, 3)
        log(logging.INFO, "ready", seconds=seconds, passages=sum(stats.counts.values()))

    async def _close(self) -> None:
        if self._batcher is not None:
            await self._batcher.close()
        backend = self._backend
        if backend is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CLOSING):
                    await self._writing.call(lambda: None)  # What is being written is finished.
                    await self._searching.call(backend.close)
        for worker in (self._searching, self._writing, self._looking):
            worker.stop()

    async def _read(self, function: Callable[[], T]) -> T:
        return await self._in_time(self._looking.call(function), self.limits.timeout)

    async def _write(self, function: Callable[[], T]) -> T:
        try:
            async with asyncio.timeout(self.limits.write_timeout):
                found = await self._writing.call(function)
        except TimeoutError:
            raise ServeError(
                "timeout", "not done in time; it may still be done: look before trying again"
            ) from None
        except UnavailableError as error:
            LOG.error("write failed", extra={"fields": {"reason": str(error)}})
            raise ServeError(
                "unavailable", "the index or its encoder does not answer; try again", retry=5
            ) from error
        except LingweaveError as error:
            log(logging.WARNING, "write refused", reason=str(error))
            raise ServeError("refused", str(error)) from error
        self._stats = None if self._stats is None else (-_FRESH, self._stats[1])
        with contextlib.suppress(ServeError):  # The write is done, whatever comes of this.
            await self.stats()  # For the figures of /metrics, which nobody else may ask for.
        return found

    async def _in_time(self, work: Coroutine[Any, Any, T], seconds: float) -> T:
        try:
            async with asyncio.timeout(seconds):
                return await work
        except TimeoutError:
            raise ServeError("timeout", "no answer in time; try again", retry=1) from None
        except LingweaveError as error:
            # What a caller can get wrong was looked at before: this is about the server.
            LOG.error("search failed", extra={"fields": {"reason": str(error)}})
            raise ServeError(
                "unavailable", "the search failed; see the server's log", retry=5
            ) from error


def _warm(backend: Backend) -> None:
    """Searches once in each way, so that nobody waits for what is loaded late."""
    for query in _WARM:
        backend.answers([Request(query, k=1)])
    for mode in backend.facts.modes:
        backend.answers([Request(_WARM[0], k=10, mode=mode, dial=Balanced(), explain=True)])
    if backend.facts.rerank:
        backend.answers([Request(_WARM[0], k=1, rerank=True)])
