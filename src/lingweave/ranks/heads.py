"""The best candidates of whole rows of scores, without sorting the rows."""

import numpy as np
from numpy.typing import NDArray

from lingweave.ranks.golds import Floats


def heads(block: Floats, depth: int, last: Floats) -> tuple[NDArray[np.int32], Floats]:
    """(rows, depth) positions of the best, equals in the order of their positions, and scores.

    Args:
        block: (rows, pool) scores.
        depth: How many of the best, at most the pool.
        last: (rows,) the depth-th best score where it is known, else NaN.
    """
    n, size = block.shape
    positions = np.empty((n, depth), dtype=np.int32)
    scores = np.empty((n, depth), dtype=np.float32)
    # The k-th best of a sample is at most the k-th best of all, so what reaches the depth-th of
    # the sample holds the head. A quarter of that depth nearly always suffices for one in eight,
    # and leaves less to sort; partitioning whole rows would cost five times as much.
    stride, guesses = (8, (depth // 4, depth)) if size >= 16 * depth >= 64 else (1, (depth,))
    for r, line in enumerate(block if depth else ()):
        if np.isnan(last[r]):
            sample = np.sort(line[::stride])
            for nth in guesses:
                reached = np.flatnonzero(line >= sample[-nth])
                if len(reached) >= depth:
                    break
        else:
            reached = np.flatnonzero(line >= last[r])
        values = line[reached]
        if len(reached) > 4 * depth:
            # Sorted, not partitioned: thousands of equal scores make a partition slow.
            least = np.sort(values)[len(values) - depth]
            kept = values > least
            kept[np.flatnonzero(values == least)[: depth - np.count_nonzero(kept)]] = True
            reached, values = reached[kept], values[kept]
        order = np.argsort(-values, kind="stable")[:depth]
        positions[r], scores[r] = reached[order], values[order]
    return positions, scores
