"""Writing so that a reader sees all of it or nothing, whatever is killed or full."""

import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from lingweave.errors import LingweaveError

PART = ".part"
"""How the names of unfinished files end."""
_DEAD = 3600.0
"""Seconds after which an unfinished file cannot be a living process's."""


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


def remove_unfinished(folder: Path) -> None:
    """Removes what killed writers left of their files in a folder."""
    for part in folder.glob(f"*{PART}"):
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > _DEAD:
                part.unlink()


@contextmanager
def disk_errors_named(what: str) -> Iterator[None]:
    """Turns a full disk, a missing right or a file in the way into one clear line.

    Raises:
        LingweaveError: the block raised an OSError, or safetensors reported one in its own way.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise LingweaveError(
            f"cannot write {what}: {reason}; what was saved before is intact: make room or choose"
            " another folder, then run the same command to continue"
        ) from error
    except Exception as error:
        # safetensors and torch raise their own kinds, with the system's reason in the text.
        if not any(word in str(error) for word in ("I/O error", "os error", "file write failed")):
            raise
        raise LingweaveError(
            f"cannot write {what}: {' '.join(str(error).split())[:160]}; what was saved before is"
            " intact: make room, then run the same command to continue"
        ) from error


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder to write into, which takes its name only when everything is on the disk.

    A folder of that name that is there already is replaced at that moment. After an exception
    nothing is left; after a kill there is a folder that ends in ``.part``, which nobody reads.
    """
    part = target.with_name(target.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        yield part
        readable = part.stat().st_mode & 0o666
        for path in sorted(part.rglob("*")):
            if path.is_file():  # safetensors lets only the owner read; a server is another user.
                path.chmod(readable)
            _flush(path)
        _flush(part)
        if target.exists():
            shutil.rmtree(target)
        part.rename(target)
        _flush(target.parent)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def write_json(path: Path, value: Any) -> None:
    """Writes JSON so that readers see the old file or the new one, never a part."""
    text = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    with whole_file(path) as part:
        part.write_text(text, encoding="utf-8")
    _flush(path.parent)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
