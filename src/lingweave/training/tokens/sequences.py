"""Tokenised texts of any length, one after another in flat arrays."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Sequences(NamedTuple):
    """n tokenised texts."""

    ids: Ints
    """(sum of sizes,) token ids, prompt and special tokens included, one text after another."""
    sizes: Ints
    """(n,) token ids of each text."""
    texts: Ints
    """(n,) 63-bit hash of each text itself: equal texts have equal ids, on every rank."""

    def take(self, order: Ints) -> "Sequences":
        """The texts at these places (m,), in this order; a place may be given more than once."""
        sizes = self.sizes[order]
        starts = (np.cumsum(self.sizes) - self.sizes)[order]
        return Sequences(self.ids[spans(starts, sizes)], sizes, self.texts[order])


def joined(parts: Sequence[Sequences]) -> Sequences:
    """The texts of all parts, one part after another."""
    none = np.empty(0, np.int64)
    return Sequences(*(np.concatenate(arrays) for arrays in zip(*parts, (none,) * 3, strict=True)))


def spans(starts: Ints, sizes: Ints) -> Ints:
    """``starts[i], ..., starts[i] + sizes[i] - 1`` for each i, one after another."""
    before = np.cumsum(sizes) - sizes
    places: Ints = np.arange(int(sizes.sum())) + np.repeat(starts - before, sizes)
    return places


def text_id(text: str) -> int:
    """63 bits of BLAKE2b of the text: never negative, the same in every process."""
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1
