"""One build at a time in a folder of work, and of a table."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from lingweave.atomic import PART, disk_errors_named
from lingweave.errors import LingweaveError


@contextmanager
def alone_in(folder: Path, out: Path, *files: Path) -> Iterator[None]:
    """Keeps other builds out of a folder and off a table, and removes what killed ones left.

    Unfinished files go that lie in the folder, and those of the table and of the other files:
    nobody else writes them now. The locks are the system's: they end with the process, however that
    ends.

    Args:
        folder: of the work; it is made.
        out: the table; its folder is there.
        files: what else is written with it.

    Raises:
        LingweaveError: another build works there or on the table, or the folder cannot be made.
    """
    with disk_errors_named(f"--work {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        held.enter_context(
            _lock(folder / "lock", f"--work {folder}: another build works there", "folder")
        )
        held.enter_context(
            _lock(
                out.with_name(f".{out.name}.lock"), f"--out {out}: another build makes it", "file"
            )
        )
        left = list(folder.glob(f"*{PART}"))
        for file in (out, *files):
            left += file.parent.glob(f".{file.name}.*{PART}")
        for part in left:
            with suppress(OSError):
                part.unlink()
        yield


@contextmanager
def _lock(path: Path, taken: str, other: str) -> Iterator[None]:
    """Holds a lock, whose file goes in the end.

    Raises:
        LingweaveError: another process has it, or the file cannot be made.
    """
    while True:
        with disk_errors_named(str(path)):
            file = path.open("ab")
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise LingweaveError(f"{taken}; wait for it, or give another {other}") from None
            # The holder before may have removed the file after it was opened here.
            if not _is(file.fileno(), path):
                continue
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
            return


def _is(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
