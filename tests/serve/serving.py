"""A server of its own thread and port, over any backend."""

import json
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from lingweave.serve.app import AppOptions, app_of
from lingweave.serve.limits import Limits
from lingweave.serve.metrics import Metrics
from lingweave.serve.server import bound, server_of

DEADLINE = 120.0  # Of a machine with much else to do.


@dataclass
class Served:
    """A running server."""

    url: str
    port: int
    server: object
    metrics: Metrics
    thread: threading.Thread
    client: httpx.Client

    def stop(self):
        """As SIGTERM does."""
        self.server.should_exit = True

    def raw(self, data=b"", timeout=DEADLINE):
        """A connection on which these bytes have been sent."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout)
        connection.sendall(data)
        return connection

    def told(self, data):
        """(status, code) of the answer to these bytes."""
        with self.raw(data) as connection:
            return problem_of(everything(connection))


@contextmanager
def serving(opening, limits=None, **options):
    """A server on loopback; `opening` makes the backend."""
    limits = limits or Limits()
    metrics = Metrics()
    app = app_of(opening, AppOptions(limits=limits, **options), metrics)
    listening = bound("127.0.0.1", 0)
    port = listening.getsockname()[1]
    server = server_of(app, limits, metrics)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{port}"
    # One client: each makes a TLS context, which takes longer than a test.
    client = httpx.Client(base_url=url, timeout=DEADLINE, verify=False)
    served = Served(url, port, server, metrics, thread, client)
    try:
        wait_until(lambda: _ready(client) or not thread.is_alive())
        assert thread.is_alive()
        yield served
    finally:
        client.close()
        server.should_exit = True
        thread.join(DEADLINE)
        listening.close()
    assert not thread.is_alive()


def wait_until(holds):
    """Waits until a condition holds, for as long as a loaded machine may need."""
    until = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < until, "it did not come to hold"
        time.sleep(0.01)


def everything(connection):
    """All that the other side sends until it closes."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        parts.append(b"<reset>")
    return b"".join(parts)


def problem_of(answer):
    """(status, code) of a problem as bytes; its shape is looked at too."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    error = json.loads(body)["error"]
    assert set(error) == {"code", "message", "field", "request"}
    assert f"x-request-id: {error['request']}".encode() in head.lower()
    return status, error["code"]


def _ready(client):
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False
