"""A shard: passages' vectors in files that never change once they have their names.

``NAME.rows`` says in which order the passages stand (a sealed Arrow file with the row, id and
language of each), ``NAME.vectors`` holds their vectors as plain float32 in that order, and
``NAME.START.faiss`` an index of the vectors from START on. Passages of one language stand together,
sorted by id: first the languages with few, which share one index (the tail), then each of the large
ones with an index of its own.
"""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lingweave.atomic import whole_file
from lingweave.errors import LingweaveError
from lingweave.index.embedded.clusters import (
    Clusters,
    can_be_written,
    open_clusters,
    write_clusters,
)
from lingweave.index.embedded.settings import Settings
from lingweave.index.store import Floats
from lingweave.sealed import read_sealed, write_sealed

Ints = NDArray[np.int64]
Take = Callable[[Ints], Floats]
"""The vectors at some places of whatever is written."""

_KIND = b"lingweave.shard"
_BLOCK = 8192


class Member(NamedTuple):
    """A passage of a shard that is to be written."""

    row: int
    id: str
    language: str


@dataclass(frozen=True)
class Range:
    """Places of a shard that are searched together."""

    start: int
    end: int
    sha256: str | None = None
    """Checksum of the index's file; None: they are scanned."""


@dataclass(frozen=True)
class Manifest:
    """What the database says about a shard."""

    name: str
    dimension: int
    norm: float
    """The longest vector's length."""
    sha256: str
    """Checksum of the vectors."""
    slices: dict[str, tuple[int, int]]
    """Where each language begins and ends."""
    ranges: tuple[Range, ...]
    """All places, in order: the tail, then large languages."""

    @property
    def rows(self) -> int:
        """Passages, the dead ones too."""
        return self.ranges[-1].end

    def to_json(self) -> str:
        """As the database keeps it."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @staticmethod
    def from_json(text: str) -> "Manifest":
        """What `to_json` wrote."""
        held = json.loads(text)
        slices = {x: (start, end) for x, (start, end) in held["slices"].items()}
        ranges = tuple(Range(**one) for one in held["ranges"])
        return Manifest(
            held["name"], held["dimension"], held["norm"], held["sha256"], slices, ranges
        )

    def files(self) -> list[str]:
        """Names of the shard's files."""
        indexed = [f"{self.name}.{one.start}.faiss" for one in self.ranges if one.sha256]
        return [f"{self.name}.rows", f"{self.name}.vectors", *indexed]


class Shard:
    """A shard whose files are open: they may lose their names, and it can still be read.

    Raises:
        FileNotFoundError: a file is not there; the shard may have been merged meanwhile.
        LingweaveError: a file is damaged.
    """

    def __init__(self, folder: Path, number: int, manifest: Manifest) -> None:
        self.number, self.manifest = number, manifest
        self._folder = folder
        name, rows = manifest.name, manifest.rows
        path = folder / f"{name}.rows"
        batch = read_sealed(path, _KIND, {"shard": name})
        if batch is None:
            path.stat()
            raise LingweaveError(f"{path}: damaged; restore it, or create the index again")
        self.rows: Ints = batch["row"].to_numpy(zero_copy_only=True)
        self.ids: pa.Array = batch["id"]
        path = folder / f"{name}.vectors"
        if path.stat().st_size != rows * manifest.dimension * 4 or len(self.rows) != rows:
            raise LingweaveError(f"{path}: damaged; restore it, or create the index again")
        shape = (rows, manifest.dimension)
        # An array and no memmap: its slices are cheaper to make.
        self.vectors: Floats = np.asarray(np.memmap(path, "<f4", "r", shape=shape))
        self._files: dict[int, IO[bytes]] = {
            one.start: (folder / f"{name}.{one.start}.faiss").open("rb")
            for one in manifest.ranges
            if one.sha256
        }
        self._clusters: dict[int, Clusters] = {}

    def clusters(self, of: Range) -> Clusters:
        """The index of a range that has one, read when it is first needed."""
        found = self._clusters.get(of.start)
        if found is None:
            assert of.sha256 is not None
            path = self._folder / f"{self.manifest.name}.{of.start}.faiss"
            # Two threads may read it at once: no harm, and no lock that all searches wait at.
            found = self._clusters[of.start] = open_clusters(self._files[of.start], of.sha256, path)
        return found

    @cached_property
    def _by_row(self) -> Ints:
        return np.argsort(self.rows)

    def language(self, place: int) -> str:
        """The language of the passage at a place."""
        return next(x for x, (start, end) in self.manifest.slices.items() if start <= place < end)

    @cached_property
    def starts(self) -> Ints:
        """(languages,) where each language begins, ascending."""
        return np.array(sorted(start for start, _ in self.manifest.slices.values()), np.int64)

    def places(self, rows: Ints) -> Ints:
        """(n,) where these rows stand; -1: not in this shard."""
        order = self._by_row
        at = np.searchsorted(self.rows, rows, sorter=order)
        found = order[np.minimum(at, len(order) - 1)]
        return np.where(self.rows[found] == rows, found, -1)


def write_shard(
    folder: Path, name: str, members: Sequence[Member], take: Take, settings: Settings, dim: int
) -> Manifest:
    """Writes the files of a shard; nobody reads them before the database names them.

    Args:
        folder: where.
        name: of the shard, never used before.
        members: its passages, in any order.
        take: their vectors.
        settings: from which size on parts get an index.
        dim: numbers of each vector.

    Raises:
        OSError: the disk is full.
    """
    order, slices, tail = _arranged(members, settings)
    sizes = [end - start for start, end in slices.values() if start >= tail]
    bounds = [*([0] if tail else []), *np.cumsum([tail, *sizes]).tolist()]
    norm, digest = 0.0, hashlib.sha256()
    with whole_file(folder / f"{name}.vectors") as part, part.open("wb") as file:
        for start in range(0, len(order), _BLOCK):
            block = np.ascontiguousarray(take(order[start : start + _BLOCK]), "<f4")
            norm = max(norm, float(np.linalg.norm(block.astype(np.float64), axis=1).max()))
            digest.update(block.data)
            file.write(block.data)
    vectors = np.asarray(np.memmap(folder / f"{name}.vectors", "<f4", "r", shape=(len(order), dim)))
    ranges = []
    for start, end in pairwise(bounds):
        least = settings.tail_rows if start < tail else settings.part_rows
        sha256 = None
        if end - start >= least and can_be_written():
            path = folder / f"{name}.{start}.faiss"
            sha256 = write_clusters(path, vectors[start:end], settings)
        ranges.append(Range(start, end, sha256))
    columns = {
        "row": pa.array([members[i].row for i in order], pa.int64()),
        "id": pa.array([members[i].id for i in order], pa.large_string()),
    }
    write_sealed(folder / f"{name}.rows", pa.record_batch(columns), _KIND, {"shard": name})
    handle = os.open(folder, os.O_RDONLY)  # The names too are on the disk before anybody is told.
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return Manifest(name, dim, norm, digest.hexdigest(), slices, tuple(ranges))


def _arranged(
    members: Sequence[Member], settings: Settings
) -> tuple[Ints, dict[str, tuple[int, int]], int]:
    """The order of the members, where each language stands in it, and where the tail ends."""
    by_language: dict[str, list[int]] = {}
    for i, member in enumerate(members):
        by_language.setdefault(member.language, []).append(i)
    order: list[int] = []
    slices = {}
    tail = 0
    for large in (False, True):
        for language in sorted(by_language):
            places = by_language[language]
            if (len(places) >= settings.part_rows) == large:
                slices[language] = (len(order), len(order) + len(places))
                order += sorted(places, key=lambda i: members[i].id)
        tail = tail if large else len(order)
    return np.array(order, np.int64), slices, tail
