"""What cells are found by: a hash of all words, and hashes of parts of a MinHash signature.

Sources: Broder (1997), On the resemblance and containment of documents; Indyk and Motwani (1998)
for bands of a signature as keys. Signatures are rensa's (R-MinHash).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lingweave.building.filters.columns import column_of
from lingweave.building.filters.words import mixed, words_of

SHINGLE = 3
"""Words in a row that are compared as one: four characters in scripts without blanks."""
BANDS = 16
ROWS = {1: (5,), 2: (3, 2)}
"""Numbers of a signature that make a key, by how many texts are compared at once: of a query and
its passage, three and two. Texts of Jaccard similarity s share a key with probability
1 - (1 - s**5)**BANDS: .998 at .8, .40 at .5, .04 at .3."""
_SEED = 20_240_901
_STEPS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)
_FACTOR = np.uint64(0xD6E8FEB86659FD93)


class Shingles(NamedTuple):
    """The shingles of some texts, one after another; a text may have one several times."""

    hashes: NDArray[np.uint64]
    """(s,) equal for equal shingles."""
    starts: NDArray[np.int64]
    """(n + 1,) where each text's start, and the end."""
    whole: NDArray[np.uint64]
    """(n,) equal for texts of the same words in the same order; 0 for those without words."""


def shingles(texts: pa.Array) -> Shingles:
    """The shingles of texts; those of texts with fewer words than one has are their words."""
    words = words_of(column_of(texts))
    hashes, starts = words.hashes, words.starts
    counts = np.diff(starts)
    size = len(hashes)
    padded = np.concatenate([hashes, np.zeros(SHINGLE, np.uint64)])
    together = np.zeros(size, np.uint64)
    for step, factor in enumerate(_STEPS):
        together += mixed(padded[step : step + size] * np.uint64(factor))
    place = np.arange(size) - np.repeat(starts[:-1], counts)
    left = np.repeat(counts, counts) - place
    long = np.repeat(counts >= SHINGLE, counts)
    kept = np.where(long, left >= SHINGLE, True)
    found = np.where(long, together, hashes)[kept]
    many = np.where(counts >= SHINGLE, counts - SHINGLE + 1, counts)
    whole = np.zeros(len(counts), np.uint64)
    filled = counts > 0
    if size:
        powers = np.cumprod(np.full(int(counts.max()), _FACTOR))
        terms = hashes * powers[place]
        whole[filled] = mixed(np.add.reduceat(terms, starts[:-1][filled]))
    return Shingles(found, np.concatenate([[0], np.cumsum(many)]), whole)


def keys_of(sides: Sequence[pa.Array], near: bool) -> NDArray[np.uint64]:
    """(1 or 1 + BANDS, n) what cells are found by: all words, then parts of the signature.

    Args:
        sides: (n,) texts of each of a cell's one or two sides.
        near: whether the parts are wanted.

    Returns:
        The keys; those of cells that lack a side or have no words on it are 0.
    """
    found = [shingles(texts) for texts in sides]
    keys = np.zeros((1 + BANDS * near, len(sides[0])), np.uint64)
    filled = np.flatnonzero(np.all([side.whole > 0 for side in found], axis=0))
    for side in found:
        keys[0, filled] = mixed(keys[0, filled] * _FACTOR + side.whole[filled])
    if not near or not len(filled):
        return keys
    # Imported here: exact duplicates are found without it.
    from rensa import RMinHash

    keys[1:, filled] = np.arange(1, BANDS + 1, dtype=np.uint64)[:, None]
    for side, count in zip(found, ROWS[len(sides)], strict=True):
        matrix = RMinHash.digest_matrix_from_flat_token_hashes(
            side.hashes, side.starts.astype(np.uint64), BANDS * count, _SEED
        )
        rows = np.array(matrix.to_rows(), np.uint64)[filled].reshape(len(filled), BANDS, count)
        for row in range(count):
            keys[1:, filled] = mixed(keys[1:, filled] ^ rows[:, :, row].T * _FACTOR)
    return keys


def resemblance(first: pa.Array, second: pa.Array) -> NDArray[np.float64]:
    """(n,) the Jaccard similarity of the sets of shingles of texts that stand side by side."""
    sides = []
    for texts in (first, second):
        found = shingles(texts)
        owners = np.repeat(np.arange(len(texts)), np.diff(found.starts))
        # Shingles of different pairs never meet.
        sides.append((owners, found.hashes ^ mixed(owners.astype(np.uint64))))
    (ours, left), (theirs, right) = sides
    left, at = np.unique(left, return_index=True)
    right, other = np.unique(right, return_index=True)
    size = len(first)
    both = np.bincount(ours[at][np.isin(left, right, assume_unique=True)], minlength=size)
    total = np.bincount(ours[at], minlength=size) + np.bincount(theirs[other], minlength=size)
    found = both / np.maximum(total - both, 1)
    return np.asarray(found, np.float64)
