"""An independent, slow ranking: Python sorts, one list at a time."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lingweave.benchmark import Benchmark

PLACE = {
    "pessimistic": lambda score, gold, position: (-score, gold, position),
    "optimistic": lambda score, gold, position: (-score, not gold, position),
    "index": lambda score, gold, position: (-score, position),
}


def golds_of(benchmark: Benchmark, query_id: str) -> dict[tuple[str, str], int]:
    """(language, passage id) -> grade, for grades of 1 and more."""
    found: dict[tuple[str, str], int] = {}
    for gold in benchmark.gold:
        if gold.query_id == query_id and gold.grade > 0:
            key = (gold.language, gold.passage_id)
            found[key] = max(found.get(key, 0), gold.grade)
    return found


def lists(
    benchmark: Benchmark, scores: Mapping[str, NDArray[np.float32]], rule: str
) -> dict[tuple[str, str, str], tuple[list[str], dict[str, int]]]:
    """(query language, passage language or "pool", query id) -> ordered ids, and its golds."""
    passages = [
        (y, id) for y in benchmark.languages if y in benchmark.corpora
        for id in benchmark.corpora[y].ids
    ]  # fmt: skip
    found = {}
    for x, side in benchmark.queries.items():
        for row, query_id in enumerate(side.ids):
            golds = golds_of(benchmark, query_id)
            ordered = sorted(
                range(len(passages)),
                key=lambda p: PLACE[rule](
                    float(scores[x][row, p]),
                    passages[p] in golds,
                    p,
                ),
            )
            for y in ("pool", *benchmark.corpora):
                names = [
                    f"{a}/{b}" for a, b in map(passages.__getitem__, ordered) if y in (a, "pool")
                ]
                grades = {f"{a}/{b}": g for (a, b), g in golds.items() if y in (a, "pool")}
                if grades:
                    found[x, y, query_id] = names, grades
    return found
