"""Claims: the whole grid, exactly, costs little more than its matrix products; peers, far more.

    python benchmarks/grid.py [--data FOLDER] [--runs 5] [--peers mteb sentence-transformers]

XQuAD-R's grid (121 language pairs and 11 pools) from ready vectors of 384 dimensions, hashed
trigrams of the texts, or its generated shape where the data is absent. CPU seconds (all threads),
medians of 5 that alternate in one process, of

- `evaluate`: every gold's ranks and tie counts, all measures of all pairs and pools, bounds of
  ties, bias figures and the top 100 of each pool list;
- the products of queries and pool alone: `evaluate` costs at most 3 times as much;
- sentence-transformers' InformationRetrievalEvaluator at depth 100: at least 5 times as much;
- mteb's retrieval evaluator as its tasks call it (top 1000, k of 1 to 1000): at least 50 times.

A peer is called once a pair and pool, with the vectors given instead of encoded, its data sets and
relevance judgements built beforehand and not counted. What they share in definition is compared:
recall at 1 and 10 of every pair and pool, on vectors without ties. Exit status 1 if a claim fails
or a figure differs by more than 1e-5, to which mteb rounds.
"""

import argparse
import functools
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

# As the command line does: idle BLAS threads would spin after each product, at no one's gain.
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")

import numpy as np
import torch

from lingweave.benchmark import Benchmark, Gold, Texts
from lingweave.encoders import dense_scores
from lingweave.errors import LingweaveError
from lingweave.evaluate import evaluate
from lingweave.sources.lareqa import XQUAD_R, xquad_r

DIMENSION = 384
BUCKETS = 2**15
PRODUCTS = 3.0
PEERS = {"sentence-transformers": 5.0, "mteb": 50.0}
CUTS = (1, 10)

Vectors = dict[str, np.ndarray]
Recalls = dict[tuple[str, str], tuple[float, ...]]


class Job(NamedTuple):
    """Queries of a language against the passages of one, or of all: ``pool``."""

    asked: str
    passages: str
    query_ids: list[str]
    passage_ids: list[str]
    relevant: dict[str, set[str]]
    queries: torch.Tensor
    corpus: torch.Tensor


def main() -> int:
    """Prints the figures; 0 if the claims hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).resolve().parents[2] / "shared" / "data" / "eval" / "xquad_r"
    parser.add_argument("--data", type=Path, default=default, help="the folder of XQuAD-R")
    parser.add_argument("--runs", type=int, default=5, help="alternations")
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=list(PEERS))
    parser.add_argument("--tiny", action="store_true", help="3 languages of 30 made-up texts")
    options = parser.parse_args()
    benchmark = tiny() if options.tiny else xquad(options.data)
    queries = {x: vectors(side.texts) for x, side in benchmark.queries.items()}
    passages = {y: vectors(side.texts) for y, side in benchmark.corpora.items()}
    pool = np.concatenate([passages[y] for y in benchmark.languages])
    recalls: dict[str, Recalls] = {}
    works: dict[str, Callable[[], Recalls]] = {
        "products": lambda: {
            (x, "pool"): (float((queries[x] @ pool.T).size),) for x in benchmark.languages
        },
        "evaluate": lambda: own_recalls(benchmark, queries, passages),
    }
    jobs = list(jobs_of(benchmark, queries, passages)) if options.peers else []
    peers = {"sentence-transformers": sentence_transformers_peer, "mteb": mteb_peer}
    works |= {name: peers[name](jobs) for name in options.peers}
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for run in range(options.runs):
        for name, work in works.items():
            start = time.process_time()
            recalls[name] = work()
            seconds[name].append(time.process_time() - start)
            print(f"run {run + 1}: {name} {seconds[name][-1]:.2f} CPU s", flush=True)
    medians = {name: statistics.median(each) for name, each in seconds.items()}
    print("\nmedians", ", ".join(f"{name} {median:.2f}" for name, median in medians.items()))
    ratio = medians["evaluate"] / medians["products"]
    failed = ratio > PRODUCTS
    print(f"evaluate / products {ratio:.2f} (claim: at most {PRODUCTS})")
    for name in options.peers:
        ratio = medians[name] / medians["evaluate"]
        failed |= ratio < PEERS[name]
        print(f"{name} / evaluate {ratio:.1f} (claim: at least {PEERS[name]:.0f})")
        worst = max(
            abs(a - b)
            for key, values in recalls[name].items()
            for a, b in zip(values, recalls["evaluate"][key], strict=True)
        )
        failed |= worst > 1e-5
        print(f"  R@1 and R@10 of {len(recalls[name])} settings: largest difference {worst:.1e}")
    return int(failed)


def own_recalls(benchmark: Benchmark, queries: Vectors, passages: Vectors) -> Recalls:
    """All of an evaluation, of which the recalls are given."""
    summary = evaluate(benchmark, dense_scores(queries, passages, "cosine", {})).summary
    found = {}
    for x in benchmark.languages:
        sets = {**summary["pairs"][x], "pool": summary["per_language"][x]["multi"]}
        found |= {(x, y): tuple(values[f"R@{k}"] for k in CUTS) for y, values in sets.items()}
    return found


def jobs_of(benchmark: Benchmark, queries: Vectors, passages: Vectors) -> Iterator[Job]:
    """The pairs and pools as peers take them."""
    corpora = {y: [f"{y}/{id}" for id in benchmark.corpora[y].ids] for y in benchmark.languages}
    corpora["pool"] = [id for y in benchmark.languages for id in corpora[y]]
    rows = {y: torch.from_numpy(passages[y]) for y in benchmark.languages}
    rows["pool"] = torch.cat([rows[y] for y in benchmark.languages])
    golds: dict[str, dict[str, set[str]]] = {y: {} for y in corpora}
    for gold in benchmark.gold:
        for y in (gold.language, "pool"):
            golds[y].setdefault(gold.query_id, set()).add(f"{gold.language}/{gold.passage_id}")
    for x in benchmark.languages:
        for y, ids in corpora.items():
            asked = torch.from_numpy(queries[x])
            yield Job(x, y, list(benchmark.queries[x].ids), ids, golds[y], asked, rows[y])


def sentence_transformers_peer(jobs: list[Job]) -> Callable[[], Recalls]:
    """Its evaluator with its own defaults but for the recalls: depth 100."""
    from sentence_transformers.sentence_transformer.evaluation import (
        InformationRetrievalEvaluator,
    )

    class Given:
        """A model whose vectors are at hand."""

        def __init__(self, job: Job) -> None:
            self.job = job

        def encode_query(self, texts: object, **_: object) -> torch.Tensor:
            return self.job.queries

        def encode_document(self, texts: object, **_: object) -> torch.Tensor:
            return self.job.corpus

    evaluators = [
        InformationRetrievalEvaluator(
            dict.fromkeys(job.query_ids, ""),
            dict.fromkeys(job.passage_ids, ""),
            job.relevant,
            write_csv=False,
            score_functions={"dot": lambda a, b: a @ b.T},
        )
        for job in jobs
    ]

    def run() -> Recalls:
        found = {}
        for job, evaluator in zip(jobs, evaluators, strict=True):
            metrics = evaluator.compute_all_metrics(Given(job))["dot"]["recall@k"]
            found[job.asked, job.passages] = tuple(metrics[k] for k in CUTS)
        return found

    return run


def mteb_peer(jobs: list[Job]) -> Callable[[], Recalls]:
    """Its evaluator as its retrieval tasks call it: top 1000, seven cut-offs."""
    import mteb
    from datasets import Dataset, disable_progress_bars
    from mteb._evaluators.retrieval_evaluator import RetrievalEvaluator
    from mteb.models.search_wrappers import SearchEncoderWrapper
    from mteb.timing import TimingStack
    from mteb.types import PromptType

    class Given:
        """A model whose vectors are at hand."""

        mteb_model_meta = None

        def __init__(self, job: Job) -> None:
            self.job = job

        def encode(self, texts: object, *, prompt_type: object, **_: object) -> torch.Tensor:
            return self.job.queries if prompt_type == PromptType.query else self.job.corpus

        def similarity(self, queries: torch.Tensor, corpus: torch.Tensor) -> torch.Tensor:
            return queries @ corpus.T

    disable_progress_bars()
    task = mteb.get_task("XQuADRetrieval")

    @functools.cache
    def dataset(asked: bool, name: str) -> Dataset:
        job = next(job for job in jobs if (job.asked if asked else job.passages) == name)
        ids = job.query_ids if asked else job.passage_ids
        return Dataset.from_dict({"id": ids, "text": [""] * len(ids), "title": [""] * len(ids)})

    data = [(dataset(False, job.passages), dataset(True, job.asked)) for job in jobs]
    judged = [{id: dict.fromkeys(ids, 1) for id, ids in job.relevant.items()} for job in jobs]

    def run() -> Recalls:
        found = {}
        for job, (corpus, queries), qrels in zip(jobs, data, judged, strict=True):
            evaluator = RetrievalEvaluator(
                corpus,
                queries,
                task_metadata=task.metadata,
                hf_split="validation",
                hf_subset=job.asked,
                top_k=max(task.k_values),
                timer=TimingStack(),
            )
            lists = evaluator(
                SearchEncoderWrapper(Given(job)), encode_kwargs={"show_progress_bar": False}
            )
            recall = evaluator.evaluate(qrels, lists, task.k_values).recall
            found[job.asked, job.passages] = tuple(recall[f"Recall@{k}"] for k in CUTS)
        return found

    return run


def xquad(folder: Path) -> Benchmark:
    """XQuAD-R, or its generated shape."""
    try:
        benchmark = xquad_r(folder)
        print("XQuAD-R, hashed trigrams")
    except LingweaveError as error:
        print(f"generated shape of XQuAD-R ({error})")
        return generated({x: (s.questions, s.candidates) for x, s in XQUAD_R.items()})
    return benchmark


def tiny() -> Benchmark:
    """A few texts."""
    return generated({"de": (30, 33), "en": (30, 31), "th": (30, 30)})


def generated(sizes: dict[str, tuple[int, int]]) -> Benchmark:
    """Texts in a given shape, one gold a language."""
    queries = {x: texts(questions, "q") for x, (questions, _) in sizes.items()}
    corpora = {y: texts(candidates, f"{y} ") for y, (_, candidates) in sizes.items()}
    gold = tuple(
        Gold(f"q{i}", y, f"{y} {i * candidates // questions}")
        for y, (questions, candidates) in sizes.items()
        for i in range(questions)
    )
    return Benchmark("generated", queries, corpora, gold)


def texts(n: int, prefix: str) -> Texts:
    """n ids that are their own texts."""
    ids = tuple(f"{prefix}{i}" for i in range(n))
    return Texts(ids, ids)


def vectors(side: tuple[str, ...]) -> np.ndarray:
    """(texts, 384) unit vectors of hashed trigrams, each with a little of its own: no two tie."""
    table = np.random.default_rng(0).standard_normal((BUCKETS, DIMENSION), dtype=np.float32)
    own = np.random.default_rng(len(side)).standard_normal((len(side), DIMENSION)) / 20
    found = np.stack([table[trigrams(text)].mean(axis=0) for text in side]) + own
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def trigrams(text: str) -> np.ndarray:
    """The buckets of a text's trigrams."""
    codes = np.frombuffer(f" {text} ".encode("utf-32-le"), np.uint32).astype(np.int64)
    return (codes[:-2] * 31_337 + codes[1:-1] * 7_919 + codes[2:] * 104_729) % BUCKETS


if __name__ == "__main__":
    sys.exit(main())
