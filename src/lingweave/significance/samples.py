"""What is compared: evaluations query by query, and the arms they belong to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lingweave.errors import LingweaveError

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.integer[Any]]

METRICS = ("mAP", "R@1", "R@10", "hit@1", "MRR@10", "nDCG@10")
SETTINGS = ("mono", "cross", "multi")
BIAS = ("rank_distance", "rank_distance_ratio", "same_language_first")
FIGURES = (*(f"{setting}.{metric}" for setting in SETTINGS for metric in METRICS), *BIAS)
"""The order of the last axis of every array of figures here."""


class PairTable(Protocol):
    """One row a query, query language and passage language; NaN where a metric is undefined."""

    @property
    def query_language(self) -> Ints: ...
    @property
    def passage_language(self) -> Ints: ...
    @property
    def query(self) -> Ints: ...
    @property
    def values(self) -> Floats: ...


class PoolTable(Protocol):
    """One row a query and query language, ranked in the pool of all languages."""

    @property
    def query_language(self) -> Ints: ...
    @property
    def query(self) -> Ints: ...
    @property
    def values(self) -> Floats: ...
    @property
    def rank_distance(self) -> Floats: ...
    @property
    def rank_distance_ratio(self) -> Floats: ...
    @property
    def same_language_first(self) -> Floats: ...


@dataclass(frozen=True)
class Sample:
    """What one evaluation measured, query by query."""

    source: str
    """Where it was read from; named in messages."""
    benchmark: str
    """The benchmark's name."""
    ties: str
    """The tie rule the ranks were made with."""
    languages: tuple[str, ...]
    """Language codes; the tables hold indices into them."""
    query_ids: tuple[str, ...]
    """Query ids; the tables hold indices into them."""
    groups: Ints
    """(queries,): the cluster of each query, any numbering."""
    pairs: PairTable
    """Metrics of each query in the corpus of one language."""
    pools: PoolTable
    """Metrics and bias figures of each query in the pool."""


@dataclass(frozen=True)
class Arm:
    """One way of training (or a floor), evaluated once for each training seed."""

    name: str
    """What tables call it."""
    seeds: tuple[int | None, ...]
    """The training seed of each sample; None where it is not known."""
    samples: tuple[Sample, ...]
    """One evaluation a seed, in the order of ``seeds``."""

    def __post_init__(self) -> None:
        if not self.samples or len(self.seeds) != len(self.samples):
            raise LingweaveError(
                f"arm {self.name!r} has {len(self.samples)} evaluations"
                f" but {len(self.seeds)} seeds: give one seed an evaluation, and at least one"
            )
        for place, seed in enumerate(self.seeds):
            if seed is not None and seed in self.seeds[:place]:
                one = self.samples[self.seeds.index(seed)].source
                raise LingweaveError(
                    f"arm {self.name!r} has seed {seed} twice: {one} and"
                    f" {self.samples[place].source}; name the arms apart with NAME=folder"
                )


def cluster_count(sample: Sample) -> int:
    """The number of clusters that are drawn from."""
    return len(np.unique(sample.groups))


def cluster_numbers(sample: Sample) -> Ints:
    """(queries,): clusters numbered by their first query id, so that row order has no say."""
    order = np.argsort(np.asarray(sample.query_ids))
    _, first, inverse = np.unique(
        np.asarray(sample.groups)[order], return_index=True, return_inverse=True
    )
    clusters = np.empty(len(order), np.int64)
    clusters[order] = np.argsort(np.argsort(first))[inverse]
    return clusters


def check_comparable(samples: Sequence[Sample]) -> None:
    """Refuse to compare what was not measured on the same queries in the same way.

    Raises:
        LingweaveError: one line with the two sources and what differs.
    """
    if not samples:
        raise LingweaveError("nothing to compare: give at least one evaluation")
    first, design = samples[0], _design(samples[0])
    for other in samples[1:]:
        for what, a, b in (
            ("benchmark", first.benchmark, other.benchmark),
            ("languages", " ".join(first.languages), " ".join(other.languages)),
            ("tie rule", first.ties, other.ties),
        ):
            if a != b:
                raise _incomparable(first, other, f"{what} {a!r} and {b!r}")
        if sorted(first.query_ids) != sorted(other.query_ids):
            odd = sorted({*first.query_ids} ^ {*other.query_ids})[:1]
            raise _incomparable(
                first,
                other,
                f"{len(first.query_ids)} and {len(other.query_ids)} queries, {odd} in one only",
            )
        for what, ours, theirs in zip(
            ("clusters of queries", "queries of the pairs", "queries of the pool"),
            design,
            _design(other),
            strict=True,
        ):
            if not np.array_equal(ours, theirs):
                raise _incomparable(first, other, f"the {what} differ")


def _incomparable(one: Sample, other: Sample, difference: str) -> LingweaveError:
    return LingweaveError(
        f"cannot compare {one.source} with {other.source}: {difference};"
        " evaluate both on the same benchmark, in the same languages, with the same --ties"
    )


def _design(sample: Sample) -> tuple[Ints, Ints, Ints]:
    """Clusters and measured cells in an order that does not depend on the order of the rows."""
    order = np.argsort(np.asarray(sample.query_ids))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    languages, pairs, pools = len(sample.languages), sample.pairs, sample.pools
    pair_cells = (place[pairs.query] * languages + pairs.query_language) * languages
    return (
        cluster_numbers(sample)[order],
        np.sort(pair_cells + pairs.passage_language),
        np.sort(place[pools.query] * languages + pools.query_language),
    )
