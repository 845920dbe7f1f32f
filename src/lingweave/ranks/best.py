"""The best candidates of each query, merged block by block."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_LOW = 2**32 - 1
_NONE = torch.iinfo(torch.int64).min


class Best:
    """The highest scores of n queries so far; of equals, those that stand earlier in the pool."""

    def __init__(self, queries: int, depth: int) -> None:
        self._depth = depth
        self._keys = torch.empty(queries, 0, dtype=torch.int64)

    def add(self, block: Tensor, start: int) -> None:
        """Takes up (queries, candidates) scores; `start` is the first candidate's position."""
        if not self._depth:
            return
        self._keys = self._keys.to(block.device)
        if self._keys.shape[1] < self._depth:
            keys = _keys(block, torch.arange(start, start + block.shape[1], device=block.device))
            self._merge(keys.topk(min(self._depth, keys.shape[1]), dim=1).values)
            return
        # What comes later must score above the last one kept: few do, once the list is full.
        row, column = torch.nonzero(block > _scores(self._keys[:, -1:]), as_tuple=True)
        if not len(row):
            return
        sizes = torch.bincount(row, minlength=len(block))
        place = torch.arange(len(row), device=row.device) - (sizes.cumsum(0) - sizes)[row]
        new = torch.full((len(block), int(sizes.max())), _NONE, device=row.device)
        new[row, place] = _keys(block[row, column], start + column)
        self._merge(new)

    def found(self) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """(queries, depth) positions, best first, and their scores."""
        keys = self._keys.cpu()
        return (_LOW - (keys & _LOW)).to(torch.int32).numpy(), _scores(keys).numpy()

    def _merge(self, keys: Tensor) -> None:
        both = torch.cat([self._keys, keys], 1)
        self._keys = both.topk(min(self._depth, both.shape[1]), dim=1).values


def _keys(scores: Tensor, positions: Tensor) -> Tensor:
    """Integers in the order of (score, earlier in the pool): no ties are left to chance.

    The upper half of each is the float's bits, which order like signed integers once those of
    negative numbers are turned over; the lower half counts down with the position.
    """
    # Adding 0 turns -0.0 into 0.0: they are equal, and so must their keys be.
    bits = (scores + 0.0).view(torch.int32).to(torch.int64)
    bits = torch.where(bits < 0, bits ^ 0x7FFFFFFF, bits)
    return (bits << 32) + (_LOW - positions)


def _scores(keys: Tensor) -> Tensor:
    """The scores that keys were made of."""
    bits = keys >> 32
    return torch.where(bits < 0, bits ^ 0x7FFFFFFF, bits).to(torch.int32).view(torch.float32)
