"""An index of many vectors: lists of near ones, of which a search looks into a few (FAISS).

The index only says which vectors are worth a look: it keeps a byte a number, and what it finds is
scored anew with the vectors themselves.
"""

import hashlib
import logging
import math
import mmap
from functools import cache
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from lingweave.atomic import whole_file
from lingweave.errors import LingweaveError
from lingweave.index.embedded.settings import Settings
from lingweave.index.store import Floats

log = logging.getLogger("lingweave")

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_BLOCK = 65536
_PER_LIST = 64
"""Vectors a list that its centre is learned from."""


class Clusters:
    """The index of a range of places, opened."""

    def __init__(self, index: Any) -> None:
        self._index = index
        self.lists = int(index.nlist)

    def near(self, queries: Floats, count: int, probes: int, allowed: Bools | None) -> Ints:
        """(queries, count) places that are worth a look, counted from the range's start; -1: none.

        Args:
            queries: (n, d).
            count: how many.
            probes: lists to look into.
            allowed: (range,) which places may be found; None: all.
        """
        faiss = _faiss()
        selector = None
        if allowed is not None:
            bits = np.packbits(allowed, bitorder="little")
            selector = faiss.IDSelectorBitmap(len(allowed), faiss.swig_ptr(bits))
        given = faiss.SearchParametersIVF(sel=selector, nprobe=min(probes, self.lists))
        found: Ints = self._index.search(queries, count, params=given)[1]
        return found


def can_be_written() -> bool:
    """Whether FAISS is there; if not, that is said once."""
    try:
        _faiss()
    except LingweaveError as error:
        _warn_once(f"{error}; until then everything is scanned, exactly but slower")
        return False
    return True


@cache
def _warn_once(message: str) -> None:
    log.warning(message)


def write_clusters(path: Path, vectors: Floats, settings: Settings) -> str:
    """Writes the index of some vectors, and gives the file's checksum.

    Raises:
        LingweaveError: FAISS is not installed.
        OSError: the disk is full.
    """
    faiss = _faiss()
    count, dimension = vectors.shape
    lists = max(1, min(round(settings.lists * math.sqrt(count)), count // 40))
    index = faiss.index_factory(dimension, f"IVF{lists},SQ8", faiss.METRIC_INNER_PRODUCT)
    index.cp.seed = 1
    index.cp.niter = 10
    sample = min(count, lists * _PER_LIST)
    chosen = np.sort(np.random.default_rng(0).choice(count, sample, replace=False))
    index.train(np.ascontiguousarray(vectors[chosen]))
    for start in range(0, count, _BLOCK):
        index.add(np.ascontiguousarray(vectors[start : start + _BLOCK]))
    with whole_file(path) as part:
        try:
            faiss.write_index(index, str(part))
        except RuntimeError as error:  # FAISS's own kind, for a full disk too.
            raise OSError(f"the index could not be written ({error})") from error
        with part.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def open_clusters(file: IO[bytes], sha256: str, path: Path) -> Clusters:
    """Reads what `write_clusters` wrote, if its checksum is right.

    Raises:
        LingweaveError: the file is damaged, or FAISS is not installed.
    """
    faiss = _faiss()
    # Mapped, and not read through the handle, which threads share.
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        read = np.frombuffer(content, np.uint8).copy()
    if hashlib.sha256(read.data).hexdigest() != sha256:
        raise LingweaveError(f"{path}: damaged; restore it, or create the index again")
    return Clusters(faiss.deserialize_index(read))


def _faiss() -> Any:
    try:
        import faiss
    except ImportError:
        raise LingweaveError(
            'an index of this size needs FAISS: pip install "lingweave[serve]"'
        ) from None
    return faiss
