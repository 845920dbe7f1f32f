"""Several ranked lists into one, by reciprocal rank."""

from collections.abc import Sequence

K = 60
"""What is added to every rank, so that first places do not decide alone; the source's value."""


def fused(
    lists: Sequence[Sequence[str]], weights: Sequence[float] | None = None
) -> list[tuple[str, float]]:
    """The ids of all lists with their scores, best first.

    Each list gives an id ``weight / (60 + rank)``, with ranks from 1; lists that do not hold it
    give nothing. Ties go by id.

    Args:
        lists: each without repetition, best first.
        weights: of each list; None: 1 each.

    Source: Cormack, Clarke and Büttcher (2009), Reciprocal rank fusion outperforms Condorcet and
    individual rank learning methods, SIGIR.
    """
    scores: dict[str, float] = {}
    for ids, weight in zip(lists, weights or [1.0] * len(lists), strict=True):
        for rank, id in enumerate(ids, 1):
            scores[id] = scores.get(id, 0.0) + weight / (K + rank)
    return sorted(scores.items(), key=lambda one: (-one[1], one[0]))
