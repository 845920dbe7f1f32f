"""What a benchmark was read from: the names and checksums of its files."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from lingweave.errors import LingweaveError

LARGE = 256 << 20
"""Bytes of a file above which its size stands for its checksum: reading it would take minutes."""


def checksums(files: Iterable[Path], root: Path | None = None) -> dict[str, str]:
    """``sha256 <path below root>`` -> checksum; file names alone where there is no root.

    Files of one name, from different folders, are numbered: ``docs.jsonl``, ``docs.jsonl (2)``.

    Raises:
        LingweaveError: a file cannot be read.
    """
    found: dict[str, str] = {}
    met: Counter[str] = Counter()
    for file in files:
        name = file.name if root is None or root == file else file.relative_to(root).as_posix()
        met[name] += 1
        if met[name] > 1:
            name += f" ({met[name]})"
        try:
            size = file.stat().st_size
            if size > LARGE:
                found[f"bytes {name}"] = str(size)
                continue
            with file.open("rb") as content:
                found[f"sha256 {name}"] = hashlib.file_digest(content, "sha256").hexdigest()
        except OSError as error:
            raise LingweaveError(f"{file}: cannot be read ({error.strerror})") from error
    return found
