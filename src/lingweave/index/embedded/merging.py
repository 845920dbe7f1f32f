"""Which shards are merged, and what comes out."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from lingweave.index.embedded.settings import Settings
from lingweave.index.embedded.shard import Member
from lingweave.index.embedded.state import Held
from lingweave.index.store import Floats

Ints = NDArray[np.int64]

_MANY_DEAD = 0.1
"""Share of dead passages above which even a large shard is written anew."""


def groups_to_merge(held: Sequence[Held], settings: Settings) -> list[list[Held]]:
    """What is merged after a write: shards of one size as soon as there are many.

    So there are never more than a few of each size, and a passage is written anew as often as the
    number of passages has digits.
    """
    groups = [[one] for one in held if not one.count]
    tiers: dict[int, list[Held]] = {}
    for one in held:
        if 0 < one.count < settings.most_rows / settings.tier:
            tiers.setdefault(int(math.log(one.count, settings.tier)), []).append(one)
    return groups + [tier for tier in tiers.values() if len(tier) >= settings.tier]


def groups_to_optimise(held: Sequence[Held], settings: Settings) -> list[list[Held]]:
    """What is merged when asked: all small shards, and those with many dead."""
    groups: list[list[Held]] = []
    space = 0
    for one in held:
        dead = len(one.alive) - one.count
        if one.count > settings.most_rows / 2 and dead <= _MANY_DEAD * len(one.alive):
            continue
        if not groups or one.count > space:
            groups.append([])
            space = settings.most_rows
        groups[-1].append(one)
        space -= one.count
    return [x for x in groups if len(x) > 1 or x[0].count < len(x[0].alive)]


def gathered(group: Sequence[Held]) -> tuple[list[Member], Callable[[Ints], Floats]]:
    """The passages alive in some shards, and what gives the vectors of some of them."""
    members: list[Member] = []
    kept: list[Ints] = []
    for one in group:
        shard, alive = one.shard, one.alive
        for language, (start, end) in shard.manifest.slices.items():
            places = np.flatnonzero(alive[start:end]) + start
            kept.append(places)
            ids = shard.ids.take(places).to_pylist()
            rows = shard.rows[places].tolist()
            members += [Member(row, id, language) for row, id in zip(rows, ids, strict=True)]
    shards = [one.shard for one in group for _ in one.shard.manifest.slices]
    starts = np.cumsum([0, *map(len, kept)])

    def take(wanted: Ints) -> Floats:
        found = np.empty((len(wanted), group[0].shard.manifest.dimension), np.float32)
        parts = np.searchsorted(starts, wanted, side="right") - 1
        for part in np.unique(parts):
            mine = parts == part
            found[mine] = shards[part].vectors[kept[part][wanted[mine] - starts[part]]]
        return found

    return members, take
