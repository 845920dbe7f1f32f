"""Words of many texts at once, as numbers: what repeats, what is shared, what shingles are made of.

A word is what `encoders.words` says: a run of letters, marks, digits and _, and in scripts written
without blanks each pair of neighbouring characters.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lingweave.building.filters.columns import CODE_POINTS, Column, folded, members

UNSPACED = (
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\u3099-\u309c\u30fc]"
)
_FACTOR = 0x9E3779B97F4A7C15
_INVERSE = pow(_FACTOR, -1, 2**64)
_SPACED, _UNSPACED = 1, 2


class Words(NamedTuple):
    """The words of some texts, one after another."""

    hashes: NDArray[np.uint64]
    """(w,) equal for equal words, whatever their case."""
    at: NDArray[np.int64]
    """(w,) the position of each word's first character in the column."""
    starts: NDArray[np.int64]
    """(n + 1,) where each text's words start, and the end."""

    @property
    def texts(self) -> NDArray[np.int64]:
        """(w,) the text that each word stands in."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    @property
    def keys(self) -> NDArray[np.uint64]:
        """(w,) equal for equal words of one text alone."""
        return self.hashes ^ mixed(self.texts.astype(np.uint64))


def words_of(column: Column) -> Words:
    """The words of a column's texts.

    A word's hash is a polynomial of its characters modulo 2**64, as the difference of two sums over
    all characters; different words share one with a probability of 2**-64 or so.
    """
    size = len(column.codes)
    kinds, values = np.take(_kinds(), column.codes), np.take(_values(), column.codes)
    first = np.zeros(size + 1, bool)
    first[column.starts] = True
    spaced = np.concatenate([[False], kinds == _SPACED, [False]])
    begins = np.flatnonzero(spaced[1:-1] & (~spaced[:-2] | first[:-1]))
    ends = np.flatnonzero(spaced[1:-1] & (~spaced[2:] | first[1:])) + 1
    powers, inverses = _powers(size)
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(values * powers[:size])])
    at, hashes = begins, (sums[ends] - sums[begins]) * inverses[begins]
    if (kinds == _UNSPACED).any():
        some = np.concatenate([[False], kinds == _UNSPACED, [False]])
        pairs = some[1:-1] & some[2:] & ~first[1:]
        # One that has no neighbour is a word by itself.
        alone = some[1:-1] & ~pairs
        alone[1:] &= ~pairs[:-1]
        more = np.flatnonzero(pairs | alone)
        second = np.where(pairs[more], values[np.minimum(more + 1, size - 1)], 0)
        at = np.concatenate([at, more])
        hashes = np.concatenate([hashes, values[more] + second * np.uint64(_FACTOR)])
        order = np.argsort(at, kind="stable")
        at, hashes = at[order], hashes[order]
    return Words(mixed(hashes), at, np.searchsorted(at, column.starts))


def mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Numbers whose every bit depends on every bit of the given ones (Stafford's mix 13 of 64 bits,
    the end of SplitMix64: Steele, Lea and Flood 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


@lru_cache(maxsize=1)
def _kinds() -> NDArray[np.uint8]:
    kinds = members(r"\w").astype(np.uint8) * np.uint8(_SPACED)
    kinds[members(UNSPACED)] = _UNSPACED
    return kinds


@lru_cache(maxsize=1)
def _values() -> NDArray[np.uint64]:
    """(CODE_POINTS,) a number for each character; upper and lower case share one."""
    return mixed((np.arange(CODE_POINTS, dtype=np.uint64) + 1)[folded()])


_KEPT: dict[int, tuple[NDArray[np.uint64], NDArray[np.uint64]]] = {}


def _powers(size: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Powers of the factor and of its inverse, of more characters than that."""
    power = 1 << max(size, 1).bit_length()
    if power not in _KEPT:
        _KEPT.clear()
        steps = (np.full(power, x, np.uint64) for x in (_FACTOR, _INVERSE))
        ups, downs = (np.cumprod(step) for step in steps)
        _KEPT[power] = ups, downs
    return _KEPT[power]
