"""Random numbers as a pure function of a key: the same on every platform, rank and resume.

A draw is a hash (the splitmix64 finaliser of Steele, Lea and Flood, OOPSLA 2014) of a key and a
counter. There is no generator whose state would have to be carried from step to step.
"""

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint64]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def mixed(values: Bits) -> Bits:
    """The splitmix64 finaliser of each value (a bijection of 64-bit integers)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(_FIRST)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(_SECOND)
    return values ^ (values >> np.uint64(31))


def folded(*key: int) -> int:
    """One 64-bit integer for a tuple of integers; different tuples give unrelated ones."""
    state = 0
    for part in key:
        state = (state ^ (part & _MASK)) + _GOLDEN & _MASK
        state = (state ^ (state >> 30)) * _FIRST & _MASK
        state = (state ^ (state >> 27)) * _SECOND & _MASK
        state ^= state >> 31
    return state


def bits(count: int, *key: int) -> Bits:
    """``count`` uniform 64-bit integers for this key."""
    counter = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(_GOLDEN)
    return mixed(counter + np.uint64(folded(*key)))


def uniform(count: int, *key: int) -> Floats:
    """``count`` uniform numbers in [0, 1) for this key."""
    return (bits(count, *key) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def permuted(places: Ints, size: int, *key: int) -> Ints:
    """Where each place of ``range(size)`` goes under the permutation that the key names.

    A Feistel network over a rectangle of at least ``size`` cells, walked until the image lies
    inside (Black and Rogaway, CT-RSA 2002): no table of the permutation is ever made.
    """
    width = int(np.ceil(np.sqrt(size)))
    height = -(-size // width)
    keys = [np.uint64(folded(*key, turn)) for turn in range(6)]

    def once(values: Bits) -> Bits:
        upper, lower = np.divmod(values, np.uint64(width))
        for turn, salt in enumerate(keys):
            if turn % 2:
                upper = (upper + mixed(lower + salt) % np.uint64(height)) % np.uint64(height)
            else:
                lower = (lower + mixed(upper + salt) % np.uint64(width)) % np.uint64(width)
        return upper * np.uint64(width) + lower

    values = once(places.astype(np.uint64))
    while (outside := values >= np.uint64(size)).any():
        values[outside] = once(values[outside])
    return values.astype(np.int64)
