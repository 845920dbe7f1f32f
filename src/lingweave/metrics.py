"""Measures of retrieval quality: functions of the ranks of a query's relevant passages.

Definitions agree with trec_eval through ir_measures (AP, R@k, Success@1, RR@k, nDCG@10), except
that lists are never truncated.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Values = NDArray[np.float64]


@dataclass(frozen=True)
class RelevantRanks:
    """The ranks of the relevant passages of many lists, ragged: list after list, rising ranks."""

    lists: Ints
    """(golds,) which list a gold belongs to: 0, 0, 1, 2, 2, 2, ... without gaps."""
    ranks: Ints
    """(golds,) its rank in the list, 1 is best."""
    grades: Ints
    """(golds,) how relevant it is, 1 or more."""

    @cached_property
    def starts(self) -> Ints:
        """(lists,) where each list begins."""
        return np.flatnonzero(np.diff(self.lists, prepend=-1))

    @cached_property
    def relevant(self) -> Ints:
        """(lists,) R, how many relevant passages each list has."""
        return np.bincount(self.lists)

    @cached_property
    def order(self) -> Ints:
        """(golds,) 1 for the best relevant passage of a list, 2 for the next, ..."""
        return np.arange(len(self.lists)) - np.repeat(self.starts, self.relevant) + 1

    def total(self, values: NDArray[np.floating]) -> Values:
        """(lists,) the sum of a value a gold over each list."""
        totals = np.bincount(self.lists, weights=values, minlength=len(self.starts))
        return totals.astype(np.float64)


def as_floats(flags: NDArray[np.bool_]) -> Values:
    """1.0 where true, 0.0 where false."""
    return flags.astype(np.float64)


def relevant_ranks(keys: tuple[Ints, ...], ranks: Ints, grades: Ints) -> tuple[RelevantRanks, Ints]:
    """Golds grouped into lists by equal keys, most significant key first.

    Returns:
        The lists, and for each list the index of one of its golds in the input.
    """
    order = _order((*keys, ranks))
    new = np.zeros(len(order), dtype=bool)
    new[:1] = True
    for key in keys:
        new[1:] |= key[order][1:] != key[order][:-1]
    lists = np.cumsum(new) - 1
    return RelevantRanks(lists, ranks[order], grades[order]), order[new]


def _order(keys: tuple[Ints, ...]) -> Ints:
    """A stable sort by several keys of no negative numbers, most significant first.

    As one number where they fit, which is several times faster than key after key.
    """
    sizes = [int(key.max(initial=0)) + 1 for key in keys]
    if math.prod(sizes) >= 2**63:
        return np.lexsort(tuple(reversed(keys)))
    joint = np.zeros(len(keys[0]), dtype=np.int64)
    for key, size in zip(keys, sizes, strict=True):
        joint = joint * size + key
    return np.argsort(joint, kind="stable")


@dataclass(frozen=True)
class Measure:
    """A figure for each list, between 0 and 1."""

    name: str
    """How it is called in files and tables."""
    of: Callable[[RelevantRanks], Values]
    """(lists,) its values."""


def average_precision(golds: RelevantRanks) -> Values:
    """AP = (1/R) sum over k of k / r_k, at full depth."""
    return golds.total(golds.order / golds.ranks) / golds.relevant


def recall_at(k: int) -> Measure:
    """R@k: the share of the relevant passages among the first k."""
    return Measure(
        f"R@{k}", lambda golds: golds.total(as_floats(golds.ranks <= k)) / golds.relevant
    )


def hit_at(k: int) -> Measure:
    """hit@k: whether any relevant passage is among the first k."""
    return Measure(f"hit@{k}", lambda golds: as_floats(golds.ranks[golds.starts] <= k))


def reciprocal_rank_at(k: int) -> Measure:
    """MRR@k: 1 / r_1, or 0 if that is beyond k."""

    def values(golds: RelevantRanks) -> Values:
        best = golds.ranks[golds.starts]
        return np.where(best <= k, 1.0 / best, 0.0)

    return Measure(f"MRR@{k}", values)


def ndcg_at(k: int) -> Measure:
    """nDCG@k with the grade as gain and 1 / log2(1 + rank) as discount.

    The ideal list has the min(R, k) highest grades first (Järvelin and Kekäläinen 2002, as in
    trec_eval).
    """

    def values(golds: RelevantRanks) -> Values:
        gains = np.where(golds.ranks <= k, golds.grades / np.log2(1.0 + golds.ranks), 0.0)
        falling = golds.grades
        if (falling != falling[:1]).any():
            falling = falling[np.lexsort((-falling, golds.lists))]
        ideal = np.where(golds.order <= k, falling / np.log2(1.0 + golds.order), 0.0)
        return golds.total(gains) / golds.total(ideal)

    return Measure(f"nDCG@{k}", values)


MEASURES: tuple[Measure, ...] = (
    Measure("mAP", average_precision),
    recall_at(1),
    recall_at(10),
    hit_at(1),
    reciprocal_rank_at(10),
    ndcg_at(10),
)
"""What every evaluation reports, in the order of the columns of per-query values."""


def values_of(golds: RelevantRanks) -> Values:
    """(lists, measures) all `MEASURES` of each list."""
    return np.stack([measure.of(golds) for measure in MEASURES], axis=1)


def measure_named(name: str) -> Measure | None:
    """The measure of a name such as ``nDCG@20``, at any depth; None if ranks do not tell it."""
    if name == "mAP":
        return Measure(name, average_precision)
    kind, _, depth = name.partition("@")
    makers = {"R": recall_at, "hit": hit_at, "MRR": reciprocal_rank_at, "nDCG": ndcg_at}
    return makers[kind](int(depth)) if kind in makers and depth.isdecimal() else None
