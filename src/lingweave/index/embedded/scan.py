"""Looking for the best passages of a shard: by scanning, or by way of an index."""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lingweave.index.embedded.best import Best
from lingweave.index.embedded.settings import Settings
from lingweave.index.embedded.shard import Range, Shard
from lingweave.index.embedded.state import Allowed
from lingweave.index.store import Floats

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_BLOCK = 16384
"""Passages that are scored together."""
_IN_VAIN = 2
"""Times as many passages as fit are scored, where they need not be copied for it."""


def look(best: Best, queries: Floats, depth: int, allowed: Allowed, settings: Settings) -> None:
    """Puts the best passages of a shard among those of other shards."""
    for one in allowed.shard.manifest.ranges:
        look_in(best, queries, depth, allowed, one, settings)


def look_in(
    best: Best, queries: Floats, depth: int, allowed: Allowed, one: Range, settings: Settings
) -> None:
    """The same for a range of a shard."""
    shard, mask = allowed
    rows = one.end - one.start
    inside = None if mask is None else mask[one.start : one.end]
    count = rows if inside is None else int(np.count_nonzero(inside))
    if not count:
        return
    wanted = depth * settings.refine
    if one.sha256 is None or count <= max(settings.exact_rows, 4 * wanted):
        scan(best, queries, shard, one.start, inside, rows)
        return
    clusters = shard.clusters(one)
    base = max(settings.least_probes, settings.probes * clusters.lists)
    # The fewer a filter leaves, the fewer of them lie in a list; and there must be enough.
    probes = math.ceil(max(base * rows, 4 * wanted * clusters.lists) / count)
    found = clusters.near(queries, wanted, probes, None if count == rows else inside)
    for i, near in enumerate(found):
        near = near[near >= 0]
        if len(near) >= depth:
            best.likely(i, shard, near + one.start)
        else:  # The lists held too few.
            alone = Best(queries[i : i + 1], depth)
            scan(alone, queries[i : i + 1], shard, one.start, inside, rows)
            best.joined(i, alone)


def scan(
    best: Best, queries: Floats, shard: Shard, start: int, inside: Bools | None, rows: int
) -> None:
    """Scores so many places from one on, or those of them that a mask has."""
    for places in blocks(start, inside, rows):
        best.scanned(shard, places, products(queries, shard, places))


def blocks(start: int, inside: Bools | None, rows: int) -> Iterator[Ints]:
    """Those places, some at a time."""
    if inside is None:
        for at in range(start, start + rows, _BLOCK):
            yield np.arange(at, min(at + _BLOCK, start + rows))
        return
    places = np.flatnonzero(inside) + start
    for at in range(0, len(places), _BLOCK):
        yield places[at : at + _BLOCK]


def products(queries: Floats, shard: Shard, places: Ints) -> Floats:
    """(queries, places) inner products in fp32; the last digits may be wrong.

    Args:
        queries: (n, d).
        shard: where the places are.
        places: ascending, one or more.
    """
    first, last = int(places[0]), int(places[-1]) + 1
    found: Floats
    if last - first > _IN_VAIN * len(places):
        found = queries @ shard.vectors[places].T
        return found
    found = queries @ shard.vectors[first:last].T
    return found if last - first == len(places) else found[:, places - first]
