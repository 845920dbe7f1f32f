"""Putting other records into the slots of a batch that the walk's own cannot fill."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lingweave.plan.draws import Ints
from lingweave.plan.kinds import Drawn
from lingweave.plan.shape import TableShape

Mask = NDArray[np.bool_]

_QUICK_ATTEMPTS = 3


class Slots(NamedTuple):
    """Records of a batch with their languages; each record has m rows."""

    rows: Ints
    """(n,)"""
    query_languages: Ints
    """(n, m)"""
    passage_languages: Ints
    """(n, m)"""

    def plus(self, other: "Slots", size: int) -> "Slots":
        """These and the first of the others, ``size`` in all at most."""
        return Slots(*(np.concatenate(pair)[:size] for pair in zip(self, other, strict=True)))


def filled(
    shape: TableShape,
    walked: Ints,
    drawn: Drawn,
    draw: Callable[[Ints, int], Drawn],
    candidates: Callable[[int, int], Ints],
    share: float,
) -> Slots:
    """As many slots as ``walked`` has records, or fewer where the data set has no more that fit.

    Args:
        shape: the table's shape.
        walked: the records that the walk gives the batch, all different.
        drawn: their languages.
        draw: (records, attempt from 1 on) -> languages of other records.
        candidates: (how many, attempt) -> records drawn at random from the data set; asked for at
            least as many as it has, every one of them once.
        share: the share of the data set's records that the batch's kind can use.
    """
    size = len(walked)
    slots = _accepted(shape, _none(drawn), walked, drawn, spread=False)
    for attempt in range(1, _QUICK_ATTEMPTS + 1):
        missing = size - len(slots.rows)
        if not missing:
            return slots
        others = candidates(int(1.5 * missing / share) + 8, attempt)
        slots = slots.plus(
            _accepted(shape, slots, others, draw(others, attempt), spread=True), size
        )
    if len(slots.rows) < size:
        # Rare languages, small data sets, large groups: look at every record once, those whose
        # groups have the fewest rows in the batch first.
        everyone = candidates(len(shape), _QUICK_ATTEMPTS + 1)
        drawn = draw(everyone, _QUICK_ATTEMPTS + 1)
        order = _evenly(shape, slots.rows, everyone, drawn.usable)
        drawn = Drawn(
            drawn.query_languages[order], drawn.passage_languages[order], drawn.usable[order]
        )
        slots = slots.plus(_accepted(shape, slots, everyone[order], drawn, spread=False), size)
    return slots


def _none(like: Drawn) -> Slots:
    return Slots(np.empty(0, np.int64), like.query_languages[:0], like.passage_languages[:0])


def _accepted(shape: TableShape, taken: Slots, rows: Ints, drawn: Drawn, *, spread: bool) -> Slots:
    """The rows that fit beside the taken ones: usable, no record and no text twice.

    With ``spread`` a row whose group the batch already has does not fit either.
    """
    keep = np.flatnonzero(drawn.usable)
    offered = Slots(rows[keep], drawn.query_languages[keep], drawn.passage_languages[keep])
    both = offered, taken
    fits = _fresh(offered.rows, taken.rows)
    if spread and shape.groups is not None:
        fits &= _fresh(shape.groups[offered.rows], shape.groups[taken.rows])
    width = len(shape.languages)
    for repeats, side in ((shape.query_repeats, 1), (shape.passage_repeats, 2)):
        if len(repeats.cells):
            new, old = (repeats.of(slots.rows[:, None], slots[side], width) for slots in both)
            fits &= _fresh(new, old)
    return Slots(*(column[fits] for column in offered))


def _fresh(values: Ints, taken: Ints) -> Mask:
    """(n,): which records' values, (n,) or (n, m), stand for the first time; -1 always does.

    A value that stands several times in one record does no harm.
    """
    each = values if values.ndim == 2 else values[:, None]
    owners = np.concatenate([np.full(taken.size, -1), np.arange(each.size) // each.shape[1]])
    everything = np.concatenate([taken.ravel(), each.ravel()])
    order = np.argsort(everything, kind="stable")
    ordered = everything[order]
    new, own = np.ones((2, len(order)), bool)
    new[1:] = ordered[1:] != ordered[:-1]
    # The sort is stable, so a value's first place is a taken one wherever there is one.
    own[order] = owners[order] == owners[order[new]][np.cumsum(new) - 1]
    return np.asarray(((each < 0) | own[taken.size :].reshape(each.shape)).all(1))


def _evenly(shape: TableShape, taken: Ints, rows: Ints, usable: Mask) -> Ints:
    """An order of the rows in which each one's group has as few rows before it as can be."""
    if shape.groups is None:
        return np.arange(len(rows))
    rank = np.zeros(len(rows), np.int64)
    groups = np.where(usable, shape.groups[rows], -1)
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=-2))
    rank[order] = np.arange(len(rows)) - np.repeat(starts, np.diff(starts, append=len(rows)))
    in_batch = shape.groups[taken]
    names, counts = np.unique(in_batch[in_batch >= 0], return_counts=True)
    if len(names):
        places = np.minimum(np.searchsorted(names, groups), len(names) - 1)
        rank += np.where(names[places] == groups, counts[places], 0)
    rank[groups < 0] = 0
    return np.argsort(rank, kind="stable")
