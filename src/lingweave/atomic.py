"""Writing a file so that a reader sees all of it or nothing, whatever is killed or full."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PART = ".part"
"""How the names of unfinished files end."""


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """The path to write to; the file takes its name once the block ends and it is on the disk.

    Any number of processes may write one file at once: the last one to finish decides. After an
    exception nothing is left; after a kill there is a file that ends in ``PART``.

    Raises:
        OSError: the place cannot be written to, or the disk is full.
    """
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}{PART}")
    try:
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
