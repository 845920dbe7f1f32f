"""BatchPlan: (recipe, seed, table shape, world size, step) -> rows and languages of a batch."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from lingweave.errors import LingweaveError
from lingweave.plan.agenda import Agenda
from lingweave.plan.counts import counts_of
from lingweave.plan.draws import Bits, Floats, Ints, bits, folded_each, uniform, uniform_at
from lingweave.plan.fill import Slots, filled
from lingweave.plan.kinds import Chance, Drawn, Kind
from lingweave.plan.purposes import LANGUAGE, REFILL, ROWS, WALK
from lingweave.plan.recipe import Recipe
from lingweave.plan.shape import TableShape
from lingweave.plan.walk import Walk

_BLOCK_STEPS, _BLOCK_ROWS = 64, 4096
"""Steps that are worked out together, for speed: few enough for any one to be had in no time."""


class Batch(NamedTuple):
    """The rows of one step: each is a record with a query and a passage language.

    A record stands in one row; in a batch of kind ``multi(m)`` it stands in m rows next to each
    other, in different query languages and different passage languages.
    """

    step: int
    kind: str
    """The name of the batch kind."""
    dataset: int
    """The data set all rows come from."""
    rows: Ints
    """(n,) records of the table; all different, but for the m rows of a record of ``multi(m)``."""
    query_languages: Ints
    """(n,) columns of the table."""
    passage_languages: Ints
    """(n,) columns of the table."""
    groups: Ints
    """(n,) group numbers, -1 for none: rows that share one are no negatives of each other."""


class Begun(NamedTuple):
    """A step before unusable records are replaced: its records and the languages drawn for them."""

    kind: int
    dataset: int
    records: Ints
    drawn: Drawn


class BatchPlan:
    """Which record in which languages stands in which batch (arXiv 2408.10536, section 3.1).

    A pure function: ``batch(step)`` depends on the arguments alone, in any order of calls, so a
    resumed run asks for its next step and every rank knows the batches of all others. Steps near
    each other are worked out together and kept for a while; no answer depends on that.

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
        self._records = [self.rows_per_step // kind.rows_per_record for kind in self.kinds]
        self._counts = counts_of(shape, self.kinds)
        self._refuse_too_small()
        sizes = np.maximum(self._counts.stands, 1)
        self._batch_weights = sizes**recipe.language_exponent
        # How often a row draws a language, (data sets, L). A language is met in proportion to its
        # size already when a row draws among the languages that its record has.
        self.row_weights = sizes ** (recipe.language_exponent - 1)
        self._agenda = Agenda(recipe, np.diff(shape.offsets), self._records, seed)
        self._walk = lru_cache(maxsize=None)(self._new_walk)
        # A power of two, so that blocks fit into the cycles of the data sets.
        room = min(_BLOCK_STEPS, max(_BLOCK_ROWS // self.rows_per_step, 1))
        self._block_steps = 1 << room.bit_length() - 1
        self._block = lru_cache(maxsize=2)(self._new_block)

    def batch(self, step: int, rank: int | None = None) -> Batch:
        """The batch of a step; with ``rank``, only the rows of that rank."""
        block, place = divmod(step, self._block_steps)
        begun = self._block(block)[place]
        kind = self.kinds[begun.kind]
        slots = _cut(self._filled(step, begun), self.world_size, rank)
        rows = np.repeat(slots.rows, kind.rows_per_record)
        groups = self.shape.groups
        return Batch(
            step,
            kind.name,
            begun.dataset,
            rows,
            slots.query_languages.flatten(),
            slots.passage_languages.flatten(),
            np.full(len(rows), -1) if groups is None else groups[rows],
        )

    def batches(self, start: int = 0, stop: int | None = None) -> Iterator[Batch]:
        """The batches of the steps ``start`` up to ``stop`` (the end of the run)."""
        for step in range(start, self.recipe.steps if stop is None else stop):
            yield self.batch(step)

    def visits(self, steps: int | None = None) -> Ints:
        """(N,): in how many of the first ``steps`` batches (all of the run) each record stands."""
        visits = np.zeros(len(self.shape), np.int64)
        for batch in self.batches(0, steps):
            visits[batch.rows] += 1
        return visits

    def left_out(self) -> dict[str, list[str]]:
        """Data set -> languages in which it has too few records for a monolingual batch."""
        if not any(part.kind == "mono" for part in self.recipe.parts):
            return {}
        languages = np.array(self.shape.languages)
        short = (self._counts.whole > 0) & (self._counts.whole < self.rows_per_step)
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

    def _new_block(self, number: int) -> list[Begun]:
        """The steps of a block, all steps of one kind and data set together."""
        first = number * self._block_steps
        steps, kinds, datasets, starts = self._agenda.entries(first, self._block_steps)
        chances, keys = self._chances(steps), self._keys(steps, attempt=0)
        begun: dict[int, Begun] = {}
        for dataset in np.unique(datasets).tolist():
            here = datasets == dataset
            begins = int(starts[here][0])
            ends = int(starts[here][-1]) + self._records[kinds[here][-1]]
            walked = self._walk(dataset).records(begins, ends - begins)
            walked += self.shape.offsets[dataset]
            for kind in np.unique(kinds[here]).tolist():
                which = np.flatnonzero(here & (kinds == kind))
                places = (starts[which] - begins)[:, None] + np.arange(self._records[kind])
                records = walked[places]
                drawn = self._drawn(kind, dataset, records, chances[which], keys[which])
                for step, own, *columns in zip(which.tolist(), records, *drawn, strict=True):
                    begun[step] = Begun(kind, dataset, own, Drawn(*columns))
        return [begun[place] for place in range(self._block_steps)]

    def _drawn(self, kind: int, dataset: int, records: Ints, chances: Floats, keys: Bits) -> Drawn:
        """Languages for (steps, n) records, in columns of shape (steps, n, ...).

        ``chances`` and ``keys``, both (steps,), are the steps' random numbers.
        """
        count, width = records.shape[1], len(self.shape.languages)

        def rows(side: int) -> Floats:
            counters = (np.arange(count)[:, None] * 2 + side) * width + np.arange(width)
            return uniform_at(counters, keys[:, None, None]).reshape(-1, width)

        chance = Chance(
            chances.repeat(count),
            rows,
            self._batch_weights[dataset],
            self.row_weights[dataset],
            self._counts.whole[dataset] >= self.rows_per_step,
        )
        drawn = self.kinds[kind].draw(*self.shape.cells(records.ravel()), chance)
        shape = (*records.shape, self.kinds[kind].rows_per_record)
        return Drawn(
            drawn.query_languages.reshape(shape),
            drawn.passage_languages.reshape(shape),
            drawn.usable.reshape(records.shape),
        )

    def _chances(self, steps: Ints) -> Floats:
        """(n,): one uniform number a step, for what all of its rows share."""
        return uniform_at(np.zeros(1, np.int64), folded_each(self.seed, LANGUAGE, steps))

    def _keys(self, steps: Ints, attempt: int) -> Bits:
        """(n,): what the random numbers of a step's rows are drawn from."""
        return folded_each(self.seed, ROWS, steps, attempt)

    def _filled(self, step: int, begun: Begun) -> Slots:
        """The step's records with their languages, others in the place of those that do not fit."""
        if self.shape.plain:
            return Slots(begun.records, begun.drawn.query_languages, begun.drawn.passage_languages)
        dataset, size = begun.dataset, self.shape.size(begun.dataset)
        start = int(self.shape.offsets[dataset])
        chances = self._chances(np.array([step]))

        def draw(rows: Ints, attempt: int) -> Drawn:
            keys = self._keys(np.array([step]), attempt)
            drawn = self._drawn(begun.kind, dataset, rows[None], chances, keys)
            return Drawn(*(column[0] for column in drawn))

        def candidates(count: int, attempt: int) -> Ints:
            if count >= size:
                order = np.argsort(bits(size, self.seed, REFILL, step, attempt), kind="stable")
                return start + order
            return start + (uniform(count, self.seed, REFILL, step, attempt) * size).astype(int)

        share = self._counts.usable[begun.kind][dataset] / size
        return filled(self.shape, begun.records, begun.drawn, draw, candidates, share)

    def _new_walk(self, dataset: int) -> Walk:
        start, stop = self.shape.offsets[dataset : dataset + 2]
        groups = None if self.shape.groups is None else self.shape.groups[start:stop]
        return Walk(
            int(stop - start),
            max(self._records),
            (self.seed, WALK, dataset),
            groups,
            aligned=self._agenda.even,
        )

    def _refuse_too_small(self) -> None:
        for dataset, name in enumerate(self.shape.datasets):
            for number, kind in enumerate(self.kinds):
                usable = int(self._counts.usable[number][dataset])
                if kind.name == "mono":
                    usable = int(self._counts.whole[dataset].max())
                if usable < self._records[number]:
                    raise LingweaveError(
                        f"data set {name!r} has only {usable} records for a {kind.name!r} batch of"
                        f" {self.rows_per_step} rows: lower batch_size, change the recipe, or leave"
                        " the data set out"
                    )


def _cut(slots: Slots, world_size: int, rank: int | None) -> Slots:
    """The records of one rank (of all with None); every rank has equally many."""
    each = len(slots.rows) // world_size
    first, last = (0, world_size) if rank is None else (rank, rank + 1)
    return Slots(*(column[first * each : last * each] for column in slots))
