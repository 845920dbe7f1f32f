"""One of k things for each step, drawn by systematic sampling: near its share at every time."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from lingweave.plan.draws import Floats, Ints, bits, folded, uniform_at

_CHUNK = 1 << 12
"""Cycles whose sums are kept, as one."""


class Cycles:
    """Draws for the steps 0, 1, 2, ..., in cycles of ``length`` steps.

    Within a cycle each thing gets its share of the steps, up to one, in random order: points at a
    distance of 1 / length with one random start a cycle, so that a step's chance of a thing is
    exactly its share. How often a thing was drawn before a step is then a sum over cycles and not
    over steps.
    """

    def __init__(
        self, length: int, edges: Callable[[Ints], Floats], things: int, key: tuple[int, ...]
    ):
        """
        Args:
            length: steps of a cycle.
            edges: cycles (n,) -> (things - 1, n or 1) cumulative shares of all things but the last.
            things: how many there are.
            key: what makes these draws differ from others.
        """
        self.length, self.edges, self.things, self.key = length, edges, things, key
        self._cycle = lru_cache(maxsize=4)(self._drawn_cycle)
        self._chunk = lru_cache(maxsize=None)(self._sum)

    def drawn(self, first: int, count: int) -> Ints:
        """(count,): the things of the steps from ``first`` on."""
        if self.things == 1:
            return np.zeros(count, np.int64)
        cycles = range(first // self.length, (first + count - 1) // self.length + 1)
        start = first - cycles[0] * self.length
        return np.concatenate([self._cycle(cycle)[0] for cycle in cycles])[start : start + count]

    def before(self, step: int) -> Ints:
        """(things,): how often each was drawn before this step."""
        if self.things == 1:
            return np.array([step])
        cycle, place = divmod(step, self.length)
        drawn, before = self._cycle(cycle)
        return before + np.bincount(drawn[:place], minlength=self.things)

    def _drawn_cycle(self, cycle: int) -> tuple[Ints, Ints]:
        """The things of a cycle's steps, and how often each was drawn before the cycle."""
        order = np.argsort(bits(self.length, *self.key, cycle), kind="stable")
        drawn = np.searchsorted(self._bounds(cycle, cycle + 1)[:, 0], order, side="right")
        chunks = cycle // _CHUNK
        whole = [self._chunk(number * _CHUNK, (number + 1) * _CHUNK) for number in range(chunks)]
        below = sum(whole) + self._sum(chunks * _CHUNK, cycle)
        return drawn, np.diff(below, prepend=0, append=cycle * self.length)

    def _bounds(self, first: int, stop: int) -> Floats:
        """(things - 1, cycles): where, within a cycle, one thing ends and the next begins."""
        cycles = np.arange(first, stop)
        start = uniform_at(cycles, np.uint64(folded(*self.key)))
        return np.asarray(np.ceil(self.length * self.edges(cycles) - start))

    def _sum(self, first: int, stop: int) -> Ints:
        return np.asarray(self._bounds(first, stop).sum(1), np.int64)
