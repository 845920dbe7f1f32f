"""HTTP as uvicorn speaks it, with an end to clients that are slow, too many or speak otherwise."""

import asyncio
import secrets
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from lingweave.serve.limits import Limits
from lingweave.serve.metrics import Metrics
from lingweave.serve.problems import ServeError

_LAST_BYTES = 5.0
"""Seconds in which a client may take the rest of an answer after which it is closed."""


_PIECE = 1 << 12
"""Bytes that are read of a connection before the others get their turn."""
_THROWN = 1 << 20
"""Bytes that a client may go on sending after it was refused."""
_CHUNKING = 1 << 16
"""Bytes that the lengths and ends of a body's chunks may take, beside an eighth of the body: each
chunk costs work, however short it is."""


def protocol_of(limits: Limits, metrics: Metrics) -> type[H11Protocol]:
    """The protocol of a server's connections.

    uvicorn bounds how long a connection is idle between requests. Here also the time is bounded in
    which the head of a request comes and in which an answer is taken, and the number of
    connections; what cannot be read as HTTP is answered in the shape of every other problem; and
    what one connection sends is read in small pieces, so that it holds up no other.
    """

    class Protocol(H11Protocol, asyncio.BufferedProtocol):
        _chunking = 0
        _thrown: int | None = None
        _head: asyncio.TimerHandle | None = None
        _stalled: asyncio.TimerHandle | None = None
        _ending: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._piece = memoryview(bytearray(_PIECE))
            if len(self.connections) > limits.max_connections:
                self._refuse(ServeError("busy", "too many connections; try again", retry=1))
            else:
                self._await_head()

        def connection_lost(self, exc: Exception | None) -> None:
            _stop(self._head)
            _stop(self._stalled)
            _stop(self._ending)
            super().connection_lost(exc)

        def get_buffer(self, sizehint: int) -> memoryview:
            return self._piece

        def buffer_updated(self, nbytes: int) -> None:
            self.data_received(bytes(self._piece[:nbytes]))

        def data_received(self, data: bytes) -> None:
            if self._thrown is not None:
                self._throw_away(data)
                return
            before = self.cycle
            more, held = (before.more_body, len(before.body)) if before else (False, 0)
            super().data_received(data)
            under_way = self.cycle is not None and not self.cycle.response_complete
            if self.cycle is not before:
                self._chunking = 0
            elif more and under_way:
                self._count(len(data), len(self.cycle.body) - held)
            if self.cycle is not before or under_way:
                _stop(self._head)
                self._head = None
            elif self._head is None:
                self._await_head()

        def _count(self, sent: int, body: int) -> None:
            """Takes no body of which most is the lengths of its chunks."""
            self._chunking += sent - body - body // 8
            if self._chunking > _CHUNKING:
                self._refuse(ServeError("malformed", "send the body in larger chunks"))

        def pause_writing(self) -> None:
            super().pause_writing()
            self._stalled = self._unless_taken()

        def resume_writing(self) -> None:
            _stop(self._stalled)
            super().resume_writing()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if self.transport.is_closing():  # It stays until all is taken.
                self._ending = self._unless_taken()

        def timeout_keep_alive_handler(self) -> None:
            super().timeout_keep_alive_handler()
            _stop(self._ending)
            self._ending = self._unless_taken()

        def _unless_taken(self) -> asyncio.TimerHandle:
            """Closes, unless the client goes on taking what waits for it."""
            left = self.transport.get_write_buffer_size()

            def look() -> None:
                if self.transport.get_write_buffer_size() >= left:
                    self.transport.abort()
                elif self.transport.is_closing():
                    self._ending = self._unless_taken()
                else:
                    self._stalled = self._unless_taken()

            return self.loop.call_later(limits.client_timeout, look)

        def send_400_response(self, msg: str) -> None:
            self._refuse(ServeError("malformed", "this is not HTTP, or its head is too long"))

        def _unsupported_upgrade_warning(self) -> None:
            """Who asks for a web socket is answered as if not."""

        def _await_head(self) -> None:
            self._head = self.loop.call_later(limits.client_timeout, self._no_head)

        def _no_head(self) -> None:
            self._refuse(ServeError("slow_client", "the head of the request did not come in time"))

        def _refuse(self, problem: ServeError) -> None:
            """Answers without the application, and closes."""
            if self._thrown is not None or self.transport.is_closing():
                return
            metrics.problem(problem.code)
            self.transport.write(_raw(problem))
            self._thrown = 0
            if self.cycle is not None and not self.cycle.response_complete:
                self.transport.close()
            else:
                self.transport.write_eof()
            self.loop.call_later(_LAST_BYTES, self.transport.abort)

        def _throw_away(self, data: bytes) -> None:
            """Reads on after an answer without looking (RFC 9112, 9.6): where bytes are left
            unread, the system takes the answer back from a client that is still sending."""
            assert self._thrown is not None
            self._thrown += len(data)
            if self._thrown > _THROWN:
                self.transport.abort()

    return Protocol


def _raw(problem: ServeError) -> bytes:
    request = secrets.token_hex(8)
    body = problem.body(request)
    headers: dict[str, Any] = {
        "content-type": "application/json",
        "content-length": len(body),
        "x-request-id": request,
        "connection": "close",
        **problem.headers,
    }
    lines = [f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _stop(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
