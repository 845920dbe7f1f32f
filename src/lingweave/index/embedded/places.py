"""Where given passages stand for a query, counted over all that a filter lets through."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lingweave.index.embedded.best import exact_scores, slack
from lingweave.index.embedded.scan import blocks, products
from lingweave.index.embedded.settings import Settings
from lingweave.index.embedded.state import Allowed
from lingweave.index.store import Floats, Place

Ints = NDArray[np.int64]


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
        for language, (start, end) in one.shard.manifest.slices.items():
            if language in counted:
                counted[language] += _better(query, asked, one, start, end)
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


def _better(query: Floats, asked: _Asked, one: Allowed, start: int, end: int) -> Ints:
    """(asked,) how many passages of some places stand before each passage asked for."""
    shard, mask = one
    found = np.zeros(len(asked.ids), np.int64)
    near = slack(query, shard)
    inside = None if mask is None else mask[start:end]
    for places in blocks(start, inside, end - start):
        (rough,) = products(query[None], shard, places)
        for i, (id, score) in enumerate(zip(asked.ids, asked.scores, strict=True)):
            found[i] += np.count_nonzero(rough > score + near)
            close = places[np.abs(rough - score) <= near]
            if not len(close):
                continue
            exact = exact_scores(shard, close, query)
            found[i] += np.count_nonzero(exact > score)
            tied = close[exact == score]
            if len(tied):
                found[i] += sum(other < id for other in shard.ids.take(tied).to_pylist())
    return found
