"""The order in which a data set's records are visited, as a function of the batch number."""

from functools import lru_cache

import numpy as np

from lingweave.plan.draws import Floats, Ints, bits, permuted, uniform


class Walk:
    """Visits ``size`` records again and again, each time in a new order, ``batch`` at a time.

    Every record is visited before any is visited again, a batch never holds a record twice, and
    records of one group stand as far apart as the sizes of the groups allow.
    """

    def __init__(self, size: int, batch: int, key: tuple[int, ...], groups: Ints | None = None):
        """
        Args:
            size: number of records, at least ``batch``.
            batch: records a step, over all ranks.
            key: what makes this walk differ from others.
            groups: (size,) group numbers, -1 for records without one; None: no groups at all.
        """
        self.size, self.batch_size, self.key = size, batch, key
        grouped = groups is not None and bool((groups >= 0).any())
        self.classes = _classes(groups) if groups is not None and grouped else None
        # Orders of a small data set could only be kept apart by looking back over many of them.
        self.reshuffled = size >= 2 * batch
        self._spread = lru_cache(maxsize=2)(self._spread_order)

    def batch(self, number: int) -> Ints:
        """(batch,): the records of the ``number``-th batch of this data set, within ``size``."""
        first = number * self.batch_size
        epoch, place = divmod(first, self.size)
        count = min(self.batch_size, self.size - place)
        records = self._order(epoch, np.arange(place, place + count))
        if count < self.batch_size:
            rest = self._order(epoch + 1, np.arange(self.batch_size - count))
            records = np.concatenate([records, rest])
        return records

    def _order(self, epoch: int, places: Ints) -> Ints:
        """The records at these places of an epoch's order."""
        if not self.reshuffled:
            return self._raw(0, places)
        shared = epoch * self.size % self.batch_size
        if not shared or places[0] >= self.batch_size:
            return self._raw(epoch, places)
        # The epoch starts within a batch: those of its first records that this batch already
        # holds (or whose group it holds) go behind the others.  There are always enough others.
        window = self._raw(epoch, np.arange(self.batch_size))
        before = self._raw(epoch - 1, np.arange(self.size - shared, self.size))
        level = np.isin(window, before).astype(np.int64)
        if self.classes is not None:
            level += np.isin(self.classes[window], self.classes[before])
        window = window[np.argsort(level, kind="stable")]
        inside = places < self.batch_size
        records = self._raw(epoch, places)
        records[inside] = window[places[inside]]
        return records

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
