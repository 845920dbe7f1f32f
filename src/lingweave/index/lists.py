"""Ranked lists of a store, by vectors, by words or both: of the pool, or of each language."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple, TypeVar

import numpy as np

from lingweave.index.fusion import fused
from lingweave.index.passages import Filter
from lingweave.index.store import Floats, Found, VectorStore

T = TypeVar("T")


class Listed(NamedTuple):
    """A passage in a ranked list."""

    id: str
    """The passage's id."""
    score: float
    """What the list is ordered by."""
    similarity: float | None
    """Inner product with the query's vector; None where only words found it."""


class Ask(NamedTuple):
    """What a list is asked of."""

    text: str
    """The query."""
    vector: Floats | None
    """Its vector (d,); None: it is searched by words alone."""
    mode: Literal["dense", "words", "both"]
    """What ranks."""
    where: Filter
    """Which passages may stand in the list."""
    depth: int
    """How many."""


def pool_lists(store: VectorStore, asks: Sequence[Ask]) -> list[list[Listed]]:
    """The best passages of all languages for each of them."""

    def found(some: Sequence[Ask]) -> list[list[Listed]]:
        first = some[0]
        near, spoken = _near(store, some), _spoken(store, some, first.where)
        return [_listed(first.mode, n, s) for n, s in zip(near, spoken, strict=True)]

    return _together(asks, found)


def language_lists(store: VectorStore, asks: Sequence[Ask]) -> list[dict[str, list[Listed]]]:
    """The best passages of each language for each of them."""

    def found(some: Sequence[Ask]) -> list[dict[str, list[Listed]]]:
        first = some[0]
        near: list[dict[str, list[Found]]] = [{} for _ in some]
        spoken: list[dict[str, list[Found]]] = [{} for _ in some]
        if first.mode != "words":
            near = store.search_languages(_stacked(some), first.depth, first.where)
        if first.mode != "dense":
            # One by one: in the list of the pool, the words of a small language may stand too deep.
            for language in store.counts(first.where):
                one = replace(first.where, languages=(language,))
                for place, ranked in enumerate(_spoken(store, some, one)):
                    spoken[place][language] = ranked
        return [
            {
                x: _listed(first.mode, n.get(x, []), s.get(x, []))
                for x in sorted({*n, *s})
                if n.get(x) or s.get(x)
            }
            for n, s in zip(near, spoken, strict=True)
        ]

    return _together(asks, found)


def _together(asks: Sequence[Ask], found: Callable[[Sequence[Ask]], list[T]]) -> list[T]:
    """The answers in the order of what was asked; what differs in text alone is asked at once."""
    groups: dict[Hashable, list[int]] = {}
    for place, ask in enumerate(asks):
        # The filter as text: to Python 1, 1.0 and True are equal, to a filter they are not.
        key = (ask.mode, repr(ask.where), ask.depth)
        groups.setdefault(key, []).append(place)
    answers: dict[int, T] = {}
    for members in groups.values():
        some = found([asks[place] for place in members])
        answers.update(zip(members, some, strict=True))
    return [answers[place] for place in range(len(asks))]


def _near(store: VectorStore, some: Sequence[Ask]) -> list[list[Found]]:
    if some[0].mode == "words":
        return [[] for _ in some]
    return store.search(_stacked(some), some[0].depth, some[0].where)


def _spoken(store: VectorStore, some: Sequence[Ask], where: Filter) -> list[list[Found]]:
    if some[0].mode == "dense":
        return [[] for _ in some]
    return store.search_words([one.text for one in some], some[0].depth, where)


def _stacked(some: Sequence[Ask]) -> Floats:
    return np.stack([one.vector for one in some if one.vector is not None])


def _listed(mode: str, near: Sequence[Found], spoken: Sequence[Found]) -> list[Listed]:
    if mode == "dense":
        return [Listed(one.id, one.score, one.score) for one in near]
    if mode == "words":
        return [Listed(one.id, one.score, None) for one in spoken]
    similarity = {one.id: one.score for one in near}
    both = fused([[one.id for one in near], [one.id for one in spoken]])
    return [Listed(id, score, similarity.get(id)) for id, score in both]
