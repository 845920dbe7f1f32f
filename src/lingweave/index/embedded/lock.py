"""One writer at a time, in all processes of the machine."""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lingweave.errors import LingweaveError

_PAUSE = 0.02


class WriteLock:
    """A file that the writing process holds; the system takes it from a killed one.

    Args:
        path: The file.
        patience: Seconds to wait for another writer.
    """

    def __init__(self, path: Path, patience: float) -> None:
        self._path, self._patience = path, patience
        self._mine = threading.RLock()
        self._depth = 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """While the block runs nobody else writes; it may be entered again from inside.

        Raises:
            LingweaveError: another writer has not ended in time; it is named.
        """
        with self._mine:
            if self._depth:
                yield
                return
            # "a": whoever only waits must not empty what the holder has written.
            with self._path.open("a+") as file:
                self._wait(file.fileno())
                file.truncate(0)
                file.write(f"process {os.getpid()}, since {time.strftime('%Y-%m-%d %H:%M:%S')}")
                file.flush()
                try:
                    self._depth = 1
                    yield
                finally:
                    self._depth = 0
                    file.truncate(0)

    def _wait(self, handle: int) -> None:
        until = time.monotonic() + self._patience
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > until:
                    who = self._path.read_text(encoding="utf-8", errors="replace")
                    raise LingweaveError(
                        f"{self._path.parent}: another writer holds the index"
                        f" ({who or 'unknown'}); wait until it has ended, or end it"
                    ) from None
                time.sleep(_PAUSE)
