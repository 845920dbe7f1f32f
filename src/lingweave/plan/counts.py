"""How many records of each data set stand in each language, and serve each kind of batch."""

from typing import NamedTuple

import numpy as np

from lingweave.plan.draws import Floats, Ints
from lingweave.plan.kinds import Kind
from lingweave.plan.shape import TableShape

_CHUNK = 1 << 20


class Counts(NamedTuple):
    """Numbers of records by data set."""

    stands: Floats
    """(data sets, L): records with a query or a passage in the language."""
    whole: Ints
    """(data sets, L): records with a query and a passage in it."""
    usable: list[Ints]
    """For each kind (data sets,): records that it can use."""


def counts_of(shape: TableShape, kinds: tuple[Kind, ...]) -> Counts:
    """The counts of a table, in one pass over its holes."""
    sets, width = len(shape.datasets), len(shape.languages)
    sizes = np.diff(shape.offsets)
    if shape.queries is None and shape.passages is None:
        full = np.repeat(sizes[:, None], width, 1)
        one = np.ones((1, width), bool)
        usable = [sizes * kind.usable(one, one)[0] for kind in kinds]
        return Counts(full.astype(float), full, usable)
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
    return Counts(stands, whole, usable)
