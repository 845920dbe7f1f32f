"""Checksums of files and folders, kept below the folder of all studies: a file whose size and time
are as they were is not read again."""

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from lingweave.atomic import whole_file

KEPT = "digests.json"
"""The file that they are kept in."""


def content_digest(place: Path, out: Path | None = None) -> str:
    """A checksum of a file's bytes, or of the names and bytes of all files of a folder.

    Args:
        place: the file or folder.
        out: the folder of all studies; None: nothing is kept.
    """
    return kept_digest("content", place, out, _content)


def model_digest(place: Path, out: Path | None = None) -> str:
    """The checksum of a model's folder, as evaluations have it."""
    return kept_digest("model", place, out, _model)


def kept_digest(kind: str, place: Path, out: Path | None, work: Callable[[Path], str]) -> str:
    """What `work` gives of a file or folder; it is asked again only if a file there has changed."""
    place = place.resolve()
    stamp = _stamp(place)
    key, path = f"{kind} {place}", None if out is None else out / KEPT
    kept = _read(path)
    if (found := kept.get(key)) is not None and found[0] == stamp:
        return found[1]
    digest = work(place)
    # A folder of studies is made by what lies in it, such as thin tables, not by checksums alone.
    if path is not None and path.parent.is_dir():
        with suppress(OSError), whole_file(path) as part:  # Another process may have added to it.
            text = json.dumps(_read(path) | {key: [stamp, digest]}, indent=1, sort_keys=True)
            part.write_text(text + "\n", encoding="utf-8")
        _MEMORY.pop(str(path), None)
    return digest


_MEMORY: dict[str, tuple[int, dict[str, list[str]]]] = {}
"""What was read of such a file, and its time."""


def _read(path: Path | None) -> dict[str, list[str]]:
    if path is None:
        return {}
    try:
        time = path.stat().st_mtime_ns
        if (known := _MEMORY.get(str(path))) is not None and known[0] == time:
            return known[1]
        kept: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    _MEMORY[str(path)] = time, kept
    return kept


def _files(place: Path) -> list[Path]:
    return sorted(path for path in place.rglob("*") if path.is_file())


def _stamp(place: Path) -> str:
    """A hash of names, sizes and times."""
    told = [
        (path.relative_to(place).as_posix(), path.stat().st_size, path.stat().st_mtime_ns)
        for path in ([place] if place.is_file() else _files(place))
    ]
    return hashlib.sha256(json.dumps(told).encode("utf-8", "surrogatepass")).hexdigest()


def _content(place: Path) -> str:
    if place.is_file():
        return _of_file(place)
    digest = hashlib.sha256()
    for path in _files(place):
        name = path.relative_to(place).as_posix()
        digest.update(f"{_of_file(path)} {name}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _model(place: Path) -> str:
    from lingweave.encoders.sentence_transformer import identity

    return str(identity("", place)["sha256"])
