"""Vectors on disk, found by the hash of their text: sealed files that are only ever added.

A writer seals each batch into a file of its own, so a kill at any moment loses at most the batch in
flight, and any number of processes may add to one folder without a lock. A writer puts its own
small files together once it has many.
"""

import hashlib
import logging
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lingweave.atomic import disk_errors_named, remove_unfinished
from lingweave.errors import LingweaveError
from lingweave.sealed import read_sealed, write_sealed

log = logging.getLogger("lingweave")

Floats = NDArray[np.float32]
Keys = NDArray[np.bytes_]
"""(n,) hashes of texts, 16 bytes each."""

FORMAT_VERSION = 1
_KIND = b"lingweave vectors"
_MANY = 64
"""Small files of its own that a writer puts together into one."""
_SMALL = 2**22
"""Bytes of vectors below which a file is small; so no more than 256 MiB are put together."""


_NO_KEYS: Keys = np.empty(0, "S16")


class _File(NamedTuple):
    path: Path
    keys: Keys
    vectors: Floats
    """(n, d), mapped."""


def keys_of(texts: Sequence[str]) -> Keys:
    """(texts,) the hash of each one."""
    digests = [
        hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        for text in texts
    ]
    return np.frombuffer(b"".join(digests), "S16")


class VectorFiles:
    """The vectors in a folder, all of one encoder, side and prompt.

    Held in memory: 24 bytes a text and what a call asks for; vectors themselves are mapped.

    Args:
        folder: where the files are; made with the first one.
        name: of the encoder, side and prompt; files of another name are not taken.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self._record = {"format_version": FORMAT_VERSION, "name": name}
        self._files: dict[Path, _File] = {}
        self._own: list[Path] = []
        self._order: list[_File] = []
        self._keys = _NO_KEYS
        self._places: NDArray[np.int32] = np.empty((0, 2), np.int32)
        if folder.is_dir():
            remove_unfinished(folder)
        self.refresh()

    @property
    def dimension(self) -> int | None:
        """Length of the vectors; None while there are none."""
        return self._order[0].vectors.shape[1] if self._order else None

    def refresh(self) -> None:
        """Looks for files that others, or this process, have added or put together since.

        A damaged file is removed, and its vectors are missing from then on.
        """
        present = set(self.folder.glob("*.arrow"))
        if present == self._files.keys():
            return
        for path in self._files.keys() - present:
            del self._files[path]
        for path in sorted(present - self._files.keys()):
            file = self._read(path)
            if file is not None:
                self._files[path] = file
            elif path.exists():
                _drop(path)
            else:  # Its writer has just put it together with others.
                self.refresh()
                return
        self._order = list(self._files.values())
        keys: Keys = np.concatenate([_NO_KEYS, *(file.keys for file in self._order)])
        sizes = [len(file.keys) for file in self._order]
        places = np.empty((len(keys), 2), np.int32)
        places[:, 0] = np.repeat(np.arange(len(sizes)), sizes)
        places[:, 1] = np.arange(len(keys)) - np.repeat(np.cumsum([0, *sizes])[:-1], sizes)
        order = np.argsort(keys, kind="stable")
        self._keys, self._places = keys[order], places[order]

    def find(self, keys: Keys) -> NDArray[np.int64]:
        """(keys,) where each one's vector stands, for ``read``; -1: nowhere."""
        if not len(self._keys):
            return np.full(len(keys), -1, np.int64)
        places = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.where(self._keys[places] == keys, places, -1)

    def read(self, places: NDArray[np.int64]) -> Floats:
        """(places, d) the vectors that ``find`` found, before anything else was added."""
        rows = self._places[places]
        vectors = np.empty((len(places), self.dimension or 0), np.float32)
        for number in np.unique(rows[:, 0]):
            here = np.flatnonzero(rows[:, 0] == number)
            vectors[here] = self._order[number].vectors[rows[here, 1]]
        return vectors

    def add(self, keys: Keys, vectors: Floats) -> None:
        """Seals vectors into a file; ``refresh`` makes them visible.

        Raises:
            LingweaveError: they have another length than those that are here, or the disk is full.
        """
        if self.dimension is not None and vectors.shape[1] != self.dimension:
            raise LingweaveError(
                f"{self.folder}: holds vectors of {self.dimension} numbers, and the encoder now"
                f" gives {vectors.shape[1]}: another model under the same name? remove the folder,"
                " or give another --cache"
            )
        path = self._write(keys, vectors)
        if vectors.nbytes < _SMALL:
            self._own.append(path)
        if len(self._own) >= _MANY:
            self._put_together()

    def _put_together(self) -> None:
        """Makes one file of this process's small ones; who has them mapped keeps what it has."""
        parts = [file for path in self._own if (file := self._read(path)) is not None]
        if parts:
            self._write(
                np.concatenate([part.keys for part in parts]),
                np.concatenate([part.vectors for part in parts]),
            )
        for path in self._own:
            path.unlink(missing_ok=True)
        self._own = []

    def _write(self, keys: Keys, vectors: Floats) -> Path:
        path = self.folder / f"{uuid.uuid4().hex}.arrow"
        numbers = np.ascontiguousarray(vectors, "<f4")
        batch = pa.record_batch(
            {
                "text": pa.FixedSizeBinaryArray.from_buffers(
                    pa.binary(16), len(keys), [None, pa.py_buffer(np.ascontiguousarray(keys))]
                ),
                "vector": pa.FixedSizeListArray.from_arrays(numbers.ravel(), numbers.shape[1]),
            }
        )
        with disk_errors_named(f"vectors in {self.folder}"):
            self.folder.mkdir(parents=True, exist_ok=True)
            write_sealed(path, batch, _KIND, self._record)
        return path

    def _read(self, path: Path) -> _File | None:
        batch = read_sealed(path, _KIND, self._record)
        if batch is None:
            return None
        column = batch.column("vector")
        keys = np.frombuffer(batch.column("text").buffers()[1], "S16", batch.num_rows)
        numbers = column.flatten().to_numpy().reshape(batch.num_rows, column.type.list_size)
        return _File(path, keys, numbers)


def _drop(path: Path) -> None:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise LingweaveError(
            f"{path}: cannot be read ({error.strerror}); mend that, or give another --cache"
        ) from error
    log.warning("%s: damaged; its vectors are made again", path)
    path.unlink(missing_ok=True)
