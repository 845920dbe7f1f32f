"""One build at a time in a folder of work."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lingweave.atomic import PART, disk_errors_named, remove_unfinished
from lingweave.errors import LingweaveError


@contextmanager
def alone_in(folder: Path, *files: Path) -> Iterator[None]:
    """Keeps other builds out of a folder, and removes what killed ones left there and of files.

    The lock is the system's: it ends with the process, however that ends.

    Raises:
        LingweaveError: another build works there, or the folder cannot be made.
    """
    with disk_errors_named(f"--work {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("ab")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LingweaveError(
                f"--work {folder}: another build works there; wait for it, or give another folder"
            ) from None
        remove_unfinished(folder)
        for file in files:
            for part in file.parent.glob(f".{file.name}.*{PART}"):
                part.unlink(missing_ok=True)
        yield
