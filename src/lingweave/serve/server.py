"""uvicorn, told to end as this server ends."""

import contextlib
import signal
import socket
import threading
from collections.abc import Generator
from typing import Any

import uvicorn

from lingweave.errors import LingweaveError
from lingweave.serve.limits import MAX_HEAD, Limits
from lingweave.serve.metrics import Metrics
from lingweave.serve.protocol import protocol_of

_BACKLOG = 1024
"""Connections that may wait to be taken."""


class Server(uvicorn.Server):
    """A server that ends in order on SIGTERM and SIGINT: it takes no new connections, finishes the
    requests under way, and returns. (uvicorn's own raises the signal again, as if it had been
    killed.) A second SIGINT ends it at once."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """While it runs, signals ask it to end; only the main thread is told of any."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {
            one: signal.signal(one, self.handle_exit) for one in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)


def server_of(app: Any, limits: Limits, metrics: Metrics) -> Server:
    """A server of an application.

    Args:
        app: The ASGI application.
        limits: How long it waits for clients, and how many there may be.
        metrics: What is told of clients that never reach the application.
    """
    return Server(
        uvicorn.Config(
            app,
            http=protocol_of(limits, metrics),
            ws="none",
            lifespan="on",
            loop="asyncio",
            log_config=None,
            access_log=False,  # The guard writes a line a request.
            server_header=False,
            # An address that a caller made up would get past the limits of an address.
            proxy_headers=False,
            h11_max_incomplete_event_size=2 * MAX_HEAD,  # So that the guard can say it is too long.
            backlog=_BACKLOG,
            timeout_keep_alive=max(1, round(limits.keep_alive)),
            timeout_graceful_shutdown=max(1, round(limits.grace)),
        )
    )


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        LingweaveError: the address is not one of this machine's, or is taken.
    """
    try:
        found = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except UnicodeError as error:
        raise LingweaveError(f"--host {host!r}: is no name of an address") from error
    except OSError as error:
        raise LingweaveError(f"--host {host}: no such address ({error.strerror})") from error
    family, _, _, _, address = found[0]
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        # Each connection takes it over. asyncio sets it only where a socket names its protocol, and
        # without it an answer's body waits 40 ms for the client's word that the head has come.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)  # Who comes before the server is up waits for it.
    except OSError as error:
        listening.close()
        raise LingweaveError(
            f"--host {host} --port {port}: cannot be listened at ({error.strerror}); choose"
            " another --port"
        ) from error
    return listening
