"""`lingweave serve`: an index behind an address."""

import contextlib
import logging
import socket
from pathlib import Path

from lingweave.errors import LingweaveError
from lingweave.serve.config import ServeConfig
from lingweave.serve.keys import KEYS_VARIABLE, is_loopback, read_keys

_EXTRA = ("fastapi", "uvicorn", "prometheus_client")
_PAGE = "audit.html"
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


def run(config: ServeConfig) -> None:
    """Serves until it is told to stop.

    Raises:
        LingweaveError: anything the user can mend.
    """
    keys = read_keys(config.keys_file)
    if not keys and not is_loopback(config.host):
        raise LingweaveError(
            f"--host {config.host}: others can reach this address, so keys are needed; give"
            f" --keys_file FILE or set {KEYS_VARIABLE}"
        )
    audit = None if config.audit is None else _audit_page(config.audit)
    _check_installed()
    # Here, because these need the extra, and take a second that mistakes need not wait for.
    from lingweave.serve.app import AppOptions, app_of
    from lingweave.serve.logs import log, start_logs
    from lingweave.serve.metrics import Metrics
    from lingweave.serve.open_index import opening_of
    from lingweave.serve.server import bound, server_of

    failures: list[BaseException] = []

    def failed(error: BaseException) -> None:
        failures.append(error)
        server.should_exit = True

    options = AppOptions(
        limits=config,
        keys=keys,
        writable=config.writable,
        audit=audit,
        # A page elsewhere could otherwise have a browser ask this server in its own name.
        hosts=None if keys else {*_LOOPBACK_NAMES, config.host.lower()},
    )
    metrics = Metrics()
    opening = opening_of(config)
    listening = bound(config.host, config.port)
    with contextlib.closing(listening):
        start_logs(config.log, config.log_level)
        server = server_of(app_of(opening, options, metrics, failed), config, metrics)
        print(_url(listening), flush=True)
        log(logging.INFO, "listening", url=_url(listening), keys=bool(keys))
        server.run(sockets=[listening])
    if failures:
        raise failures[0]


def _audit_page(given: Path) -> bytes:
    path = given / _PAGE if given.is_dir() else given
    try:
        return path.read_bytes()
    except OSError as error:
        raise LingweaveError(
            f"--audit {given}: cannot be read ({error.strerror}); give {_PAGE} or the folder that"
            " `lingweave audit` wrote"
        ) from error


def _check_installed() -> None:
    for name in _EXTRA:
        try:
            __import__(name)
        except ImportError:
            raise LingweaveError(
                f'{name} is not installed: pip install "lingweave[serve]"'
            ) from None


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
