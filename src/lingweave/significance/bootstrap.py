"""Joint resampling of clusters and seeds, and the intervals it gives."""

import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lingweave.errors import LingweaveError
from lingweave.significance.samples import (
    FIGURES,
    Arm,
    Design,
    Floats,
    Head,
    check_comparable,
    cluster_count,
)
from lingweave.significance.sums import language_columns, weighted_figures

BLOCK_BYTES = 32 * 2**20
"""Upper size of one block of resampled weights."""


class Interval(NamedTuple):
    """A figure with its interval; NaN where it is undefined."""

    mean: float
    """The figure itself, on all queries, mean over seeds (not the mean of the resamples)."""
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether zero lies outside; False when the interval is undefined."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Resampling:
    """How the bootstrap draws."""

    resamples: int = 2000
    """Number of resamples."""
    seed: int = 0
    """Seed of the draws; the same seed draws the same clusters for every arm."""
    confidence: float = 0.95
    """Share of the resampled figures between the two ends of an interval."""

    def __post_init__(self) -> None:
        if self.resamples < 2:
            raise LingweaveError(f"resamples is {self.resamples}: give at least 2")
        if not 0 < self.confidence < 1:
            raise LingweaveError(f"confidence is {self.confidence}: give a share such as 0.95")


@dataclass(frozen=True)
class Resampled:
    """The figures of one arm, as observed and in every resample."""

    name: str
    """The arm."""
    languages: tuple[str, ...]
    """The query languages along the second to last axis."""
    by_seed: Floats
    """(seeds, languages, figures): on all queries, seed by seed."""
    draws: Floats
    """(resamples, languages, figures): mean over the drawn seeds, on the drawn clusters."""
    confidence: float
    """The share an interval holds."""
    figures: tuple[str, ...] = FIGURES
    """Names along the last axis."""

    @property
    def observed(self) -> Floats:
        """(languages, figures): on all queries, mean over seeds."""
        return np.asarray(self.by_seed.mean(axis=0))


def resampled_arms(
    arms: Sequence[Arm], resampling: Resampling | None = None
) -> tuple[Resampled, ...]:
    """Every arm's figures under one joint resampling of clusters and seeds.

    Memory: resamples x languages x figures for each arm, resamples x clusters once, and one block
    of each while it works; never resamples x language pairs.

    Raises:
        LingweaveError: the arms differ in benchmark, languages, tie rule or queries.
    """
    check_comparable([sample for arm in arms for sample in arm.samples])
    draw = JointResampling(resampling)
    return tuple(draw.resampled(arm) for arm in arms)


class JointResampling:
    """One resampling of clusters for arm after arm, so that only one need be in memory."""

    def __init__(
        self,
        resampling: Resampling | None = None,
        figures: Collection[str] | None = None,
        first: Head | None = None,
    ) -> None:
        """Resample only some figures: of dozens of arms in hundreds of languages, all take time.

        Args:
            resampling: how to draw.
            figures: which; None: all.
            first: what all arms must be comparable with; None: the first arm's first sample.
        """
        self.how = resampling or Resampling()
        self._wanted = figures
        self._first: Head | None = None
        self._weights = np.empty((0, 0), np.uint16)
        if first is not None:
            self._begin(first)
        self.designs: dict[tuple[str, ...], Design] = {}
        """Names of figures -> the queries that they were measured on."""

    def resampled(self, arm: Arm) -> Resampled:
        """The arm's figures.

        Raises:
            LingweaveError: it differs from the first arm in benchmark, languages, tie rule or
                queries.
        """
        how, sample = self.how, arm.samples[0]
        first = self._first or self._begin(sample)
        check_comparable([first, *arm.samples])
        design = self.designs.setdefault(sample.figures, Design())
        shares = seed_shares(arm, how.resamples, how.seed)
        wanted = self._wanted
        figures = tuple(one for one in sample.figures if wanted is None or one in wanted)
        shape = len(sample.languages), len(figures)
        by_seed = np.full((len(arm.samples), *shape), np.nan)
        draws = np.zeros((how.resamples, *shape))
        for place, one in enumerate(arm.samples):
            left = {*range(len(sample.languages))}
            for x, columns in language_columns(one, design, figures):
                left.discard(x)
                by_seed[place, x] = weighted_figures(columns, np.ones((1, self.clusters)))[0]
                for start, block in _blocks(self._weights):
                    stop = start + len(block)
                    share = shares[start:stop, place, None]
                    draws[start:stop, x] += share * weighted_figures(columns, block)
            draws[:, sorted(left)] = np.nan
        return Resampled(arm.name, sample.languages, by_seed, draws, how.confidence, figures)

    def _begin(self, first: Head) -> Head:
        self._first = first
        self._weights = cluster_weights(cluster_count(first), self.how.resamples, self.how.seed)
        return first

    @property
    def clusters(self) -> int:
        """How many clusters are drawn from."""
        return self._weights.shape[1]


def macro_intervals(arm: Resampled, minus: Resampled | None = None) -> dict[str, Interval]:
    """The macro figures by name, or their differences ``arm - minus``, with intervals."""
    observed, draws = macro(arm.observed), macro(arm.draws)
    if minus is not None:
        observed, draws = observed - macro(minus.observed), draws - macro(minus.draws)
    return dict(zip(arm.figures, intervals(observed, draws, arm.confidence), strict=True))


def language_intervals(
    arm: Resampled, minus: Resampled | None = None
) -> dict[str, dict[str, Interval]]:
    """As :func:`macro_intervals`, by query language and then by figure."""
    observed, draws = arm.observed, arm.draws
    if minus is not None:
        observed, draws = observed - minus.observed, draws - minus.draws
    return {
        language: dict(
            zip(arm.figures, intervals(observed[x], draws[:, x], arm.confidence), strict=True)
        )
        for x, language in enumerate(arm.languages)
    }


def macro(figures: Floats) -> Floats:
    """Mean over languages, the second to last axis; undefined languages are left out."""
    defined = np.isfinite(figures)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(defined, figures, 0).sum(axis=-2) / defined.sum(axis=-2))


def macro_by_seed(arm: Resampled) -> tuple[Mapping[str, float], ...]:
    """Every seed's macro figures by name, in the order of the arm's seeds."""
    return tuple(dict(zip(arm.figures, map(float, row), strict=True)) for row in macro(arm.by_seed))


@lru_cache(maxsize=1)
def cluster_weights(clusters: int, resamples: int, seed: int) -> NDArray[np.uint16]:
    """(resamples, clusters): how often each resample drew each cluster; rows sum to clusters."""
    generator = np.random.default_rng([seed, 0])
    chances = np.full(clusters, 1 / clusters)
    weights = np.empty((resamples, clusters), np.uint16)
    for place in range(resamples):  # row by row: the 8-byte form of all rows is never held
        weights[place] = generator.multinomial(clusters, chances)
    return weights


def seed_shares(arm: Arm, resamples: int, seed: int) -> Floats:
    """(resamples, seeds): the weight of each seed in each resample; rows sum to 1.

    Arms with the same known seeds, in whatever order, get the same draw.
    """
    known = [seed for seed in arm.seeds if seed is not None]
    count = len(arm.seeds)
    paired = len(known) == count
    order = np.argsort(known) if paired else np.arange(count)
    key = repr(sorted(known) if paired else (arm.name, count))
    generator = np.random.default_rng([seed, 1, zlib.crc32(key.encode())])
    drawn = np.empty((resamples, count))
    drawn[:, order] = generator.multinomial(count, np.full(count, 1 / count), size=resamples)
    return drawn / count


def _blocks(weights: NDArray[np.uint16]) -> Iterator[tuple[int, Floats]]:
    rows = max(1, BLOCK_BYTES // (8 * weights.shape[1]))
    for start in range(0, len(weights), rows):
        yield start, weights[start : start + rows].astype(np.float64)


def intervals(observed: Floats, draws: Floats, confidence: float) -> list[Interval]:
    """Percentile intervals of (figures,) from (resamples, figures)."""
    tail = (1 - confidence) / 2
    known = np.isfinite(draws).any(axis=0) & np.isfinite(observed)
    ends = np.full((2, len(observed)), np.nan)
    if known.any():
        quantile = np.quantile if np.isfinite(draws[:, known]).all() else np.nanquantile
        ends[:, known] = quantile(draws[:, known], (tail, 1 - tail), axis=0)
    return [
        Interval(float(mean), float(low), float(high))
        for mean, low, high in zip(observed, ends[0], ends[1], strict=True)
    ]
