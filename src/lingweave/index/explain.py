"""Where hits stand by vectors, in their language and in the pool, so that bias can be seen."""

from collections.abc import Sequence

from lingweave.index.passages import Filter
from lingweave.index.requests import Hit
from lingweave.index.store import Floats, VectorStore


def explained(
    store: VectorStore, hits: Sequence[Hit], vector: Floats, where: Filter, spoken: Sequence[str]
) -> list[Hit]:
    """The hits with their places.

    A hit that is the first of its language and far down in the pool is one that the model hides
    from those who read that language.

    Args:
        store: where they were found.
        hits: of one query.
        vector: the query's (d,).
        where: the filter that they were found under; places count what fits it.
        spoken: ids of the query's list by words, best first; empty where words have no say.
    """
    places = store.places(vector, [hit.passage.id for hit in hits], where)
    rank = {id: i for i, id in enumerate(spoken, 1)}
    return [
        hit._replace(
            language_rank=place.language if place else None,
            pool_rank=place.pool if place else None,
            words_rank=rank.get(hit.passage.id),
        )
        for hit in hits
        for place in (places.get(hit.passage.id),)
    ]
