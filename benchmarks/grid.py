"""Claim: exact ranks of the whole grid cost at most 3 times its bare matrix products.

    python benchmarks/grid.py [--data FOLDER]

XQuAD-R's grid (121 language pairs and 11 pools) from ready vectors of 384 dimensions, or its
generated shape where the data is absent. CPU seconds (all threads) of the pass that makes every
gold's ranks, tie counts and the top 100 lists, against the products of queries and pool alone in
the same process; medians of 5, alternating. Prints the ratio; exit status 1 if it is above 3.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

# As the command line does: idle BLAS threads would spin after each product, at no one's gain.
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")

import numpy as np

from lingweave.benchmark import Benchmark, Gold, Texts
from lingweave.encoders import dense_scores
from lingweave.errors import LingweaveError
from lingweave.judgements import judgements_of
from lingweave.ranks import gold_ranks
from lingweave.sources.lareqa import XQUAD_R, xquad_r

DIMENSION = 384
LIMIT = 3.0
RUNS = 5


def main() -> int:
    """Prints the figures; 0 if the claim holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).resolve().parents[2] / "shared" / "data" / "eval" / "xquad_r"
    parser.add_argument("--data", type=Path, default=default, help="the folder of XQuAD-R")
    try:
        benchmark = xquad_r(parser.parse_args().data)
        print("XQuAD-R, random vectors near their gold")
    except LingweaveError as error:
        print(f"generated shape of XQuAD-R ({error})")
        benchmark = generated()
    judgements = judgements_of(benchmark)
    queries, passages = vectors(benchmark)
    scores = dense_scores(queries, passages, "cosine", {})
    pool = np.concatenate([passages[y] for y in benchmark.languages])

    def products() -> None:
        for language in benchmark.languages:
            _ = queries[language] @ pool.T

    def ranks() -> None:
        gold_ranks(scores.block, judgements, scores.first_equal)

    bare, full = [], []
    for _ in range(RUNS):
        bare.append(cpu_seconds(products))
        full.append(cpu_seconds(ranks))
    ratio = statistics.median(full) / statistics.median(bare)
    print(
        f"products {statistics.median(bare):.2f} CPU s, ranks {statistics.median(full):.2f} CPU s"
    )
    print(f"ratio {ratio:.2f} (claim: at most {LIMIT})")
    return int(ratio > LIMIT)


def cpu_seconds(work: Callable[[], None]) -> float:
    """CPU time of all threads."""
    start = time.process_time()
    work()
    return time.process_time() - start


def generated() -> Benchmark:
    """Texts without content in the shape of XQuAD-R: one gold a language."""
    queries = {x: texts(size.questions, "q") for x, size in XQUAD_R.items()}
    corpora = {y: texts(size.candidates, f"{y} ") for y, size in XQUAD_R.items()}
    gold = tuple(
        Gold(f"q{i}", y, f"{y} {i * size.candidates // size.questions}")
        for y, size in XQUAD_R.items()
        for i in range(size.questions)
    )
    return Benchmark("generated", queries, corpora, gold)


def texts(n: int, prefix: str) -> Texts:
    """n ids that are their own texts."""
    ids = tuple(f"{prefix}{i}" for i in range(n))
    return Texts(ids, ids)


def vectors(benchmark: Benchmark) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Normalised passages; queries near the gold in their own language, so that ranks spread."""
    random = np.random.default_rng(0)

    def normalised(array: np.ndarray) -> np.ndarray:
        return (array / np.linalg.norm(array, axis=1, keepdims=True)).astype(np.float32)

    passages = {
        y: normalised(random.standard_normal((len(side.ids), DIMENSION)))
        for y, side in benchmark.corpora.items()
    }
    row = {y: {id: i for i, id in enumerate(side.ids)} for y, side in benchmark.corpora.items()}
    own = {(g.query_id, g.language): row[g.language][g.passage_id] for g in benchmark.gold}
    queries = {}
    for x, side in benchmark.queries.items():
        near = passages[x][[own[id, x] for id in side.ids]]
        queries[x] = normalised(near + random.standard_normal(near.shape) / 8)
    return queries, passages


if __name__ == "__main__":
    sys.exit(main())
