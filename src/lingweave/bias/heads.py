"""The heads of pool lists, and what they say of languages without any relevance judgement."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Values = NDArray[np.float64]

PARTNERS = 12
"""With more than 2 * PARTNERS + 1 languages, MRC pairs each with this many that follow it."""


@dataclass(frozen=True)
class Heads:
    """The first places of each query's pool list. Lists are equally deep; equals share a score."""

    languages: tuple[str, ...]
    """What the language indices mean."""
    query_ids: tuple[str, ...]
    """What the query indices mean; parallel queries share an id."""
    corpus_sizes: Ints
    """(L,) candidates in each language's corpus; the pool holds their sum."""
    query_language: Ints
    """(n,) the language each list was asked in."""
    query: Ints
    """(n,) index into `query_ids`."""
    passage: NDArray[np.integer]
    """(n, depth) a number for each passage of the pool, best first; the same in every list."""
    passage_language: NDArray[np.integer]
    """(n, depth) its language."""
    scores: NDArray[np.float32]
    """(n, depth) its score."""

    @property
    def depth(self) -> int:
        """How many places of each list are known."""
        return int(self.passage.shape[1])


def language_shares(heads: Heads, k: int) -> Values:
    """(n, L) the share of each language among the first k of each list."""
    k = min(k, heads.depth)
    n, size = len(heads.query), len(heads.languages)
    cells = np.arange(n)[:, None] * size + heads.passage_language[:, :k]
    counts = np.bincount(cells.ravel(), minlength=n * size)
    return np.asarray(counts.reshape(n, size) / max(k, 1))


def corpus_shares(heads: Heads) -> Values:
    """(L,) the share of each language in the pool."""
    return heads.corpus_sizes / max(int(heads.corpus_sizes.sum()), 1)


def rank_correlations(heads: Heads, k: int) -> Values:
    """(n,) how alike a list is to those of the parallel queries: its mean Spearman correlation.

    For a pair of lists, the passages in the first k of either are ordered by each list's scores;
    what a list does not hold in its known places stands last in it, tied. Equals share the mean
    of their places. NaN without a parallel query, or where all passages tie in one of the lists.

    With many languages, each is compared with those `PARTNERS` places before and after it in the
    order of their codes, in a ring.
    """
    k = min(k, heads.depth)
    n, size = len(heads.query), len(heads.languages)
    total, count = np.zeros(n), np.zeros(n)
    rows = np.full((size, len(heads.query_ids)), -1)
    rows[heads.query_language, heads.query] = np.arange(n)
    for a in range(size):
        for step in range(1, min(PARTNERS, (size - 1) // 2) + 1):
            _add(heads, k, rows[a], rows[(a + step) % size], total, count)
        if size % 2 == 0 and size <= 2 * PARTNERS + 1 and a < size // 2:
            _add(heads, k, rows[a], rows[a + size // 2], total, count)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def nothing_in_common(k: int) -> float:
    """The Spearman correlation of two lists of which neither holds any of the other's first k."""
    if k < 1:
        return float("nan")
    own, behind = np.arange(1, k + 1), np.full(k, (3 * k + 1) / 2)
    one, other = np.concatenate([own, behind]), np.concatenate([behind, own])
    return float(np.corrcoef(one, other)[0, 1])


def _add(heads: Heads, k: int, rows_a: Ints, rows_b: Ints, total: Values, count: Values) -> None:
    """Adds the correlations of one pair of languages to both languages' lists."""
    both = (rows_a >= 0) & (rows_b >= 0)
    a, b = rows_a[both], rows_b[both]
    # A block at a time: the pairwise comparison below takes 4 k^2 bytes a query.
    block = max(1, 2**25 // (4 * k * k + 1))
    for begin in range(0, len(a), block):
        part = slice(begin, begin + block)
        values = _correlations(heads, k, a[part], b[part])
        for rows in (a[part], b[part]):
            total[rows] += np.where(np.isnan(values), 0, values)
            count[rows] += ~np.isnan(values)


def _correlations(heads: Heads, k: int, a: Ints, b: Ints) -> Values:
    in_a, score_ab = _scores_in(heads, a, heads.passage[b][:, :k])
    _, score_ba = _scores_in(heads, b, heads.passage[a][:, :k])
    in_top_a = in_a < k
    # The union: a's first k, then b's first k without those that a's first k hold too.
    here = np.concatenate([np.ones_like(score_ba, dtype=bool), ~in_top_a], axis=1)
    ranks_a = _places(np.concatenate([heads.scores[a][:, :k], score_ab], axis=1), here)
    ranks_b = _places(np.concatenate([score_ba, heads.scores[b][:, :k]], axis=1), here)
    size = here.sum(axis=1, keepdims=True)
    x, y = (
        np.where(here, r - r.sum(axis=1, keepdims=True) / size, 0.0) for r in (ranks_a, ranks_b)
    )
    spread = np.sqrt((x * x).sum(axis=1) * (y * y).sum(axis=1))
    return np.asarray(
        np.where(spread > 0, (x * y).sum(axis=1) / np.where(spread > 0, spread, 1), np.nan)
    )


def _scores_in(heads: Heads, rows: Ints, passages: NDArray[np.integer]) -> tuple[Ints, Values]:
    """Place (the depth if absent) and score (-inf if absent) of passages in other lists."""
    stride = int(heads.passage.max(initial=0)) + 1
    offset = np.arange(len(rows), dtype=np.int64)[:, None] * stride
    keys = (heads.passage[rows] + offset).ravel()
    order = np.argsort(keys, kind="stable")
    wanted = (passages + offset).ravel()
    at = np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)
    found = keys[order[at]] == wanted
    place = np.where(found, order[at] % heads.depth, heads.depth)
    scores = np.where(found, heads.scores[rows].ravel()[order[at]], -np.inf)
    return place.reshape(passages.shape), scores.reshape(passages.shape)


def _places(scores: Values, here: NDArray[np.bool_]) -> Values:
    """(n, m) the place of each score in its row, 1 best, equals sharing the mean; 0 if not here."""
    others = here[:, None, :]
    above = ((scores[:, None, :] > scores[:, :, None]) & others).sum(axis=2)
    equal = ((scores[:, None, :] == scores[:, :, None]) & others).sum(axis=2)
    return np.where(here, above + (equal + 1) / 2, 0.0)
