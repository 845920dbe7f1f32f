"""The best of what was looked at: by exact scores, ties by id."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lingweave.index.embedded.shard import Shard
from lingweave.index.store import Floats, Found

Ints = NDArray[np.int64]

_SLACK = 1e-5
"""By how much of the lengths' product a product in fp32 may be wrong; far more than it is."""


_MANY = 64
"""So many more than are wanted are kept before it is looked at which of them tie."""


def exact_scores(shard: Shard, places: Ints, query: Floats) -> Floats:
    """(places,) inner products, worked out in doubles one by one: equal vectors tie exactly,
    however many stand beside them."""
    vectors = shard.vectors[places].astype(np.float64)
    scores: Floats = np.einsum("ij,j->i", vectors, query.astype(np.float64)).astype(np.float32)
    return scores


def lengths_of(vectors: Floats) -> NDArray[np.float64]:
    """(n,) their lengths."""
    lengths: NDArray[np.float64] = np.linalg.norm(vectors.astype(np.float64), axis=1)
    return lengths


def slack(query: Floats, shard: Shard) -> float:
    """By how much a product in fp32 may be wrong, at most."""
    return _SLACK * float(np.linalg.norm(query.astype(np.float64))) * shard.manifest.norm


class Best:
    """Gathers, for some queries, the places that can be among the best.

    Args:
        queries: (n, d).
        depth: How many are wanted for each.
        lengths: (n,) of the queries, if they are known.
    """

    def __init__(
        self, queries: Floats, depth: int, lengths: NDArray[np.float64] | None = None
    ) -> None:
        self._queries, self._depth = queries, depth
        self._lengths = lengths_of(queries) if lengths is None else lengths
        self._longest = 0.0
        self._least = np.full(len(queries), -np.inf)
        self._kept: list[list[tuple[Shard, Ints]]] = [[] for _ in queries]

    def scanned(self, shard: Shard, places: Ints, scores: Floats) -> None:
        """Takes those that may be among the best of all so far.

        Args:
            shard: where they stand.
            places: (n,) at which places.
            scores: (queries, n) products in fp32, whose last digits may be wrong.
        """
        depth = self._depth
        self._longest = max(self._longest, shard.manifest.norm)
        for i, row in enumerate(scores):
            near = _SLACK * self._lengths[i] * self._longest
            good = np.flatnonzero(row >= self._least[i] - near)
            if len(good) > depth:
                some = row[good]
                least = np.partition(some, len(good) - depth)[len(good) - depth]
                self._least[i] = max(self._least[i], float(least))
                good = good[some >= self._least[i] - near]
            if len(good) > depth + _MANY:
                good = good[self._first(i, shard, places[good])]
            if len(good):
                self._kept[i].append((shard, places[good]))

    def _first(self, i: int, shard: Shard, places: Ints) -> Ints:
        """Which of many places with nearly one score can be among the best.

        Those of one score and language stand by id, so that only the first of them can.
        """
        if self._lengths[i]:
            scores = exact_scores(shard, places, self._queries[i])
        else:
            scores = np.zeros(len(places), np.float32)
        least = np.partition(scores, len(scores) - self._depth)[len(scores) - self._depth]
        tied = np.flatnonzero(scores == least)
        of = np.searchsorted(shard.starts, places[tied], side="right")
        nth = np.arange(len(tied)) - np.searchsorted(of, of)
        return np.concatenate([np.flatnonzero(scores > least), tied[nth < self._depth]])

    def likely(self, query: int, shard: Shard, places: Ints) -> None:
        """Takes places that an index named for a query."""
        self._kept[query].append((shard, places))

    def joined(self, query: int, other: "Best") -> None:
        """Takes what another one gathered for its only query."""
        self._kept[query] += other._kept[0]

    def kept(self, query: int) -> list[tuple[Shard, Ints]]:
        """What was gathered for a query."""
        return self._kept[query]

    def found(self) -> list[list[Found]]:
        """The best of each query, best first."""
        return [self._ranked(i) for i in range(len(self._queries))]

    def _ranked(self, i: int) -> list[Found]:
        kept = self._kept[i]
        if not kept:
            return []
        parts = [exact_scores(shard, places, self._queries[i]) for shard, places in kept]
        scores = np.concatenate(parts)
        if len(scores) > self._depth:
            least = np.partition(scores, len(scores) - self._depth)[len(scores) - self._depth]
        else:
            least = -np.inf
        ranked: list[tuple[float, str]] = []
        for (shard, places), some in zip(kept, parts, strict=True):
            good = some >= least
            ids = shard.ids.take(places[good]).to_pylist()
            ranked += zip((-some[good]).tolist(), ids, strict=True)
        ranked.sort()
        return [Found(id, -score) for score, id in ranked[: self._depth]]


def found_by_language(
    bests: Mapping[str, Best], query: int, vector: Floats, depth: int
) -> dict[str, list[Found]]:
    """What `Best.found` gives for one query, of many languages at once and so much faster.

    Args:
        bests: what was gathered, by language.
        query: which of the queries.
        vector: (d,) of that query.
        depth: how many of each language.
    """
    kept: dict[int, tuple[Shard, list[Ints], list[str]]] = {}
    for language, best in bests.items():
        for shard, places in best.kept(query):
            _, parts, languages = kept.setdefault(shard.number, (shard, [], []))
            parts.append(places)
            languages += [language] * len(places)
    ranked: list[tuple[float, str, str]] = []
    for shard, parts, languages in kept.values():
        places = np.concatenate(parts)
        scores = exact_scores(shard, places, vector)
        ids = shard.ids.take(places).to_pylist()
        ranked += zip((-scores).tolist(), ids, languages, strict=True)
    ranked.sort()
    answer: dict[str, list[Found]] = {}
    for score, id, language in ranked:
        found = answer.setdefault(language, [])
        if len(found) < depth:
            found.append(Found(id, -score))
    return {language: answer[language] for language in sorted(answer)}
