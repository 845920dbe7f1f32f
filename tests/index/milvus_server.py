"""A server that speaks Milvus's protocol over TCP, on loopback, for as long as a test needs it."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PATIENCE = 60.0


@contextmanager
def milvus_server(folder: Path) -> Iterator[str]:
    """The server's address: ``http://127.0.0.1:PORT``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (folder.parent / f"{folder.name}.log").open("w")
    command = Path(sys.executable).with_name("milvus-lite")
    server = subprocess.Popen(
        [command, "server", "--data-dir", folder, "--host", "127.0.0.1", "--port", str(port)],
        stdout=log,
        stderr=log,
    )
    try:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            assert server.poll() is None, Path(log.name).read_text()
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()
        log.close()
