"""From per-query values to figures under cluster weights: two matrix products."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lingweave.significance.samples import (
    BIAS,
    FIGURES,
    Floats,
    Ints,
    Sample,
    cluster_count,
    cluster_numbers,
)


class Columns(NamedTuple):
    """Sums over the queries of each cluster for one query language.

    Language pairs with the same queries have the same denominator in every resample, so their
    numerators are added up before the matrix product. On a complete benchmark this leaves one
    column a figure, whatever the number of languages.
    """

    sums: Floats
    """(clusters, columns): sum of a figure over the queries of a cluster, and over pairs."""
    counts: Floats
    """(clusters, denominators): queries with a defined figure."""
    count_of: Ints
    """(columns,): the denominator of each column."""
    figure: Floats
    """(columns, figures): 1 where the column is a part of the figure."""
    pairs: Floats
    """(columns, figures): the number of language pairs added up in the column."""


def sample_columns(sample: Sample) -> tuple[Columns, ...]:
    """The columns of every query language."""
    clusters, size = cluster_numbers(sample), cluster_count(sample)
    pairs, pools, languages = sample.pairs, sample.pools, len(sample.languages)
    bias = (getattr(pools, name) for name in BIAS)
    pool_values = np.column_stack([pools.values, *bias])
    columns = []
    for x in range(languages):
        of_pair = np.flatnonzero(pairs.query_language == x)
        of_pool = np.flatnonzero(pools.query_language == x)
        passage = pairs.passage_language[of_pair]
        mono, cross = of_pair[passage == x], of_pair[passage != x]
        parts: list[tuple[int, Ints, Floats, Ints]] = [
            (0, np.zeros(len(mono), np.int64), pairs.values[mono], clusters[pairs.query[mono]]),
            (6, passage[passage != x], pairs.values[cross], clusters[pairs.query[cross]]),
            (12, np.zeros(len(of_pool), np.int64), pool_values[of_pool],
             clusters[pools.query[of_pool]]),
        ]  # fmt: skip
        columns.append(_columns(parts, size, languages))
    return tuple(columns)


def _columns(parts: Sequence[tuple[int, Ints, Floats, Ints]], clusters: int, cells: int) -> Columns:
    """Add up rows by (figure, cell, cluster), then cells with equal denominators.

    Each part is (index of its first figure, (rows,) cell, (rows, k) values, (rows,) cluster).
    """
    counts: dict[bytes, tuple[int, Floats]] = {}
    sums: dict[tuple[int, int], tuple[Floats, int]] = {}
    for first, cell, values, cluster in parts:
        index = cell * clusters + cluster
        for offset in range(values.shape[1]):
            defined = np.isfinite(values[:, offset])
            where, value = index[defined], values[defined, offset]
            total = np.bincount(where, value, cells * clusters).reshape(cells, clusters)
            count = np.bincount(where, minlength=cells * clusters).reshape(cells, clusters)
            for y in np.flatnonzero(count.any(axis=1)):
                key = count[y].tobytes()
                place, _ = counts.setdefault(key, (len(counts), count[y].astype(np.float64)))
                added, pairs = sums.get((first + offset, place), (0.0, 0))
                sums[first + offset, place] = (added + total[y], pairs + 1)
    figure = np.zeros((len(sums), len(FIGURES)))
    pair_count = np.zeros_like(figure)
    for column, ((which, _), (_, pairs)) in enumerate(sums.items()):
        figure[column, which], pair_count[column, which] = 1, pairs
    return Columns(
        sums=np.stack([s for s, _ in sums.values()], 1) if sums else np.zeros((clusters, 0)),
        counts=np.stack([c for _, c in counts.values()], 1) if sums else np.zeros((clusters, 0)),
        count_of=np.array([place for _, place in sums], np.int64),
        figure=figure,
        pairs=pair_count,
    )


def weighted_figures(columns: Sequence[Columns], weights: Floats) -> Floats:
    """(resamples, languages, figures) from (resamples, clusters) weights.

    A pair none of whose queries was drawn is left out of the mean over pairs.
    """
    figures = np.empty((len(weights), len(columns), len(FIGURES)))
    with np.errstate(invalid="ignore", divide="ignore"):
        for x, language in enumerate(columns):
            denominators = (weights @ language.counts)[:, language.count_of]
            drawn = denominators > 0
            means = np.where(drawn, (weights @ language.sums) / denominators, 0)
            figures[:, x] = (means @ language.figure) / (drawn @ language.pairs)
    return figures
