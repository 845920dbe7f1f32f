"""Cutting a batch's texts into chunks of similar length, so that little of what is encoded is pad.

Padding a whole batch to its longest text more than doubles the work on real paragraphs. Sorted by
length and cut by a budget of tokens, the texts give the same vectors in any order, so the loss and
its gradient are those of the whole batch.
"""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def chunks_by_length(sizes: Ints, budget: int) -> list[Ints]:
    """The texts in chunks, longest first: a list of arrays of text numbers, each number once.

    The longest chunk comes first so that memory that does not suffice shows at once.

    Args:
        sizes: (n,) tokens of each text.
        budget: tokens of a chunk at most, padding included; a longer text stands alone.
    """
    order = np.argsort(-sizes, kind="stable")
    chunks, start = [], 0
    while start < len(order):
        count = max(1, budget // max(1, int(sizes[order[start]])))
        chunks.append(order[start : start + count])
        start += count
    return chunks


def places(chunks: list[Ints]) -> Ints:
    """(n,): where among the texts of the chunks, one chunk after another, each text stands."""
    order = np.concatenate(chunks)
    result = np.empty(len(order), np.int64)
    result[order] = np.arange(len(order))
    return result
