"""Cutting a batch's texts into chunks of similar length, so that little of what is encoded is pad.

Padding a whole batch to its longest text more than doubles the work on real paragraphs. Sorted by
length and cut by a budget of tokens, the texts give the same vectors in any order, so the loss and
its gradient are those of the whole batch.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

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


def in_parts(chunks: Sequence[dict[str, Tensor]], count: int) -> list[dict[str, Tensor]]:
    """The same texts, in the same order, in this many chunks.

    Args:
        chunks: features with a row for each text.
        count: chunks that are wanted; no fewer than there are, and no more than there are texts.
    """
    chunks = list(chunks)
    while len(chunks) < count:
        sizes = [next(iter(chunk.values())).shape for chunk in chunks]
        place = max((i for i, s in enumerate(sizes) if s[0] > 1), key=lambda i: sizes[i].numel())
        half = sizes[place][0] // 2
        first = {name: values[:half] for name, values in chunks[place].items()}
        second = {name: values[half:] for name, values in chunks[place].items()}
        chunks[place : place + 1] = [first, second]
    return chunks
