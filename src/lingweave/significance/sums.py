"""From per-query values to figures under cluster weights: two matrix products."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from lingweave.significance.samples import (
    Block,
    Design,
    Floats,
    Head,
    Ints,
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


def language_columns(
    sample: Head, design: Design, figures: Sequence[str]
) -> Iterator[tuple[int, Columns]]:
    """Index of a query language and the columns of some figures, one language after another."""
    clusters, size = cluster_numbers(sample), cluster_count(sample)
    wanted = [figures.index(one) if one in figures else None for one in sample.figures]
    for x, blocks in design.blocks(sample):
        yield x, _columns(blocks, clusters, size, len(sample.languages), wanted)


def _columns(
    blocks: Sequence[Block],
    cluster_of: Ints,
    clusters: int,
    cells: int,
    wanted: Sequence[int | None],
) -> Columns:
    """Add up rows by (figure, cell, cluster), then cells with equal denominators.

    ``wanted``: the place of each of the sample's figures among those that are asked for.
    """
    counts: dict[bytes, tuple[int, Floats]] = {}
    sums: dict[tuple[int, int], tuple[Floats, int]] = {}
    for _, first, cell, query, values in blocks:
        index = cell * clusters + cluster_of[query]
        for offset in range(values.shape[1]):
            place_of = wanted[first + offset]
            if place_of is None:
                continue
            defined = np.isfinite(values[:, offset])
            where, value = index[defined], values[defined, offset]
            total = np.bincount(where, value, cells * clusters).reshape(cells, clusters)
            count = np.bincount(where, minlength=cells * clusters).reshape(cells, clusters)
            for y in np.flatnonzero(count.any(axis=1)):
                key = count[y].tobytes()
                place, _ = counts.setdefault(key, (len(counts), count[y].astype(np.float64)))
                added, pairs = sums.get((place_of, place), (0.0, 0))
                sums[place_of, place] = (added + total[y], pairs + 1)
    figure = np.zeros((len(sums), sum(one is not None for one in wanted)))
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


def weighted_figures(columns: Columns, weights: Floats) -> Floats:
    """(resamples, figures) of one language from (resamples, clusters) weights.

    A pair none of whose queries was drawn is left out of the mean over pairs.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        denominators = (weights @ columns.counts)[:, columns.count_of]
        drawn = denominators > 0
        means = np.where(drawn, (weights @ columns.sums) / denominators, 0)
        figures: Floats = (means @ columns.figure) / (drawn @ columns.pairs)
    return figures
