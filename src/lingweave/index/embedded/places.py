"""Where given passages stand for a query, counted over all that a filter lets through."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lingweave.index.embedded.best import exact_scores, slack
from lingweave.index.embedded.scan import blocks, products
from lingweave.index.embedded.settings import Settings
from lingweave.index.embedded.shard import Shard
from lingweave.index.embedded.state import Allowed
from lingweave.index.store import Floats, Place

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class _Asked:
    """The passages that are asked for."""

    ids: Sequence[str]
    scores: Floats
    languages: Sequence[str]


def counted_places(
    query: Floats, rows: Mapping[str, int], allowed: Sequence[Allowed], settings: Settings
) -> dict[str, Place]:
    """The places of passages that the filter lets through.

    Args:
        query: (d,).
        rows: of the passages asked for.
        allowed: what the filter lets through.
        settings: up to how many passages are counted.
    """
    asked = _asked(query, rows, allowed)
    if not asked.ids:
        return {}
    sizes: dict[str, int] = {}
    for shard, _ in allowed:
        for language, (start, end) in shard.manifest.slices.items():
            sizes[language] = sizes.get(language, 0) + end - start
    whole = sum(sizes.values()) <= settings.places_rows
    counted = {
        x: np.zeros(len(asked.ids), np.int64)
        for x in (sizes if whole else dict.fromkeys(asked.languages))
        if sizes[x] <= settings.places_rows
    }
    for one in allowed:
        for language, found in _better(query, asked, one, counted).items():
            counted[language] += found
    pool = sum(counted.values(), np.zeros(len(asked.ids), np.int64))
    return {
        id: Place(
            int(counted[language][i]) + 1 if language in counted else None,
            int(pool[i]) + 1 if whole else None,
        )
        for i, (id, language) in enumerate(zip(asked.ids, asked.languages, strict=True))
    }


def _asked(query: Floats, rows: Mapping[str, int], allowed: Sequence[Allowed]) -> _Asked:
    ids, scores, languages = [], [], []
    names = list(rows)
    wanted = np.fromiter(rows.values(), np.int64, len(rows))
    for shard, mask in allowed:
        places = shard.places(wanted)
        good = np.flatnonzero(places >= 0)
        if mask is not None:
            good = good[mask[places[good]]]
        if not len(good):
            continue
        scores += exact_scores(shard, places[good], query).tolist()
        for i in good.tolist():
            ids.append(names[i])
            languages.append(shard.language(int(places[i])))
    return _Asked(ids, np.array(scores, np.float32), languages)


def _better(
    query: Floats, asked: _Asked, one: Allowed, languages: Collection[str]
) -> dict[str, Ints]:
    """For each of some languages (asked,) how many of its passages in a shard stand before each
    passage asked for."""
    shard, mask = one
    slices = shard.manifest.slices
    names = sorted(slices, key=lambda x: slices[x])
    starts = np.array([slices[x][0] for x in names])
    if any(x not in languages for x in names):
        wanted = np.zeros(shard.manifest.rows, bool)
        for x in languages:
            start, end = slices.get(x, (0, 0))
            wanted[start:end] = True
        mask = wanted if mask is None else mask & wanted
    found = np.zeros((len(names), len(asked.ids)), np.int64)
    near = slack(query, shard)
    for places in blocks(0, mask, shard.manifest.rows):
        (rough,) = products(query[None], shard, places)
        of = np.searchsorted(starts, places, side="right") - 1
        apart = np.abs(rough - asked.scores[:, None])
        unsure = np.flatnonzero((apart <= near).any(axis=0))
        before = rough > asked.scores[:, None]
        if len(unsure):
            before[:, unsure] = _before(query, shard, places[unsure], asked)
        for i, some in enumerate(before):
            found[:, i] += np.bincount(of[some], minlength=len(names))
    return {x: found[i] for i, x in enumerate(names) if x in languages}


def _before(query: Floats, shard: Shard, places: Ints, asked: _Asked) -> Bools:
    """(asked, places) which of them stand before each passage asked for."""
    exact = exact_scores(shard, places, query)
    better: Bools = exact > asked.scores[:, None]
    ties = exact == asked.scores[:, None]
    tied = np.flatnonzero(ties.any(axis=0))
    others = shard.ids.take(places[tied])  # Arrow compares UTF-8, whose order is that of the ids.
    for i, id in enumerate(asked.ids):
        first = pc.less(others, pa.scalar(id, others.type)).to_numpy(zero_copy_only=False)
        better[i, tied] |= ties[i, tied] & first
    return better
