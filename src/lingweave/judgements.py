"""Who is relevant to whom, in numbers: what the ranking pass needs to know of a benchmark."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lingweave.benchmark import Benchmark, places

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Judgements:
    """Relevance as pool positions. The pool is the corpora one after another, in code order.

    Golds are in the order of (query id, pool position), each passage once, with grade >= 1:
    a passage judged with grade 0 is not relevant and stands among the other candidates.
    """

    languages: tuple[str, ...]
    """All languages, in the order of their codes."""
    corpus_starts: Ints
    """(L + 1,) where each language's corpus begins in the pool; the last is the pool's size."""
    query_ids: tuple[str, ...]
    """The ids of the queries that have gold and are asked, sorted."""
    queries: tuple[Ints, ...]
    """By language: for each query row, its index into `query_ids`, or -1 without any gold."""
    gold_starts: Ints
    """(len(query_ids) + 1,) where each query's golds begin."""
    positions: Ints
    """(golds,) the gold's position in the pool."""
    grades: Ints
    """(golds,) how relevant it is, 1 or more."""

    @property
    def pool_size(self) -> int:
        """How many candidates all corpora hold."""
        return int(self.corpus_starts[-1])

    @property
    def corpus_sizes(self) -> Ints:
        """(L,) how many candidates each language's corpus holds."""
        return np.diff(self.corpus_starts)

    def language_of(self, positions: Ints) -> Ints:
        """The language index of pool positions."""
        return np.searchsorted(self.corpus_starts, positions, side="right") - 1


def judgements_of(benchmark: Benchmark) -> Judgements:
    """The benchmark's relevance judgements as numbers."""
    languages = benchmark.languages
    sizes = [len(benchmark.corpora[x].ids) if x in benchmark.corpora else 0 for x in languages]
    starts = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.int64)
    wanted: dict[str, dict[str, int]] = {}
    for gold in benchmark.gold:
        wanted.setdefault(gold.language, {})[gold.passage_id] = -1
    for language, passages in wanted.items():
        first = int(starts[languages.index(language)])
        rows = places(benchmark.corpora[language].ids, tuple(passages))
        passages.update(zip(passages, (rows + first).tolist(), strict=True))
    relevant: dict[str, dict[int, int]] = {}
    for gold in benchmark.gold:
        if gold.grade >= 1:
            of_query = relevant.setdefault(gold.query_id, {})
            position = wanted[gold.language][gold.passage_id]
            of_query[position] = max(gold.grade, of_query.get(position, 0))
    query_ids = tuple(sorted(relevant))
    index = {id: i for i, id in enumerate(query_ids)}
    ordered = [sorted(relevant[id].items()) for id in query_ids]
    counts = np.array([len(golds) for golds in ordered], dtype=np.int64)
    return Judgements(
        languages=languages,
        corpus_starts=starts,
        query_ids=query_ids,
        queries=tuple(
            np.array(
                [index.get(id, -1) for id in benchmark.queries[x].ids]
                if x in benchmark.queries
                else [],
                dtype=np.int64,
            )
            for x in languages
        ),
        gold_starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        positions=np.array([p for golds in ordered for p, _ in golds], dtype=np.int64),
        grades=np.array([g for golds in ordered for _, g in golds], dtype=np.int64),
    )
