"""Runs of letters as 64-bit hashes, all texts of a block in a few array operations."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lingweave.building.decontamination.normal import Letters

LENGTH = 6
"""Letters of a run in alphabets: about a word with the beginning of the next."""
DENSE = 3
"""Letters of a run that begins with a Chinese character, a kana or a Korean syllable."""
_RANGES = ((0x3040, 0x30FF), (0x3400, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF),
           (0x20000, 0x3FFFF))  # fmt: skip
_WEIGHTS = np.random.default_rng(2408).integers(0, 2**63, LENGTH, np.uint64) * np.uint64(
    2
) + np.uint64(1)


class Shingles(NamedTuple):
    """The runs of some texts, text after text."""

    hashes: NDArray[np.uint64]
    """(runs,) one a run, not distinct."""
    texts: NDArray[np.int64]
    """(runs,) the place of the run's text."""


def shingles_of(letters: Letters) -> Shingles:
    """All runs of letters of texts in normal form; texts that are too short have none."""
    codes, starts = letters
    total = len(codes)
    wide = np.zeros(total + LENGTH, np.uint64)
    wide[:total] = codes
    hashes = np.zeros(total, np.uint64)
    short = hashes
    for place, weight in enumerate(_WEIGHTS):
        hashes = hashes + wide[place : place + total] * weight
        if place + 1 == DENSE:
            short = hashes
    dense = np.zeros(total, np.bool_)
    for low, high in _RANGES:
        dense |= (codes >= low) & (codes <= high)
    hashes = np.where(dense, short, hashes)
    hashes ^= hashes >> np.uint64(31)
    hashes *= np.uint64(0x9E3779B97F4A7C15)
    hashes ^= hashes >> np.uint64(29)
    texts = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    inside = np.arange(total) + np.where(dense, DENSE, LENGTH) <= starts[1:][texts]
    return Shingles(hashes[inside], texts[inside])


class Vocabulary:
    """Distinct hashes and their numbers; looks many up at once.

    Hashes are sorted, and a table says where each beginning of bits starts, so that most of what
    is not there is told from one entry. About 16 to 32 bytes a hash.
    """

    def __init__(self, hashes: NDArray[np.uint64]) -> None:
        self.hashes = np.unique(hashes)
        bits = max(8, int(np.ceil(np.log2(4 * len(self.hashes) + 1))))
        self._shift = np.uint64(64 - bits)
        heads = (self.hashes >> self._shift).astype(np.int64)
        counts = np.bincount(heads, minlength=1 << bits)
        self._starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)

    def __len__(self) -> int:
        return len(self.hashes)

    def places(self, hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
        """(n,) the number of each hash, or -1."""
        found = np.full(len(hashes), -1, np.int64)
        heads = (hashes >> self._shift).astype(np.int64)
        first, last = self._starts[heads], self._starts[heads + 1]
        open_ = np.flatnonzero(first < last)
        first, last = first[open_], last[open_]
        while len(open_):
            same = self.hashes[first] == hashes[open_]
            found[open_[same]] = first[same]
            first = first + 1
            more = ~same & (first < last)
            open_, first, last = open_[more], first[more], last[more]
        return found
