"""What each step of a run is: a kind of batch, a data set, and a stretch of that set's walk."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from lingweave.plan.cycles import Cycles
from lingweave.plan.draws import Floats, Ints, folded_each, uniform_at
from lingweave.plan.purposes import DATASET, KIND, TURN
from lingweave.plan.recipe import Recipe

CYCLE = 1024
"""Steps over which the data sets get exactly their shares, up to one batch."""

_SHORTEST, _LEVELS = 16, 256


class Entries(NamedTuple):
    """n steps that follow each other."""

    steps: Ints
    """(n,)"""
    kinds: Ints
    """(n,) numbers of the mixture's kinds."""
    datasets: Ints
    """(n,)"""
    starts: Ints
    """(n,): where in the data set's walk the step's records begin."""


class Agenda:
    """The steps of a run.

    The data sets take turns by systematic sampling. The kind of a step is drawn by itself, and the
    records of a data set's turn follow those of its last turn. Where the kinds of a mixture use
    unequal numbers of records (``multi`` beside others), where a turn's records begin is a sum over
    all earlier turns; the kinds of a data set's turns are then drawn by systematic sampling too,
    over cycles in which the weights stand still, so that the sum is one over cycles.
    """

    def __init__(self, recipe: Recipe, sizes: Ints, records: Sequence[int], seed: int):
        """
        Args:
            recipe: the mixture with its weights, and the exponent of the data sets.
            sizes: (data sets,) their numbers of records.
            records: for each kind of the mixture the records that a batch of it uses.
            seed: the plan's.
        """
        self.steps, self.seed = recipe.steps, seed
        self.weights = tuple(part.weight for part in recipe.parts)
        self.records = np.array(records)
        self.even = len(set(records)) == 1
        weights = sizes.astype(np.float64) ** recipe.dataset_exponent
        self.shares = weights / weights.sum()
        edges = (np.cumsum(weights)[:-1] / weights.sum())[:, None]
        self._datasets = Cycles(CYCLE, lambda _: edges, len(sizes), (seed, DATASET))
        self._kinds_of = lru_cache(maxsize=None)(self._new_kinds)

    def entries(self, first: int, count: int) -> Entries:
        """The ``count`` steps from ``first`` on."""
        steps = np.arange(first, first + count)
        datasets = self._datasets.drawn(first, count)
        before = self._datasets.before(first)
        kinds = self._drawn_kinds(steps) if self.even else np.empty(count, np.int64)
        starts = np.empty(count, np.int64)
        for dataset in np.unique(datasets).tolist():
            here = np.flatnonzero(datasets == dataset)
            turn = int(before[dataset])
            if self.even:
                starts[here] = (turn + np.arange(len(here))) * self.records[0]
                continue
            drawn = self._kinds_of(dataset)
            kinds[here] = drawn.drawn(turn, len(here))
            used = self.records[kinds[here]]
            starts[here] = drawn.before(turn) @ self.records + np.cumsum(used) - used
        return Entries(steps, kinds, datasets, starts)

    def _drawn_kinds(self, steps: Ints) -> Ints:
        """(n,): the kinds of the steps, each drawn by itself."""
        totals = self._totals(np.minimum(steps / max(self.steps - 1, 1), 1.0))
        chance = uniform_at(np.zeros(1, np.int64), folded_each(self.seed, KIND, steps))
        return np.asarray((totals <= chance * totals[-1]).sum(0))

    def _totals(self, progress: Floats) -> Floats:
        """(kinds, n): the weights at points of the run, each with those of the kinds before it."""
        return np.cumsum([weight.at(progress) for weight in self.weights], axis=0)

    def _new_kinds(self, dataset: int) -> Cycles:
        """The kinds of a data set's turns."""
        turns = self.steps * float(self.shares[dataset])
        length = int(np.clip(turns / _LEVELS, _SHORTEST, CYCLE))

        def edges(cycles: Ints) -> Floats:
            # The middle of a cycle, or of what the run has of it.
            middle = (cycles * length + np.minimum((cycles + 1) * length, turns)) / 2
            totals = self._totals(np.minimum(middle / turns, 1.0))
            return np.asarray(totals[:-1] / totals[-1])

        return Cycles(length, edges, len(self.records), (self.seed, TURN, dataset))
