"""What is attainable: ranks by the fact that a question and a passage were generated from."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lingweave.benchmark import Benchmark
from lingweave.encoders.scores import Scores


def oracle_scores(benchmark: Benchmark, fact_of: Callable[[str], str]) -> Scores:
    """Scores 1 for a passage about the query's fact, in whatever language, else 0.

    Args:
        benchmark: one whose ids say what its queries and passages are about.
        fact_of: id -> fact.
    """
    pool = [fact_of(id) for y in sorted(benchmark.corpora) for id in benchmark.corpora[y].ids]
    number = {fact: place for place, fact in enumerate(dict.fromkeys(pool))}
    passages = np.array([number[fact] for fact in pool])
    queries = {
        x: np.array([number.get(fact_of(id), -1) for id in side.ids])
        for x, side in benchmark.queries.items()
    }

    def block(language: str, rows: slice) -> NDArray[np.float32]:
        same: NDArray[np.bool_] = queries[language][rows][:, None] == passages[None, :]
        return same.astype(np.float32)

    return Scores(block, None, {"encoder": "oracle", "definition": "same generating fact"})
