"""The distinct texts of a side, cut into shards that depend on nothing but the texts."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lingweave.benchmark import Texts
from lingweave.encoders.equals import first_of_hashes

Ints = NDArray[np.int64]
CHUNK = 16384
"""Texts that are hashed together."""


class Shard(NamedTuple):
    """Distinct texts of one language that are encoded together and kept in one file."""

    language: str
    """Their language."""
    rows: Ints
    """(n,) where they stand among the texts of that language."""
    start: int
    """The number of the first one among the distinct texts of the side."""
    fingerprint: str
    """A hash of the texts."""


@dataclass(frozen=True)
class DistinctTexts:
    """Which text stands where; the texts of all languages count as one list, in code order.

    Texts are told apart by 128 bits of BLAKE2b, so that no text need be kept.
    """

    sides: Mapping[str, Texts]
    """The texts by language."""
    starts: dict[str, int]
    """Where each language begins in the list."""
    number: Ints
    """(list,) the number of each text among the distinct ones, which count by first appearance."""
    first: Ints
    """(distinct,) where each distinct text stands first."""
    shards: tuple[Shard, ...]
    """All distinct texts, in the order of their numbers."""

    def of(self, shard: Shard) -> list[str]:
        """The texts of a shard."""
        texts: Sequence[str] = self.sides[shard.language].texts
        return [texts[row] for row in shard.rows.tolist()]


def distinct_texts(
    sides: Mapping[str, Texts], shard_size: int, by_language: bool = False
) -> DistinctTexts:
    """Walks all texts once, and cuts the distinct ones of each language into shards.

    Args:
        sides: The texts by language.
        shard_size: Texts of a shard at most.
        by_language: Whether equal texts of different languages are distinct.
    """
    hashes: list[NDArray[np.uint64]] = []
    starts, total = {}, 0
    for language in sorted(sides):
        starts[language] = total
        texts = iter(sides[language].texts)
        mark = f"{language}\n".encode() if by_language else b""
        while some := list(islice(texts, CHUNK)):
            digests = b"".join(
                hashlib.blake2b(mark + t.encode("utf-8", "surrogatepass"), digest_size=16).digest()
                for t in some
            )
            hashes.append(np.frombuffer(digests, "<u8").reshape(-1, 2))
            total += len(some)
    equal = first_of_hashes(hashes)
    first = np.flatnonzero(equal == np.arange(total))
    number = np.empty(total, dtype=np.int64)
    number[first] = np.arange(len(first))
    every = np.concatenate(hashes) if hashes else np.empty((0, 2), np.uint64)
    shards = []
    ends = np.searchsorted(first, [*starts.values(), total]).tolist()
    for (language, begin), low, high in zip(starts.items(), ends[:-1], ends[1:], strict=True):
        for start in range(low, high, shard_size):
            places = first[start : min(start + shard_size, high)]
            fingerprint = hashlib.sha256(every[places].tobytes()).hexdigest()
            shards.append(Shard(language, places - begin, start, fingerprint))
    return DistinctTexts(sides, starts, number[equal], first, tuple(shards))
