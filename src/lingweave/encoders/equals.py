"""Which vectors are the same: what is equal must tie, wherever it stands."""

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
ROWS = 4096
"""Vectors that are hashed or compared together."""


class Rows(Protocol):
    """Vectors in an array, or read from the disk as they are asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: Any, /) -> Floats:
        """(n, d) of a slice, or of places in an array."""
        ...


def first_equal_rows(vectors: Rows) -> Ints:
    """(n,) for each vector the place of the first one with the same bytes.

    The vectors may lie on the disk: they are read once, and those that look the same once more.
    Memory holds about 40 bytes a vector.
    """
    first = first_of_hashes(
        hashed(vectors[start : start + ROWS]) for start in range(0, len(vectors), ROWS)
    )
    copies = np.flatnonzero(first != np.arange(len(first)))
    for start in range(0, len(copies), ROWS):
        rows = copies[start : start + ROWS]
        same = (vectors[rows].view(np.uint32) == vectors[first[rows]].view(np.uint32)).all(axis=1)
        first[rows[~same]] = rows[~same]
    return first


def hashed(vectors: Floats) -> NDArray[np.uint64]:
    """(n, 2) a hash of the bytes of each vector."""
    words = np.ascontiguousarray(vectors).view(np.uint32).astype(np.uint64)
    words ^= words << np.uint64(29)  # Floats of few digits end in zeros: their bits are spread.
    odd = np.random.default_rng(0).integers(0, 2**63, (2, words.shape[1]), dtype=np.uint64)
    return np.stack([(words * (2 * weights + 1)).sum(axis=1) for weights in odd], axis=1)


def first_of_hashes(hashes: Iterable[NDArray[np.uint64]]) -> Ints:
    """(n,) for each hash, given block by block, the place of the first one equal to it."""
    parts = list(hashes)
    if not parts:
        return np.empty(0, dtype=np.int64)
    both = np.concatenate(parts)
    order = np.lexsort((both[:, 1], both[:, 0]))  # Stable: the first of equals comes first.
    ranked = both[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (ranked[1:] != ranked[:-1]).any(axis=1)
    first = np.empty(len(order), dtype=np.int64)
    first[order] = order[np.flatnonzero(new)][np.cumsum(new) - 1]
    return first
