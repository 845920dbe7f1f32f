"""From a figure's values to its means and to those of every resample: two matrix products."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lingweave.bias import Cells, Reduction, Shape, Value
from lingweave.significance import Interval, Resampling, cluster_weights

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

BLOCK_BYTES = 64 * 2**20
"""Upper size of one block of resampled cells."""
FEW = 2**24
"""Cells times clusters up to which sums are kept in full precision."""


@dataclass
class FigureSums:
    """Sums of a figure by cell, in all and by cluster of queries."""

    shape: tuple[int, ...]
    """(L,) or (L, L)."""
    clusters: Ints
    """(queries,) the cluster of each query."""
    total: Floats
    """(2, cells) sums of the values, and how many there are."""
    chance: Floats
    """(2, cells) the same of chance."""
    by_cluster: NDArray[np.floating[Any]]
    """(2, cells, clusters) the same as `total`, by cluster; fp32 if there are very many."""

    @staticmethod
    def empty(cells_of: Shape, languages: int, clusters: Ints) -> "FigureSums":
        """Nothing yet; a cell for each language, or for each pair of them."""
        shape = (languages,) if cells_of == "languages" else (languages, languages)
        cells, count = int(np.prod(shape)), int(clusters.max(initial=-1)) + 1
        return FigureSums(
            shape,
            clusters,
            np.zeros((2, cells)),
            np.zeros((2, cells)),
            np.zeros((2, cells, count), np.float64 if cells * count <= FEW else np.float32),
        )

    def add(self, cells: Cells) -> None:
        """Adds the rows of a part."""
        size, count = self.by_cluster.shape[1:]
        known = ~np.isnan(cells.values)
        cell, values = cells.cell[known], cells.values[known]
        self.total += np.stack(
            [np.bincount(cell, values, minlength=size), np.bincount(cell, minlength=size)]
        )
        chance = ~np.isnan(cells.chance) & known
        self.chance += np.stack(
            [
                np.bincount(cells.cell[chance], cells.chance[chance], minlength=size),
                np.bincount(cells.cell[chance], minlength=size),
            ]
        )
        # Only the cells that the part has: one query language of many is a small block of all.
        present, at = np.unique(cell, return_inverse=True)
        place = at * count + self.clusters[cells.query[known]]
        for row, weights in enumerate((values, None)):
            sums = np.bincount(place, weights, minlength=len(present) * count)
            self.by_cluster[row, present] += sums.reshape(len(present), count)


def resampled(
    sums: FigureSums, value: Value, breakdown: Reduction, chance: Floats, how: Resampling
) -> Floats:
    """(resamples, 1 + L) the figure and its breakdown, block by block."""
    cells, count = sums.by_cluster.shape[1:]
    draws = np.full((how.resamples, 1 + sums.shape[0]), np.nan)
    if not count:
        return draws
    weights = _weights(count, how.resamples, how.seed)
    rows = max(1, BLOCK_BYTES // (8 * max(cells, count)))
    for start in range(0, how.resamples, rows):
        block = weights[start : start + rows].astype(sums.by_cluster.dtype)
        totals, counts = (block @ side.T for side in sums.by_cluster)
        means = ratio(totals, counts).reshape(-1, *sums.shape)
        stop = start + len(block)
        draws[start:stop, 0] = value(means, chance)
        draws[start:stop, 1:] = breakdown(means)
    return draws


_weights = lru_cache(maxsize=2)(cluster_weights)
"""Figures of one evaluation meet the same draws: made once."""


def ratio(totals: NDArray[Any], counts: NDArray[Any]) -> Floats:
    """Means, NaN where nothing was counted."""
    return np.where(counts > 0, totals / np.maximum(counts, 1), np.nan).astype(np.float64)


def intervals(observed: Floats, draws: Floats, confidence: float) -> list[Interval]:
    """Percentile intervals of (figures,) from (resamples, figures)."""
    tail = (1 - confidence) / 2
    known = np.isfinite(draws).any(axis=0) & np.isfinite(observed)
    ends = np.full((2, len(observed)), np.nan)
    if known.any():
        ends[:, known] = np.nanquantile(draws[:, known], (tail, 1 - tail), axis=0)
    return [
        Interval(float(mean), float(low), float(high))
        for mean, low, high in zip(observed, ends[0], ends[1], strict=True)
    ]
