"""Where golds stand, free of any tie rule: the counts, the rules, and the rows of the table."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lingweave.judgements import Judgements

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]


class Counts(NamedTuple):
    """Where golds stand in one list, whatever the tie rule. Each array is (golds,)."""

    above: Ints
    """Candidates with a higher score, other golds included."""
    tied: Ints
    """Candidates with the same score that are not gold for the query."""
    tied_before: Ints
    """Those of `tied` that have a lower position."""
    gold_before: Ints
    """Golds of the query with the same score and a lower position in the same list."""


TieRule = Callable[[Counts], Ints]


def pessimistic(counts: Counts) -> Ints:
    """Ranks with every gold after its equals: the rule that flatters no encoder."""
    return 1 + counts.above + counts.gold_before + counts.tied


def optimistic(counts: Counts) -> Ints:
    """Ranks with every gold before its equals: the upper bound."""
    return 1 + counts.above + counts.gold_before


def by_index(counts: Counts) -> Ints:
    """Ranks of a stable sort by falling score: equals stand in the order of their positions."""
    return 1 + counts.above + counts.gold_before + counts.tied_before


TIE_RULES: dict[str, TieRule] = {
    "pessimistic": pessimistic,
    "optimistic": optimistic,
    "index": by_index,
}
"""Names of the tie rules, for the command line and files."""


@dataclass(frozen=True)
class GoldRanks:
    """One row a (query language, query, gold passage); arrays of one length.

    Rows are in the order of (query language, query row in the benchmark, pool position). A table
    holds all query languages or, as the passes give them, one.
    """

    languages: tuple[str, ...]
    """What the language indices mean."""
    query_ids: tuple[str, ...]
    """What the query indices mean."""
    corpus_sizes: Ints
    """(L,) candidates in each language's corpus; the pool holds their sum."""
    query_language: Ints
    """The language the query is asked in."""
    query: Ints
    """Index into `query_ids`."""
    passage_language: Ints
    """The language of the gold passage."""
    position: Ints
    """The gold's position in the pool."""
    grade: Ints
    """How relevant the gold is, 1 or more."""
    own: Counts
    """Where it stands among the candidates of its own language."""
    pool: Counts
    """Where it stands among the candidates of all languages."""

    def __len__(self) -> int:
        return len(self.query)

    @property
    def pool_size(self) -> int:
        """How many candidates the pool holds."""
        return int(self.corpus_sizes.sum())


class TopLists(NamedTuple):
    """The head of each pool list: one row a (query language, query row of the benchmark)."""

    query_language: Ints
    """(n,) index of the language."""
    row: Ints
    """(n,) the query's row in its language."""
    positions: NDArray[np.int32]
    """(n, k) pool positions, best first; equals in pool order."""
    scores: Floats
    """(n, k) their scores."""


class LanguageRanks(NamedTuple):
    """What a pass finds for the queries of one language."""

    ranks: GoldRanks
    """Every gold of these queries."""
    top: TopLists
    """The heads of their pool lists."""


class Golds(NamedTuple):
    """The golds of some query rows, in the order of (row, position). Each array is (golds,)."""

    row: Ints
    """Which of the rows."""
    query: Ints
    """Index into the judgements' query ids."""
    language: Ints
    """The gold's language."""
    position: Ints
    """Its position in the pool."""
    grade: Ints
    """How relevant it is."""


class RankedRows(NamedTuple):
    """What is found for some query rows."""

    golds: Golds
    """Their golds."""
    own: Counts
    """Where these stand among the candidates of their own languages."""
    pool: Counts
    """Where they stand in the pool."""
    positions: NDArray[np.int32]
    """(rows, k) pool positions of the best candidates; equals in pool order."""
    scores: Floats
    """(rows, k) their scores."""


def golds_of(queries: Ints, judgements: Judgements) -> Golds:
    """The golds of query rows, given as indices into the query ids (-1: without gold)."""
    asked = np.flatnonzero(queries >= 0)
    first = judgements.gold_starts[queries[asked]]
    counts = judgements.gold_starts[queries[asked] + 1] - first
    row = np.repeat(asked, counts)
    gold = np.repeat(first - (np.cumsum(counts) - counts), counts) + np.arange(len(row))
    position = judgements.positions[gold]
    return Golds(
        row, queries[row], judgements.language_of(position), position, judgements.grades[gold]
    )


def tied_golds(lists: Ints, score: Floats) -> tuple[Ints, Ints]:
    """Golds of the same list with the same score (itself included), and those before it.

    Golds come in the order of their positions, so a stable sort keeps the lower position first.
    """
    order = np.lexsort((score, lists))
    if not len(order):
        return order, order
    list_, value = lists[order], score[order]
    new = (list_[1:] != list_[:-1]) | (value[1:] != value[:-1])
    starts = np.flatnonzero(np.concatenate([[True], new]))
    sizes = np.diff(np.append(starts, len(order)))
    together = np.empty(len(order), dtype=np.int64)
    before = np.empty(len(order), dtype=np.int64)
    together[order] = np.repeat(sizes, sizes)
    before[order] = np.arange(len(order)) - np.repeat(starts, sizes)
    return together, before


def language_ranks(
    judgements: Judgements, language: int, parts: Iterable[RankedRows], depth: int
) -> LanguageRanks:
    """What was found for the rows of one language, in parts that follow each other."""
    empty = np.empty(0, dtype=np.int64)
    none = RankedRows(
        Golds(*[empty] * len(Golds._fields)),
        Counts(*[empty] * len(Counts._fields)),
        Counts(*[empty] * len(Counts._fields)),
        np.empty((0, depth), np.int32),
        np.empty((0, depth), np.float32),
    )
    parts = [none, *parts]
    golds = Golds(*_joined(part.golds for part in parts))
    positions = np.concatenate([part.positions for part in parts])
    scores = np.concatenate([part.scores for part in parts])
    ranks = GoldRanks(
        languages=judgements.languages,
        query_ids=judgements.query_ids,
        corpus_sizes=judgements.corpus_sizes,
        query_language=np.full(len(golds.query), language),
        query=golds.query,
        passage_language=golds.language,
        position=golds.position,
        grade=golds.grade,
        own=Counts(*_joined(part.own for part in parts)),
        pool=Counts(*_joined(part.pool for part in parts)),
    )
    n = len(positions)
    return LanguageRanks(ranks, TopLists(np.full(n, language), np.arange(n), positions, scores))


def joined_ranks(parts: Iterable[GoldRanks]) -> GoldRanks:
    """The tables of several query languages as one; at least one of them."""
    parts = list(parts)
    if len(parts) == 1:
        return parts[0]
    plain = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("query_language", "query", "passage_language", "position", "grade")
    }
    one = parts[0]
    return GoldRanks(
        languages=one.languages,
        query_ids=one.query_ids,
        corpus_sizes=one.corpus_sizes,
        own=Counts(*_joined([part.own for part in parts])),
        pool=Counts(*_joined([part.pool for part in parts])),
        **plain,
    )


def joined_lists(parts: Iterable[TopLists]) -> TopLists:
    """The lists of several query languages as one; at least one of them."""
    return TopLists(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def columns_of(ranks: GoldRanks) -> dict[str, Ints]:
    """The arrays of the table by column name, as `ranks.parquet` stores them."""
    plain = ("query_language", "query", "passage_language", "position", "grade")
    columns = {f.name: getattr(ranks, f.name) for f in fields(ranks) if f.name in plain}
    for kind in ("own", "pool"):
        counts: Counts = getattr(ranks, kind)
        columns |= {f"{kind}_{name}": value for name, value in counts._asdict().items()}
    return columns


def _joined(parts: Iterable[tuple[Ints, ...]]) -> list[Ints]:
    return [np.concatenate(column) for column in zip(*parts, strict=True)]
