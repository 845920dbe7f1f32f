"""What stands before every route: who asks, how much, how slowly; and one log line a request."""

import asyncio
import contextlib
import logging
import re
import secrets
import time
from collections import Counter
from collections.abc import Collection
from typing import Any
from urllib.parse import unquote_to_bytes

from lingweave.serve.incoming import App, Message, Receive, Scope, Send, whole_body
from lingweave.serve.keys import Keys
from lingweave.serve.limits import MAX_HEAD, Limits
from lingweave.serve.logs import LOG, log
from lingweave.serve.metrics import Metrics
from lingweave.serve.problems import ServeError

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_GONE = 499
"""The status in logs and metrics where the caller left before the answer, as nginx writes it."""
_WATCHED = frozenset({"/healthz", "/readyz", "/metrics"})
"""Paths that are answered however much their caller asks: who watches must see it under load."""
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)


class Guard:
    """An ASGI application before another.

    The whole body is read here, within the limits, and the routes are not begun before; a request
    whose caller has left is given up.

    Args:
        app: The application with the routes.
        keys: Who may ask.
        open_paths: Paths that need no key.
        limits: What a request may hold.
        metrics: What is told of each request.
        hosts: Names by which this server may be addressed; None: any.
    """

    def __init__(
        self,
        app: App,
        keys: Keys,
        open_paths: Collection[str],
        limits: Limits,
        metrics: Metrics,
        hosts: Collection[str] | None = None,
    ) -> None:
        self.app = app
        self._keys = keys
        self._open_paths = frozenset(open_paths)
        self.limits = limits
        self._metrics = metrics
        self._hosts = None if hosts is None else frozenset(hosts)
        self._callers: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await _Exchange(self, scope, receive, send).run()

    def checked(self, scope: Scope, headers: dict[bytes, bytes]) -> str:
        """Who asks: the name of the key, or without keys the address.

        Raises:
            ServeError: the request is refused before its body is read.
        """
        head = sum(len(name) + len(value) + 4 for name, value in scope["headers"])
        head += len(scope.get("raw_path") or b"") + len(scope["query_string"])
        if head > MAX_HEAD:
            raise ServeError("head_too_large", f"a head of at most {MAX_HEAD} bytes is taken")
        if self._hosts is not None:
            host = headers.get(b"host", b"").decode("latin-1").lower()
            if re.sub(r":\d*$", "", host) not in self._hosts:
                raise ServeError("host", "this server is not addressed by that name")
        for part in (scope.get("raw_path") or b"", scope["query_string"]):
            try:
                unquote_to_bytes(part).decode()
            except UnicodeDecodeError:
                raise ServeError("malformed", "the address is not UTF-8") from None
        if b"content-length" in headers and b"transfer-encoding" in headers:
            raise ServeError("malformed", "give the body's length in one way")
        if headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise ServeError("media_type", "send the body without a content encoding")
        if self._keys and scope["path"] not in self._open_paths:
            holder = self._keys.holder(headers.get(b"authorization", b"").decode("latin-1"))
            if holder is None:
                raise ServeError(
                    "unauthorized",
                    "give a key: Authorization: Bearer KEY",
                    headers={"www-authenticate": "Bearer"},
                )
            return holder
        return str((scope.get("client") or ["unknown"])[0])

    @contextlib.contextmanager
    def counted(self, caller: str, path: str) -> Any:
        """While a caller's request is under way.

        Raises:
            ServeError: the caller has too many.
        """
        if path in _WATCHED:
            yield
            return
        if self._callers[caller] >= self.limits.max_per_caller:
            raise ServeError("too_many", "too many requests at once; wait for some to end", retry=1)
        self._callers[caller] += 1
        try:
            yield
        finally:
            self._callers[caller] -= 1
            if not self._callers[caller]:
                del self._callers[caller]

    def done(self, exchange: "_Exchange") -> None:
        """Tells logs and metrics of a request."""
        seconds = time.perf_counter() - exchange.since
        scope = exchange.scope
        route = getattr(scope.get("route"), "path", "none")
        self._metrics.request(scope["method"], route, exchange.status, seconds)
        if exchange.code is not None:
            self._metrics.problem(exchange.code)
        log(
            logging.INFO,
            "request",
            method=scope["method"][:16],
            route=route,
            status=exchange.status,
            milliseconds=round(1000 * seconds, 2),
            caller=exchange.caller,
            client=str((scope.get("client") or ["unknown"])[0]),
            request=exchange.id,
            **({"code": exchange.code} if exchange.code else {}),
        )

    def begun(self) -> Any:
        """While a request is under way."""
        return self._metrics.open.track_inprogress()


class _Exchange:
    """One request and its answer."""

    def __init__(self, guard: Guard, scope: Scope, receive: Receive, send: Send) -> None:
        self.guard = guard
        self.scope = scope
        self.since = time.perf_counter()
        self.headers: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            self.headers.setdefault(name, value)
        given = self.headers.get(b"x-request-id", b"").decode("latin-1")
        self.id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = self.id
        self.caller: str | None = None
        self.status = _GONE
        self.code: str | None = None
        self._receive = receive
        self._send = send
        self._started = False
        self._read = not {b"content-length", b"transfer-encoding"} & self.headers.keys()

    async def run(self) -> None:
        try:
            with self.guard.begun():
                await self._answered()
        finally:
            self.guard.done(self)

    async def _answered(self) -> None:
        try:
            self.caller = self.guard.checked(self.scope, self.headers)
            self.scope["state"]["caller"] = self.caller  # Their searches are counted too.
            with self.guard.counted(self.caller, self.scope["path"]):
                body = await whole_body(self.headers, self._receive, self.guard.limits)
                self._read = True
                if body is not None:
                    await self._while_there(body)
        except ServeError as problem:
            await self._tell(problem)
        except asyncio.CancelledError:  # The time to finish is over.
            if self._started:
                raise
            stopping = {"connection": "close"}
            await self._tell(
                ServeError("stopping", "the server is stopping", retry=5, headers=stopping)
            )
        except Exception:
            LOG.exception("internal error", extra={"fields": {"request": self.id}})
            if not self._started:
                await self._tell(ServeError("internal", "an error of the server; see its log"))

    async def _while_there(self, body: bytes) -> None:
        """Runs the routes, until they are done or the caller has left."""
        given = False

        async def receive() -> Message:
            nonlocal given
            if not given:
                given = True
                return {"type": "http.request", "body": body, "more_body": False}
            return await left

        left = asyncio.ensure_future(self._receive())
        work = asyncio.ensure_future(self.guard.app(self.scope, receive, self._passed_on))
        try:
            await asyncio.wait({left, work}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done() and not self._started:
                work.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await work
            else:
                await work
        finally:
            for task in (left, work):
                task.cancel()

    async def _passed_on(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._started = True
            self.status = message["status"]
            self.code = self.scope["state"].get("problem")
            headers = [(b"x-request-id", self.id.encode()), *_HEADERS]
            message["headers"] = [*message.get("headers", ()), *headers]
        await self._send(message)

    async def _tell(self, problem: ServeError) -> None:
        self.scope["state"]["problem"] = problem.code
        body = problem.body(self.id)
        headers = {
            "content-type": "application/json",
            "content-length": str(len(body)),
            **problem.headers,
        }
        if not self._read:  # What is left of the body must not be taken for the next request.
            headers["connection"] = "close"
        sent = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        start = {"type": "http.response.start", "status": problem.status, "headers": sent}
        await self._passed_on(start)
        await self._send({"type": "http.response.body", "body": body})
