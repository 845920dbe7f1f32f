"""Reading a request's body: all of it, but not too much of it, and not for too long."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from lingweave.serve.limits import Limits
from lingweave.serve.problems import ServeError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_DRAINED = 16 << 20
"""Bytes of a body that is too large which are read all the same: a client that is still sending
when the connection is closed would not see why."""


async def whole_body(
    headers: Mapping[bytes, bytes], receive: Receive, limits: Limits
) -> bytes | None:
    """The whole body; None: the caller has left.

    Args:
        headers: Of the request.
        receive: Gives the body's parts.
        limits: How much is taken, and how long it is waited for.

    Raises:
        ServeError: it is too large, or comes too slowly.
    """
    most = limits.max_body
    too_large = ServeError(
        "too_large", f"a body of at most {most} bytes is taken", headers={"connection": "close"}
    )
    told = headers.get(b"content-length", b"0")
    if len(told) > 15 or int(told) > max(most, _DRAINED):
        raise too_large
    if int(told) > most and headers.get(b"expect"):
        raise too_large
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(limits.client_timeout):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                size += len(message.get("body", b""))
                if size <= most:
                    parts.append(message.get("body", b""))
                if not message.get("more_body", False) or size > max(most, _DRAINED):
                    break
    except TimeoutError:
        raise ServeError(
            "slow_client", "the body did not come in time", headers={"connection": "close"}
        ) from None
    if size > most:
        raise too_large
    return b"".join(parts)
