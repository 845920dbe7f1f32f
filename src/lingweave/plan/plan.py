"""BatchPlan: (recipe, seed, table shape, world size, step) -> rows and languages of a batch."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from lingweave.errors import LingweaveError
from lingweave.plan.draws import Floats, Ints, bits, uniform
from lingweave.plan.fill import Slots, filled
from lingweave.plan.kinds import Chance, Drawn, Kind
from lingweave.plan.recipe import Recipe
from lingweave.plan.shape import Cells, TableShape
from lingweave.plan.walk import Walk

CYCLE = 1024
"""Steps over which the data sets get exactly their shares, up to one batch."""

_CHUNK = 1 << 20


class Batch(NamedTuple):
    """The rows of one step: n records, each with a query and a passage language."""

    step: int
    kind: str
    """The name of the batch kind."""
    dataset: int
    """The data set all rows come from."""
    rows: Ints
    """(n,) records of the table, all different."""
    query_languages: Ints
    """(n,) columns of the table."""
    passage_languages: Ints
    """(n,) columns of the table."""
    groups: Ints
    """(n,) group numbers, -1 for none: rows that share one are no negatives of each other."""


class BatchPlan:
    """Which record in which languages stands in which batch (arXiv 2408.10536, section 3.1).

    A pure function: ``batch(step)`` depends on the arguments alone, in any order of calls, so a
    resumed run asks for its next step and every rank knows the batches of all others.

    A step draws its kind from the mixture and its data set; its rows are the next of that data
    set's walk, which visits every record before it returns to any. Where a record cannot serve (it
    lacks the step's language, or a text of it already stands in the batch), another one is drawn
    from the data set in its place, by numbers that depend on (seed, step) only. A batch is
    smaller than asked for only where the data set has no more records that fit.
    """

    def __init__(self, recipe: Recipe, shape: TableShape, seed: int, world_size: int = 1):
        """
        Args:
            recipe: the mixture, batch size and draws.
            shape: the table's shape.
            seed: any integer; plans of different seeds are unrelated.
            world_size: number of ranks; a step has ``world_size * recipe.batch_size`` rows.

        Raises:
            LingweaveError: a data set cannot fill a batch of some kind of the mixture.
        """
        self.recipe, self.shape, self.seed, self.world_size = recipe, shape, seed, world_size
        self.rows_per_step = recipe.batch_size * world_size
        self.kinds: tuple[Kind, ...] = tuple(part.build(shape.languages) for part in recipe.parts)
        self._weights = tuple(part.weight for part in recipe.parts)
        stands, self._whole, usable = _counts(shape, self.kinds)
        self._usable = usable
        sizes = np.maximum(stands, 1)
        self._batch_weights = sizes**recipe.language_exponent
        # A language is met in proportion to its size already when a row draws among the languages
        # that its record has.
        self._row_weights = sizes ** (recipe.language_exponent - 1)
        self._whole_enough = self._whole >= self.rows_per_step
        self._refuse_too_small()
        sizes = np.diff(shape.offsets).astype(np.float64) ** recipe.dataset_exponent
        self._shares = np.cumsum(sizes)[:-1] / sizes.sum()
        self._walk = lru_cache(maxsize=None)(self._new_walk)
        self._cycle = lru_cache(maxsize=4)(self._drawn_cycle)

    def batch(self, step: int, rank: int | None = None) -> Batch:
        """The batch of a step; with ``rank``, only the rows of that rank."""
        number = self._kind_number(step)
        kind = self.kinds[number]
        dataset, turn = self._dataset(step)
        start = int(self.shape.offsets[dataset])
        chance_of_step = float(uniform(1, self.seed, _LANGUAGE, step)[0])
        width = len(self.shape.languages)

        def draw(rows: Ints, attempt: int) -> Drawn:
            numbers = uniform(len(rows) * 2 * width, self.seed, _ROWS, step, attempt)
            chance = Chance(
                chance_of_step,
                numbers.reshape(len(rows), 2, width),
                self._batch_weights[dataset],
                self._row_weights[dataset],
                self._whole_enough[dataset],
            )
            return kind.draw(*self.shape.cells(rows), chance)

        def candidates(count: int, attempt: int) -> Ints:
            size = self.shape.size(dataset)
            if count >= size:
                order = np.argsort(bits(size, self.seed, _REFILL, step, attempt), kind="stable")
                return start + order
            return start + (uniform(count, self.seed, _REFILL, step, attempt) * size).astype(int)

        slots = filled(
            self.shape,
            start + self._walk(dataset).batch(turn),
            draw,
            candidates,
            self._usable[number][dataset] / self.shape.size(dataset),
        )
        slots = _cut(slots, self.world_size, rank)
        groups = self.shape.groups
        return Batch(
            step,
            kind.name,
            dataset,
            slots.rows,
            slots.query_languages,
            slots.passage_languages,
            np.full(len(slots.rows), -1) if groups is None else groups[slots.rows],
        )

    def batches(self, start: int = 0, stop: int | None = None) -> Iterator[Batch]:
        """The batches of the steps ``start`` up to ``stop`` (the end of the run)."""
        for step in range(start, self.recipe.steps if stop is None else stop):
            yield self.batch(step)

    def visits(self, steps: int | None = None) -> Ints:
        """(N,): how often each record is used in the first ``steps`` steps (all of the run)."""
        visits = np.zeros(len(self.shape), np.int64)
        for batch in self.batches(0, steps):
            visits[batch.rows] += 1
        return visits

    def left_out(self) -> dict[str, list[str]]:
        """Data set -> languages in which it has too few records for a monolingual batch."""
        if not any(part.kind == "mono" for part in self.recipe.parts):
            return {}
        languages = np.array(self.shape.languages)
        short = (self._whole > 0) & ~self._whole_enough
        return {
            name: languages[short[d]].tolist()
            for d, name in enumerate(self.shape.datasets)
            if short[d].any()
        }

    def describe(self) -> dict[str, object]:
        """What, with the table, makes this plan again; JSON-ready."""
        return {
            "recipe": str(self.recipe),
            "batch_size": self.recipe.batch_size,
            "steps": self.recipe.steps,
            "language_exponent": self.recipe.language_exponent,
            "dataset_exponent": self.recipe.dataset_exponent,
            "seed": self.seed,
            "world_size": self.world_size,
        }

    def _kind_number(self, step: int) -> int:
        progress = min(step / max(self.recipe.steps - 1, 1), 1.0)
        shares = np.cumsum([weight.at(progress) for weight in self._weights])
        draw = uniform(1, self.seed, _KIND, step)[0] * shares[-1]
        return int(np.searchsorted(shares, draw, side="right"))

    def _dataset(self, step: int) -> tuple[int, int]:
        """The data set of a step, and how many earlier steps had the same one."""
        if len(self.shape.datasets) == 1:
            return 0, step
        cycle, place = divmod(step, CYCLE)
        drawn, before = self._cycle(cycle)
        dataset = int(drawn[place])
        return dataset, int(before[dataset] + (drawn[:place] == dataset).sum())

    def _bounds(self, cycles: Ints) -> Ints:
        """(cycles, data sets - 1): where, within a cycle, one data set ends and the next begins.

        Systematic sampling: points at a distance of 1 / CYCLE with one random start a cycle, so
        that a step's chance of a data set is exactly its share.
        """
        start = uniform(int(cycles[-1]) + 1, self.seed, _DATASET)[cycles]
        bounds = np.ceil(CYCLE * self._shares[None, :] - start[:, None])
        return np.asarray(bounds, np.int64)

    def _drawn_cycle(self, cycle: int) -> tuple[Ints, Ints]:
        """The data sets of a cycle's steps, and how often each was drawn before the cycle."""
        bounds = self._bounds(np.arange(cycle + 1))
        edges = np.pad(bounds, ((0, 0), (1, 1)), constant_values=((0, 0), (0, CYCLE)))
        before = np.diff(edges, axis=1)[:-1].sum(0)
        order = np.argsort(bits(CYCLE, self.seed, _DATASET, cycle), kind="stable")
        return np.searchsorted(bounds[-1], order, side="right"), before

    def _new_walk(self, dataset: int) -> Walk:
        start, stop = self.shape.offsets[dataset : dataset + 2]
        groups = None if self.shape.groups is None else self.shape.groups[start:stop]
        return Walk(int(stop - start), self.rows_per_step, (self.seed, _WALK, dataset), groups)

    def _refuse_too_small(self) -> None:
        for dataset, name in enumerate(self.shape.datasets):
            for number, kind in enumerate(self.kinds):
                usable = int(self._usable[number][dataset])
                if kind.name == "mono":
                    usable = int(self._whole[dataset].max())
                if usable < self.rows_per_step:
                    raise LingweaveError(
                        f"data set {name!r} has only {usable} records for a {kind.name!r} batch of"
                        f" {self.rows_per_step} rows: lower batch_size, change the recipe, or leave"
                        " the data set out"
                    )


# What a random number is for: one number never serves two purposes.
_KIND, _LANGUAGE, _ROWS, _REFILL, _DATASET, _WALK = range(6)


def _cut(slots: Slots, world_size: int, rank: int | None) -> Slots:
    """The rows of one rank (of all with None); every rank has equally many."""
    each = len(slots.rows) // world_size
    first, last = (0, world_size) if rank is None else (rank, rank + 1)
    return Slots(*(column[first * each : last * each] for column in slots))


def _counts(shape: TableShape, kinds: tuple[Kind, ...]) -> tuple[Floats, Ints, list[Ints]]:
    """By data set: records that stand in each language, that stand whole in it (query and
    passage), each (data sets, L), and for each kind the records that it can use."""
    sets, width = len(shape.datasets), len(shape.languages)
    sizes = np.diff(shape.offsets)
    if shape.queries is None and shape.passages is None:
        full = np.repeat(sizes[:, None], width, 1)
        one: Cells = np.ones((1, width), bool)
        return full.astype(float), full, [sizes * kind.usable(one, one)[0] for kind in kinds]
    stands, whole = np.zeros((sets, width)), np.zeros((sets, width), np.int64)
    usable = [np.zeros(sets, np.int64) for _ in kinds]
    for dataset in range(sets):
        start, stop = int(shape.offsets[dataset]), int(shape.offsets[dataset + 1])
        for first in range(start, stop, _CHUNK):
            queries, passages = shape.cells(np.arange(first, min(first + _CHUNK, stop)))
            stands[dataset] += (queries | passages).sum(0)
            whole[dataset] += (queries & passages).sum(0)
            for number, kind in enumerate(kinds):
                usable[number][dataset] += kind.usable(queries, passages).sum()
    return stands, whole, usable
