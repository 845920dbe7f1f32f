"""Claim: 205 languages, all pairs and the pool, from ready vectors within 20 minutes and 4 GB.

    python benchmarks/languages205.py [--data FLORES.parquet] [--languages N] [--tiny] [--out DIR]

The 1,004 sentences of FLORES/SIB-200 in 205 languages, or made-up ones where the data is absent:
each sentence asks for itself in every language, 205,820 queries against a pool of 205,820, 42
million golds. Vectors of 384 dimensions are hashed trigrams plus a part that translations share,
larger in some languages than in others, so that golds stand everywhere in the lists. Prints the
wall time, CPU time (all threads) and peak memory of an evaluation on disk; exit status 1 if it took
more than 20 minutes or 4 GB (2**30 bytes each), the vectors and texts included.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

# As the command line does: idle BLAS threads would spin after each product, at no one's gain.
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")

import numpy as np
import pyarrow.parquet as pq

from lingweave.benchmark import Benchmark, Gold, Texts
from lingweave.encoders import dense_scores
from lingweave.evaluate import evaluate

DIMENSION = 384
BUCKETS = 2**15
MINUTES, GIGABYTES = 20, 4


def main() -> int:
    """Prints the figures; 0 if the claim holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    folder = Path(__file__).resolve().parents[2] / "shared" / "data" / "eval" / "flores_sib200"
    parser.add_argument("--data", type=Path, default=folder / "flores_sib200.parquet")
    parser.add_argument("--languages", type=int, default=205, help="only the first so many")
    parser.add_argument("--tiny", action="store_true", help="8 languages of 40 made-up sentences")
    parser.add_argument("--out", type=Path, help="keep the evaluation here")
    options = parser.parse_args()
    texts = made_up(8, 40) if options.tiny else sentences(options.data, options.languages)
    benchmark = benchmark_of(texts)
    queries, passages = vectors(texts, seed=1), vectors(texts, seed=2)
    print(f"before: peak {peak():.2f} GB", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        wall, cpu = time.perf_counter(), time.process_time()
        scores = dense_scores(queries, passages, "cosine", {})
        evaluation = evaluate(benchmark, scores, folder=options.out or Path(temporary))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    n, macro = len(evaluation.languages), evaluation.macro
    print(f"{n} languages, {n * n} pairs, pool of {sum(len(side) for side in texts.values())}")
    figures = (f"{setting} {macro[setting]['mAP']:.4f}" for setting in ("mono", "cross", "multi"))
    print(f"mAP {', '.join(figures)}; rank distance {macro['rank_distance']:.0f}")
    print(f"wall {wall / 60:.1f} min, CPU {cpu / 60:.1f} min, peak {peak():.2f} GB")
    return int(wall > 60 * MINUTES or peak() > GIGABYTES)


def peak() -> float:
    """The most memory this process has held, in units of 2**30 bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def sentences(path: Path, languages: int) -> dict[str, list[str]]:
    """The sentences by language."""
    if not path.is_file():
        print(f"made-up sentences ({path} is absent)")
        return made_up(languages, 1004)
    names = sorted({*pq.read_schema(path).names} - {"flores_id", "split", "topic"})[:languages]
    table = pq.read_table(path, columns=names)
    return {name: table[name].to_pylist() for name in names}


def made_up(languages: int, count: int) -> dict[str, list[str]]:
    """Random letters, some of them of the language's own."""
    random = np.random.default_rng(0)
    made = {}
    for x in range(languages):
        letters = random.integers(97 + x % 9, 123 + x, (count, 120)).tolist()
        made[f"l{x:03}"] = ["".join(map(chr, line)) for line in letters]
    return made


def benchmark_of(texts: dict[str, list[str]]) -> Benchmark:
    """Every sentence asks for itself in every language."""
    ids = tuple(map(str, range(len(next(iter(texts.values()))))))
    sides = {x: Texts(ids, tuple(side)) for x, side in texts.items()}
    gold = tuple(Gold(id, y, id) for id in ids for y in texts)
    return Benchmark("FLORES/SIB-200", sides, sides, gold)


def vectors(texts: dict[str, list[str]], seed: int) -> dict[str, np.ndarray]:
    """(sentences, 384) by language: hashed trigrams, and a share of what translations share."""
    random = np.random.default_rng(0)
    table = random.standard_normal((BUCKETS, DIMENSION), dtype=np.float32)
    count = len(next(iter(texts.values())))
    meaning = random.standard_normal((count, DIMENSION), dtype=np.float32)
    noise = np.random.default_rng(seed)
    found = {}
    for x, side in texts.items():
        share = random.random() * 1.5
        forms = np.stack([table[trigrams(text)].sum(axis=0) for text in side])
        forms /= np.linalg.norm(forms, axis=1, keepdims=True)
        meant = share * meaning + noise.standard_normal(meaning.shape, dtype=np.float32) / 2
        found[x] = forms + meant / np.sqrt(np.float32(DIMENSION))
    return found


def trigrams(text: str) -> np.ndarray:
    """The buckets of a text's trigrams."""
    codes = np.frombuffer(f" {text} ".encode("utf-32-le"), np.uint32).astype(np.int64)
    return (codes[:-2] * 31_337 + codes[1:-1] * 7_919 + codes[2:] * 104_729) % BUCKETS


if __name__ == "__main__":
    sys.exit(main())
