"""What weights of 8 bits and shorter vectors cost in quality, and what they bring.

    python benchmarks/smaller.py --model FOLDER [--small FOLDER] [--cache FOLDER] [--every N]

XQuAD-R without context, by lingweave's own evaluation: mAP mono, cross and multi, rank distance,
under pessimistic ties; then texts a second of CPU time, one query at a time and in batches of 32.
--small is the folder that `lingweave shrink --model FOLDER --out SMALL` made; without it, one is
made for the run. Rows of fewer numbers are the first of each vector, brought to length one again:
`--truncate_dim` does that. --every N takes one paragraph in N, for trying it.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

from lingweave.benchmark import Benchmark, Texts
from lingweave.encoders.cache import CachedEncoder
from lingweave.encoders.onnx import FILE, OnnxEncoder
from lingweave.encoders.scores import Encoder, encoder_scores
from lingweave.encoders.sentence_transformer import SentenceTransformerEncoder
from lingweave.encoders.shrink import ShrinkConfig, shrink
from lingweave.evaluate import evaluate
from lingweave.software import software
from lingweave.sources.lareqa import xquad_r

Floats = NDArray[np.float32]
TIMED = 256


class First:
    """The first numbers of another encoder's vectors.

    Args:
        encoder: the other.
        numbers: how many.
    """

    def __init__(self, encoder: Encoder, numbers: int) -> None:
        self._encoder, self._numbers = encoder, numbers

    def encode_queries(self, texts: Sequence[str], language: str) -> Floats:
        """(texts, numbers) float32."""
        return self._encoder.encode_queries(texts, language)[:, : self._numbers]

    def encode_passages(self, texts: Sequence[str], language: str) -> Floats:
        """(texts, numbers) float32."""
        return self._encoder.encode_passages(texts, language)[:, : self._numbers]

    def describe(self) -> dict[str, Any]:
        """The other, and how many."""
        return {**self._encoder.describe(), "truncate_dim": self._numbers}


def main() -> int:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).resolve().parents[2] / "shared" / "data" / "eval" / "xquad_r"
    parser.add_argument("--data", type=Path, default=default, help="XQuAD-R's folder")
    parser.add_argument("--model", required=True, help="a sentence-transformers folder")
    parser.add_argument("--small", type=Path, help="its copy with weights of 8 bits")
    parser.add_argument("--cache", type=Path, help="keep vectors here")
    parser.add_argument("--every", type=int, default=1, help="one paragraph in so many")
    parser.add_argument("--max_length", type=int, help="tokens of a text that are read")
    args = parser.parse_args()
    if not args.data.is_dir():
        print(f"no XQuAD-R in {args.data}: nothing was measured")
        return 0
    benchmark = thinned(xquad_r(args.data), args.every)
    told, threads = software(), os.environ["OMP_NUM_THREADS"]
    questions, sentences = (
        sum(len(one.ids) for one in side.values())
        for side in (benchmark.queries, benchmark.corpora)
    )
    print(
        f"commit {told['commit']}, torch {told['torch']}, {threads} thread(s);"
        f" {questions:,} questions, {sentences:,} sentences, {len(benchmark.corpora)} languages"
    )
    with tempfile.TemporaryDirectory() as folder:
        small = args.small
        if small is None:
            small = Path(folder) / "small"
            shrink(ShrinkConfig(model=args.model, out=small))
        cache = args.cache or Path(folder) / "vectors"
        how = {"max_length": args.max_length}
        encoders = {
            "fp32": SentenceTransformerEncoder(args.model, device="cpu", **how),
            "int8": OnnxEncoder(str(small), **how),
        }
        sizes = {
            "fp32": sum(one.stat().st_size for one in Path(args.model).rglob("*.safetensors")),
            "int8": (small / FILE).stat().st_size,
        }
        speeds(encoders, sizes, benchmark)
        quality({x: CachedEncoder(one, cache) for x, one in encoders.items()}, benchmark)
    return 0


def speeds(
    encoders: dict[str, SentenceTransformerEncoder], sizes: dict[str, int], benchmark: Benchmark
) -> None:
    """Texts a second of CPU time, in turns, so that a busy machine is as unfair to both."""
    random = np.random.default_rng(1)
    queries = sampled(benchmark.queries, random)
    passages = sampled(benchmark.corpora, random)
    for one in encoders.values():
        one.encode_queries(queries[:32], "en")
    spent = {name: np.zeros(2) for name in encoders}
    for start in range(0, TIMED, 32):
        for name, one in encoders.items():
            before = time.process_time()
            for text in queries[start : start + 8]:
                one.encode_queries([text], "en")
            middle = time.process_time()
            one.encode_passages(passages[start : start + 32], "en")
            spent[name] += [middle - before, time.process_time() - middle]
    print("weights       MB   queries/s, one a call   sentences/s, 32 a call")
    for name, (alone, together) in spent.items():
        print(
            f"{name:10} {sizes[name] / 1e6:5.0f} {TIMED / 4 / alone:23.1f}"
            f" {TIMED / together:24.1f}",
            flush=True,
        )


def quality(encoders: dict[str, CachedEncoder], benchmark: Benchmark) -> None:
    """mAP and rank distance of each, whole and cut."""
    print("weights  numbers   mono  cross  multi  rank distance")
    for name, encoder in encoders.items():
        whole = encoder.encode_passages(["a"], "en").shape[1]
        for numbers in dict.fromkeys((whole, 256, 128, 64)):
            if numbers > whole:
                continue
            found = evaluate(benchmark, encoder_scores(First(encoder, numbers), benchmark)).macro
            mono, cross, multi = (found[x]["mAP"] for x in ("mono", "cross", "multi"))
            print(
                f"{name:8} {numbers:7} {mono:6.3f} {cross:6.3f} {multi:6.3f}"
                f" {found['rank_distance']:14.0f}",
                flush=True,
            )


def sampled(sides: dict[str, Texts], random: np.random.Generator) -> list[str]:
    """As many texts of each language."""
    each = TIMED // len(sides) + 1
    texts = [
        side.texts[i]
        for _, side in sorted(sides.items())
        for i in random.choice(len(side.texts), each, replace=len(side.texts) < each)
    ]
    return [texts[i] for i in random.permutation(len(texts))[:TIMED]]


def thinned(benchmark: Benchmark, every: int) -> Benchmark:
    """One paragraph in so many: its questions, and the sentences that answer them."""
    if every == 1:
        return benchmark
    groups = sorted({benchmark.group(one.query_id) for one in benchmark.gold})[::every]
    gold = tuple(one for one in benchmark.gold if benchmark.group(one.query_id) in groups)
    asked = {one.query_id for one in gold}
    wanted = {(one.language, one.passage_id) for one in gold}

    def kept(side: Texts, fits: Any) -> Texts:
        pairs = [(id, text) for id, text in zip(side.ids, side.texts, strict=True) if fits(id)]
        return Texts(tuple(id for id, _ in pairs), tuple(text for _, text in pairs))

    return replace(
        benchmark,
        queries={x: kept(side, asked.__contains__) for x, side in benchmark.queries.items()},
        corpora={
            x: kept(side, {id for code, id in wanted if code == x}.__contains__)
            for x, side in benchmark.corpora.items()
        },
        gold=gold,
    )


if __name__ == "__main__":
    sys.exit(main())
