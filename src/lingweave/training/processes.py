"""The processes that share a batch, as two operations on tensors."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, distributed


class Processes(NamedTuple):
    """The processes whose rows stand in one batch; the default is one process by itself."""

    rank: int = 0
    """The number of this process."""
    size: int = 1
    """How many there are."""

    def gathered(self, own: Tensor, counts: Sequence[int]) -> list[Tensor]:
        """The tensors of all processes, in the order of their ranks.

        Args:
            own: (n, ...) this process's; without a graph.
            counts: how many rows each process has. All processes know them, because a plan is a
                pure function, so nothing is waited for on the device.
        """
        if self.size == 1:
            return [own]
        most = max(counts)
        padded = own.new_zeros((most, *own.shape[1:]))
        padded[: len(own)] = own
        found = own.new_empty((self.size, most, *own.shape[1:]))
        distributed.all_gather_into_tensor(found.view(-1, *own.shape[1:]), padded)
        return [found[rank, :count] for rank, count in enumerate(counts)]

    def summed(self, values: Tensor) -> Tensor:
        """The sum over all processes, in place."""
        if self.size > 1:
            distributed.all_reduce(values)
        return values

    def most(self, value: int, device: torch.device) -> int:
        """The largest value of any process."""
        if self.size == 1:
            return value
        found = torch.tensor(value, device=device)
        distributed.all_reduce(found, distributed.ReduceOp.MAX)
        return int(found)
