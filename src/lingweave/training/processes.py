"""The processes that share a run: what they send each other, and who speaks for them."""

import os
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, distributed

from lingweave.errors import LingweaveError

# Its name before and after torch 2.13.
_all_gather = getattr(distributed, "all_gather_single", None) or distributed.all_gather_into_tensor


class Processes(NamedTuple):
    """The processes whose rows stand in one batch; the default is one process by itself."""

    rank: int = 0
    """The number of this process."""
    size: int = 1
    """How many there are."""
    hosts: distributed.ProcessGroup | None = None
    """Their group over the network of the hosts, so that a number can be agreed on without waiting
    for a GPU; None: the default group, which is that already."""

    @classmethod
    def of_run(cls, rank: int, size: int) -> "Processes":
        """All processes of a run whose default group is there; called by all of them together."""
        if size == 1:
            return cls()
        gloo = distributed.get_backend() == distributed.Backend.GLOO
        return cls(rank, size, None if gloo else distributed.new_group(backend="gloo"))

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
        _all_gather(found.view(-1, *own.shape[1:]), padded)
        return [found[rank, :count] for rank, count in enumerate(counts)]

    def summed(self, values: Tensor) -> Tensor:
        """The sum over all processes, in place."""
        if self.size > 1:
            distributed.all_reduce(values)
        return values

    def largest(self, *values: int) -> list[int]:
        """For each number the largest that any process has."""
        if self.size == 1:
            return list(values)
        found = torch.tensor(values)
        distributed.all_reduce(found, distributed.ReduceOp.MAX, self.hosts)
        return [int(value) for value in found]

    def by_first(self, work: Callable[[], str]) -> str:
        """What work gives on the first process, known to all; the others wait while it works.

        Raises:
            LingweaveError: work raised it; on every process, so that none waits for another.
        """
        if self.size == 1:
            return work()
        found, mistake = "", ""
        if self.rank == 0:
            try:
                found = work()
            except LingweaveError as error:
                mistake = str(error)
        found, mistake = self._told(found), self._told(mistake)
        if mistake:
            raise LingweaveError(mistake)
        return found

    def _told(self, text: str) -> str:
        """The first process's text."""
        content = torch.tensor(list(text.encode()), dtype=torch.uint8)
        length = torch.tensor(len(content))
        distributed.broadcast(length, 0, self.hosts)
        if self.rank:
            content = torch.zeros(int(length), dtype=torch.uint8)
        if length:
            distributed.broadcast(content, 0, self.hosts)
        return bytes(content.tolist()).decode()

    def agree_on(self, tensors: Iterable[Tensor]) -> None:
        """Gives every process the first one's numbers, in place."""
        if self.size > 1:
            for tensor in tensors:
                distributed.broadcast(tensor.data, 0)

    def mean_of_rows(self, gradient: Tensor) -> Tensor:
        """The mean over all processes of their gradients of one matrix, sparse along its rows.

        Args:
            gradient: (V, d) sparse; each process has rows of its own.
        """
        if self.size == 1:
            return gradient
        gradient = gradient.coalesce()
        own = gradient.indices()[0]
        numbers = torch.zeros(self.size, dtype=torch.int64)
        numbers[self.rank] = len(own)
        distributed.all_reduce(numbers, group=self.hosts)
        counts = numbers.tolist()
        rows = torch.cat(self.gathered(own, counts)).unsqueeze(0)
        values = torch.cat(self.gathered(gradient.values(), counts)) / self.size
        return torch.sparse_coo_tensor(rows, values, gradient.shape, check_invariants=False)


class Vote:
    """Whether any process wants something, told a step later so that nobody waits for the answer.

    All processes call it at the same steps and get the same answers.
    """

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._counted: tuple[Tensor, distributed.Work] | None = None

    def __call__(self, wish: bool) -> bool:
        """The outcome of the vote before this one, or with one process this wish itself."""
        if self._processes.size == 1:
            return wish
        before = self._counted
        ballot = torch.tensor(int(wish))
        work = distributed.all_reduce(
            ballot, distributed.ReduceOp.MAX, self._processes.hosts, async_op=True
        )
        self._counted = ballot, work
        if before is None:
            return False
        before[1].wait()
        return bool(before[0])


def speaks() -> bool:
    """Whether this process prints what all of a run have to say, as torchrun numbers them."""
    return os.environ.get("RANK", "0") == "0"


def leave() -> None:
    """Ends the group of a process that is about to end; its network would otherwise complain."""
    if distributed.is_available() and distributed.is_initialized():
        distributed.destroy_process_group()
