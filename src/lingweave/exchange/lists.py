"""Whole lists of candidates, in the order of a tie rule, for the tools that want lists."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lingweave.encoders.scores import Scores
from lingweave.judgements import Judgements

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
TieKey = Callable[[NDArray[np.bool_]], NDArray[np.int64]]

TIE_KEYS: Mapping[str, TieKey] = {
    "pessimistic": lambda gold: gold.astype(np.int64),
    "optimistic": lambda gold: -gold.astype(np.int64),
    "index": lambda gold: np.zeros(len(gold), np.int64),
}
"""What decides among equals before the position in the pool does: golds last, first, nothing."""
_BYTES = 2**27
"""Of one block of scores."""


class Ask(NamedTuple):
    """A list that is wanted: of one query, over the corpus of one language or the pool."""

    setting: str
    """mono, cross or multi."""
    query_language: int
    query: int
    """Index into the judgements' query ids."""
    passage_language: int | None
    """None: the pool."""


class Ranked(NamedTuple):
    """The head of a list."""

    ask: Ask
    positions: Ints
    """(n,) pool positions, the best first."""
    scores: Floats
    """(n,) what they score."""


def golds_in(ask: Ask, judgements: Judgements) -> slice:
    """Where a list's golds stand among the judgements' positions, which are in pool order."""
    start, end = judgements.gold_starts[ask.query], judgements.gold_starts[ask.query + 1]
    if ask.passage_language is None:
        return slice(int(start), int(end))
    bounds = judgements.corpus_starts[[ask.passage_language, ask.passage_language + 1]]
    first, last = start + np.searchsorted(judgements.positions[start:end], bounds)
    return slice(int(first), int(last))


def asks(judgements: Judgements, settings: list[str]) -> Iterator[Ask]:
    """All lists with at least one gold, query language by query language, row by row."""
    languages = range(len(judgements.languages))
    for x in languages:
        for query in judgements.queries[x].tolist():
            if query < 0:
                continue
            wanted = [Ask("multi", x, query, None), Ask("mono", x, query, x)]
            wanted += [Ask("cross", x, query, y) for y in languages if y != x]
            for ask in wanted:
                golds = golds_in(ask, judgements)
                if ask.setting in settings and golds.start < golds.stop:
                    yield ask


def sampled(wanted: list[Ask], count: int, seed: int) -> set[Ask]:
    """At most ``count`` lists of each setting, query language and corpus, drawn by query: the same
    queries in all of them, as far as they ask them."""
    queries = np.unique([ask.query for ask in wanted])
    order = np.random.default_rng(seed).permutation(len(queries))
    place = dict(zip(queries.tolist(), order.tolist(), strict=True))
    groups: dict[tuple[str, int, int | None], list[Ask]] = {}
    for ask in wanted:
        key = (ask.setting, ask.query_language, ask.passage_language)
        groups.setdefault(key, []).append(ask)
    return {
        ask
        for group in groups.values()
        for ask in sorted(group, key=lambda ask: place[ask.query])[:count]
    }


def ranked(
    scores: Scores,
    judgements: Judgements,
    wanted: list[Ask],
    ties: str,
    depth: Callable[[Ask], int | None],
) -> Iterator[Ranked]:
    """The lists, in the order of the tie rule.

    Args:
        scores: an encoder's.
        judgements: of the same benchmark.
        wanted: the lists, as ``asks`` gives them.
        ties: name of the tie rule.
        depth: how much of each list is wanted; None: all.
    """
    by_row: dict[tuple[int, int], list[Ask]] = {}
    for ask in wanted:
        by_row.setdefault((ask.query_language, ask.query), []).append(ask)
    first = scores.first_equal
    copies = None if first is None else np.flatnonzero(first != np.arange(len(first)))
    step = max(1, _BYTES // (4 * max(judgements.pool_size, 1)))
    for x, language in enumerate(judgements.languages):
        queries = judgements.queries[x]
        for start in range(0, len(queries), step):
            rows = slice(start, min(start + step, len(queries)))
            if not any((x, query) in by_row for query in queries[rows].tolist()):
                continue
            block = scores.block(language, rows)
            if first is not None and copies is not None and len(copies):
                block[:, copies] = block[:, first[copies]]
            for row, query in zip(block, queries[rows].tolist(), strict=True):
                for ask in by_row.get((x, query), ()):
                    yield _ranked(row, ask, judgements, TIE_KEYS[ties], depth(ask))


def _ranked(
    row: Floats, ask: Ask, judgements: Judgements, tie_key: TieKey, depth: int | None
) -> Ranked:
    start, end = 0, len(row)
    if ask.passage_language is not None:
        start, end = judgements.corpus_starts[[ask.passage_language, ask.passage_language + 1]]
    part = row[start:end]
    gold = np.zeros(len(part), np.bool_)
    gold[judgements.positions[golds_in(ask, judgements)] - start] = True
    kept = np.arange(len(part))
    if depth is not None and depth < len(part):
        # All that reach the last place, so that ties there are cut by the rule too.
        kept = np.flatnonzero(part >= np.partition(part, -depth)[-depth])
    order = kept[np.lexsort((tie_key(gold[kept]), -part[kept]))][:depth]
    return Ranked(ask, order + start, part[order])
