"""The best rows of a collection: in one order, however its server rounds and breaks ties."""

from collections.abc import Sequence
from typing import Any, TypeVar

from lingweave.errors import LingweaveError
from lingweave.index.milvus.collection import DEEPEST, Collection, filtered
from lingweave.index.milvus.writing import State
from lingweave.index.store import Found

T = TypeVar("T")
_SPARE = 16
"""Hits that are asked for beyond the depth, for ties to be put in order."""
_QUERIES = 64
"""Queries of one request."""


def best(
    collection: Collection, column: str, asked: Sequence[Any], depth: int, state: State, *parts: str
) -> list[list[Found]]:
    """The best rows for each vector or text; equal scores in the order of their ids.

    Raises:
        LingweaveError: more are asked for than Milvus gives.
    """
    if depth > DEEPEST:
        raise LingweaveError(f"Milvus gives {DEEPEST:,} hits at most; {depth:,} were asked for")
    filter = filtered(state.generation, *parts)
    found: list[list[Found]] = []
    for some in parts_of(asked, _QUERIES):
        limit = min(DEEPEST, depth + _SPARE)
        lists = collection.nearest(column, some, limit, filter)
        while limit < DEEPEST and any(_cut_in_ties(each, depth, limit) for each in lists):
            limit = min(DEEPEST, 4 * limit)
            lists = collection.nearest(column, some, limit, filter)
        found += [_ordered(each)[:depth] for each in lists]
    return found


def parts_of(items: Sequence[T], most: int) -> list[Sequence[T]]:
    """The items in order, so many at most together."""
    return [items[start : start + most] for start in range(0, len(items), most)]


def _ordered(hits: Sequence[tuple[str, float]]) -> list[Found]:
    found = [Found(id, _rounded(score)) for id, score in hits]
    return sorted(found, key=lambda one: (-one.score, one.id))


def _rounded(score: float) -> float:
    # Equal vectors must tie, and servers round the last bits as it suits them.
    return round(score, 6)


def _cut_in_ties(hits: Sequence[tuple[str, float]], depth: int, limit: int) -> bool:
    return len(hits) == limit and _rounded(hits[depth - 1][1]) == _rounded(hits[-1][1])
