"""The order in which a data set's records are visited, as a function of the batch number."""

from functools import lru_cache

import numpy as np

from lingweave.plan.draws import Floats, Ints, bits, permuted, uniform


class Walk:
    """Visits ``size`` records again and again, each time in a new order, ``batch`` at a time.

    Every record is visited before any is visited again, a batch never holds a record twice, and
    records of one group stand as far apart as the sizes of the groups allow. Without groups no
    order is ever stored; with them the orders of two visits are, 8 bytes a record each, and making
    one takes a sort of the records.
    """

    def __init__(
        self,
        size: int,
        batch: int,
        key: tuple[int, ...],
        groups: Ints | None = None,
        *,
        aligned: bool = True,
    ):
        """
        Args:
            size: number of records, at least ``batch``.
            batch: records a step at most, over all ranks.
            key: what makes this walk differ from others.
            groups: (size,) group numbers, -1 for records without one; None: no groups at all.
            aligned: whether batches begin at multiples of ``batch`` only.
        """
        self.size, self.batch_size, self.key, self.aligned = size, batch, key, aligned
        # Records of an epoch's start that are put in an order which suits the end of the last one.
        self.window = batch if aligned else 2 * batch
        grouped = groups is not None and bool((groups >= 0).any())
        self.classes = _classes(groups) if groups is not None and grouped else None
        # Orders of a small data set could only be kept apart by looking back over many of them.
        self.reshuffled = size >= batch + self.window
        self._spread = lru_cache(maxsize=2)(self._spread_order)

    def records(self, start: int, count: int) -> Ints:
        """(count,): the records at the places from ``start`` on, epoch after epoch."""
        parts = []
        while count:
            epoch, place = divmod(start, self.size)
            length = min(count, self.size - place)
            parts.append(self._order(epoch, np.arange(place, place + length)))
            start, count = start + length, count - length
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _order(self, epoch: int, places: Ints) -> Ints:
        """The records at these places, ascending, of an epoch's order."""
        if not self.reshuffled:
            return self._raw(0, places)
        records = self._raw(epoch, places)
        shared = self._shared(epoch)
        if not shared or places[0] >= self.window:
            return records
        # The epoch starts within a batch: those of its first records that this batch already
        # holds (or whose group it holds) go behind the others.  There are always enough others.
        window = self._raw(epoch, np.arange(self.window))
        before = self._raw(epoch - 1, np.arange(self.size - shared, self.size))
        level = np.isin(window, before).astype(np.int64)
        if self.classes is not None:
            level += np.isin(self.classes[window], self.classes[before])
        window = window[np.argsort(level, kind="stable")]
        inside = places < self.window
        records[inside] = window[places[inside]]
        return records

    def _shared(self, epoch: int) -> int:
        """How many of the last epoch's records a batch may hold that ends in this epoch."""
        if self.aligned:
            return epoch * self.size % self.batch_size
        return self.batch_size - 1 if epoch else 0

    def _raw(self, epoch: int, places: Ints) -> Ints:
        if self.classes is None:
            return permuted(places, self.size, *self.key, epoch)
        return self._spread(epoch)[places]

    def _spread_order(self, epoch: int) -> Ints:
        """An order in which the m records of a group stand at steps of 1/m of the epoch."""
        assert self.classes is not None
        order = np.lexsort((bits(self.size, *self.key, epoch, 0), self.classes))
        counts = np.bincount(self.classes)
        starts = np.cumsum(counts) - counts
        classes = self.classes[order]
        member = np.arange(self.size) - starts[classes]
        start = _phases(counts, uniform(len(counts), *self.key, epoch, 1))
        return order[np.argsort((member + start[classes]) / counts[classes], kind="stable")]


def _phases(counts: Ints, chance: Floats) -> Floats:
    """(groups,): where in [0, 1) each group's first record stands, in units of its step.

    Groups of one size take turns at equal distances, in random order: independent random phases
    would crowd some stretches of the epoch and thin out others.
    """
    order = np.lexsort((chance, counts))
    sizes, first, alike = np.unique(counts[order], return_index=True, return_counts=True)
    which = np.repeat(np.arange(len(sizes)), alike)
    turn = np.arange(len(counts)) - first[which]
    phases = np.empty(len(counts))
    phases[order] = (turn + chance[order][first][which]) / alike[which]
    return phases


def _classes(groups: Ints) -> Ints:
    """Group numbers from 0 on, with a class of its own for every record without a group."""
    alone = groups < 0
    classes = np.unique(groups, return_inverse=True)[1].astype(np.int64)
    classes[alone] = classes.max() + 1 + np.arange(alone.sum())
    return np.unique(classes, return_inverse=True)[1].astype(np.int64)
