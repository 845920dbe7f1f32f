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
    values = values ^ (values >> np.uint64(30))
    values *= np.uint64(_FIRST)
    values ^= values >> np.uint64(27)
    values *= np.uint64(_SECOND)
    values ^= values >> np.uint64(31)
    return values


def folded(*key: int) -> int:
    """One 64-bit integer for a tuple of integers; different tuples give unrelated ones."""
    state = 0
    for part in key:
        state = (state ^ (part & _MASK)) + _GOLDEN & _MASK
        state = (state ^ (state >> 30)) * _FIRST & _MASK
        state = (state ^ (state >> 27)) * _SECOND & _MASK
        state ^= state >> 31
    return state


def folded_each(*key: int | Ints) -> Bits:
    """(n,): ``folded`` of every key, where the array parts of the key, one or more, are (n,)."""
    plain = next(place for place, part in enumerate(key) if not isinstance(part, int))
    state = np.array([folded(*(part for part in key[:plain] if isinstance(part, int)))], np.uint64)
    for part in key[plain:]:
        salt = np.uint64(part & _MASK) if isinstance(part, int) else part.astype(np.uint64)
        state = mixed((state ^ salt) + np.uint64(_GOLDEN))
    return state


def bits_at(counters: Ints, keys: Bits | np.uint64) -> Bits:
    """Uniform 64-bit integers: for each counter (from 0) and key, which are broadcast, one."""
    return mixed((counters.astype(np.uint64) + np.uint64(1)) * np.uint64(_GOLDEN) + keys)


def bits(count: int, *key: int) -> Bits:
    """``count`` uniform 64-bit integers for this key."""
    return bits_at(np.arange(count), np.uint64(folded(*key)))


def as_uniform(values: Bits) -> Floats:
    """Uniform numbers in [0, 1) from uniform 64-bit integers."""
    return np.asarray((values >> np.uint64(11)).astype(np.float64) * 2.0**-53)


def uniform(count: int, *key: int) -> Floats:
    """``count`` uniform numbers in [0, 1) for this key."""
    return as_uniform(bits(count, *key))


def uniform_at(counters: Ints, keys: Bits | np.uint64) -> Floats:
    """Uniform numbers in [0, 1): for each counter (from 0) and key, which are broadcast, one."""
    return as_uniform(bits_at(counters, keys))


def permuted(places: Ints, size: int, *key: int) -> Ints:
    """Where each place of ``range(size)`` goes under the permutation that the key names.

    A Feistel network over a rectangle of at least ``size`` cells, walked until the image lies
    inside (Black and Rogaway, CT-RSA 2002): no table of the permutation is ever made.
    """
    width = np.uint64(np.ceil(np.sqrt(size)))
    height = np.uint64(-(-size // int(width)))
    keys = folded_each(*key, np.arange(6))

    def once(values: Bits) -> Bits:
        upper = values // width
        lower = values - upper * width
        for turn, salt in enumerate(keys):
            if turn % 2:
                upper = _sum(upper, mixed(lower + salt), height)
            else:
                lower = _sum(lower, mixed(upper + salt), width)
        return upper * width + lower

    values = once(places.astype(np.uint64))
    while len(outside := np.flatnonzero(values >= np.uint64(size))):
        values[outside] = once(values[outside])
    return values.astype(np.int64)


def _sum(values: Bits, others: Bits, modulus: np.uint64) -> Bits:
    """``(values + others) % modulus`` for values below the modulus.

    numpy divides by one number several times faster than it takes remainders, and where the sum is
    below the modulus the difference wraps around to something larger.
    """
    total = values + (others - others // modulus * modulus)
    return np.asarray(np.minimum(total, total - modulus))
