"""What is compared: evaluations query by query, and the arms they belong to."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, NamedTuple, Protocol, TypeAlias

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


class Block(NamedTuple):
    """Values of the queries that were asked in one language."""

    what: str
    """What the rows are, in messages."""
    figure: int
    """The place of the first of the figures in ``values`` among the sample's figures."""
    cell: Ints
    """(rows,) what a mean is taken over first, such as the passage language."""
    query: Ints
    """(rows,) index into the sample's query ids."""
    values: Floats
    """(rows, figures) NaN where undefined."""


@dataclass(frozen=True)
class Head(ABC):
    """What one evaluation measured; a subclass says where its values are."""

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

    @property
    def figures(self) -> tuple[str, ...]:
        """Names of what is measured."""
        return FIGURES

    @abstractmethod
    def blocks(self) -> Iterator[tuple[int, tuple[Block, ...]]]:
        """Index of a query language and its values, each language once."""


@dataclass(frozen=True)
class Sample(Head):
    """An evaluation's values, query by query, in memory."""

    pairs: PairTable
    """Metrics of each query in the corpus of one language."""
    pools: PoolTable
    """Metrics and bias figures of each query in the pool."""

    def blocks(self) -> Iterator[tuple[int, tuple[Block, ...]]]:
        return _blocks(self.pairs, self.pools, range(len(self.languages)))


@dataclass(frozen=True)
class StreamedSample(Head):
    """The same, read anew each time, some query languages at once: those of hundreds of languages
    do not fit in memory together."""

    parts: Callable[[], Iterator[tuple[PairTable, PoolTable]]]
    """Tables of query languages, each language in one of them."""

    def blocks(self) -> Iterator[tuple[int, tuple[Block, ...]]]:
        for pairs, pools in self.parts():
            present = np.union1d(pairs.query_language, pools.query_language)
            yield from _blocks(pairs, pools, map(int, present))


@dataclass(frozen=True)
class ValueSample(Head):
    """Values of queries that are no ranks, such as whether an answer was right."""

    names: tuple[str, ...]
    """What the columns of the values are called."""
    query_language: Ints
    """(rows,) index into the languages."""
    query: Ints
    """(rows,) index into the query ids."""
    values: Floats
    """(rows, names) NaN where undefined."""

    @property
    def figures(self) -> tuple[str, ...]:
        return self.names

    def blocks(self) -> Iterator[tuple[int, tuple[Block, ...]]]:
        for x in range(len(self.languages)):
            rows = np.flatnonzero(self.query_language == x)
            one = np.zeros(len(rows), np.int64)
            yield x, (Block("queries", 0, one, self.query[rows], self.values[rows]),)


def _blocks(
    pairs: PairTable, pools: PoolTable, languages: Iterable[int]
) -> Iterator[tuple[int, tuple[Block, ...]]]:
    pool_values = np.column_stack([pools.values, *(getattr(pools, name) for name in BIAS)])
    metrics = len(METRICS)
    for x in languages:
        of_pair = np.flatnonzero(pairs.query_language == x)
        of_pool = np.flatnonzero(pools.query_language == x)
        passage = pairs.passage_language[of_pair]
        mono, cross = of_pair[passage == x], of_pair[passage != x]
        what = "queries of the pairs"
        yield x, (
            Block(what, 0, passage[passage == x], pairs.query[mono], pairs.values[mono]),
            Block(what, metrics, passage[passage != x], pairs.query[cross], pairs.values[cross]),
            Block("queries of the pool", 2 * metrics, np.zeros(len(of_pool), np.int64),
                  pools.query[of_pool], pool_values[of_pool]),
        )  # fmt: skip


@dataclass(frozen=True)
class Arm:
    """One way of training (or a floor), evaluated once for each training seed."""

    name: str
    """What tables call it."""
    seeds: tuple[int | None, ...]
    """The training seed of each sample; None where it is not known."""
    samples: tuple[Head, ...]
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


def cluster_count(sample: Head) -> int:
    """The number of clusters that are drawn from."""
    return len(np.unique(sample.groups))


def cluster_numbers(sample: Head) -> Ints:
    """(queries,): clusters numbered by their first query id, so that row order has no say."""
    order = np.argsort(np.asarray(sample.query_ids))
    _, first, inverse = np.unique(
        np.asarray(sample.groups)[order], return_index=True, return_inverse=True
    )
    clusters = np.empty(len(order), np.int64)
    clusters[order] = np.argsort(np.argsort(first))[inverse]
    return clusters


def check_comparable(samples: Sequence[Head]) -> None:
    """Refuse to compare what was not measured on the same questions in the same way.

    That each question was measured in the same languages is seen when the values are read
    (`Design`).

    Raises:
        LingweaveError: one line with the two sources and what differs.
    """
    if not samples:
        raise LingweaveError("nothing to compare: give at least one evaluation")
    first, clusters = samples[0], _sorted_clusters(samples[0])
    for other in samples[1:]:
        for what, a, b in (
            ("benchmark", first.benchmark, other.benchmark),
            ("languages", " ".join(first.languages), " ".join(other.languages)),
            ("tie rule", first.ties, other.ties),
        ):
            if a != b:
                raise _incomparable(first.source, other.source, f"{what} {a!r} and {b!r}")
        if sorted(first.query_ids) != sorted(other.query_ids):
            odd = sorted({*first.query_ids} ^ {*other.query_ids})[:1]
            raise _incomparable(
                first.source,
                other.source,
                f"{len(first.query_ids)} and {len(other.query_ids)} queries, {odd} in one only",
            )
        if not np.array_equal(clusters, _sorted_clusters(other)):
            raise _incomparable(first.source, other.source, "the clusters of queries differ")


class Design:
    """Which queries were measured in which cells: the same for all samples that are compared.

    The first sample that is read says how it is, the others are held against it.
    """

    def __init__(self) -> None:
        self._source: str | None = None
        self._seen: dict[int, tuple[tuple[str, bytes], ...]] = {}

    def blocks(self, sample: Head) -> Iterator[tuple[int, tuple[Block, ...]]]:
        """The sample's blocks; languages without any are left out.

        Raises:
            LingweaveError: other queries were measured than in the first sample.
        """
        place = np.argsort(np.argsort(np.asarray(sample.query_ids)))
        own = Design()
        own._source = sample.source
        first = self._source is None
        for x, blocks in sample.blocks():
            own._seen[x] = tuple((one.what, _digest(place[one.query], one.cell)) for one in blocks)
            if not first:
                self._check(own, x)
            yield x, blocks
        if first:
            self._source, self._seen = own._source, own._seen
        else:
            self.check(own, sample.languages)

    def check(self, other: "Design", languages: Sequence[str]) -> None:
        """Refuses samples that were measured on other queries than those of this design.

        Args:
            other: the design of other samples.
            languages: codes of the languages.

        Raises:
            LingweaveError: one line with two sources and what differs.
        """
        for x in other._seen:
            self._check(other, x)
        if lost := {*self._seen} - {*other._seen}:
            code = languages[min(lost)]
            raise _incomparable(
                self._source, other._source, f"there are queries in {code} in one only"
            )

    def _check(self, other: "Design", x: int) -> None:
        ours, theirs = self._seen.get(x, ()), other._seen[x]
        for one, same in zip_longest(theirs, ours):
            if one != same:
                what, _ = one or same
                raise _incomparable(self._source, other._source, f"the {what} differ")


def _digest(place: Ints, cell: Ints) -> bytes:
    """The measured cells, in whatever order."""
    order = np.lexsort((cell, place))
    told = np.ascontiguousarray(np.stack([place[order], cell[order]]).astype(np.int64))
    return hashlib.blake2b(told.tobytes(), digest_size=16).digest()


def _incomparable(one: str | None, other: str | None, difference: str) -> LingweaveError:
    return LingweaveError(
        f"cannot compare {one} with {other}: {difference};"
        " evaluate both on the same benchmark, in the same languages, with the same --ties"
    )


def _sorted_clusters(sample: Head) -> Ints:
    """The cluster of each query, in an order that does not depend on the order of the rows."""
    return cluster_numbers(sample)[np.argsort(np.asarray(sample.query_ids))]
