"""Small evaluations made by the real writer, in languages of six scripts."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lingweave.benchmark import Benchmark, Gold, Texts
from lingweave.encoders.scores import dense_scores
from lingweave.evaluate import evaluate

QUESTIONS = {
    "ar": "ما هي عملة اليابان؟",
    "de": "Welche Währung hat Japan?",
    "en": "What is the currency of Japan?",
    "hi": "जापान की मुद्रा क्या है?",
    "th": "สกุลเงินของญี่ปุ่นคืออะไร",
    "zh": "日本的货币是什么？",
}
ANSWERS = {
    "ar": "عملة اليابان هي الين.",
    "de": "Japan zahlt mit dem Yen.",
    "en": "The yen is the currency of Japan. <b>&amp;</b>",
    "hi": "जापान की मुद्रा येन है।",
    "th": "ญี่ปุ่นใช้เงินเยน",
    "zh": "日本的货币是日元。",
}


def toy_benchmark(codes=tuple(QUESTIONS), queries=24, name="toy", groups=4):
    def texts(samples, kind):
        return {
            x: Texts(
                tuple(f"{kind}{i:03}" for i in range(queries)),
                tuple(f"{samples.get(x, x)} {i}" for i in range(queries)),
            )
            for x in codes
        }

    return Benchmark(
        name=name,
        queries=texts(QUESTIONS, "q"),
        corpora=texts(ANSWERS, "p"),
        gold=tuple(Gold(f"q{i:03}", y, f"p{i:03}") for i in range(queries) for y in codes),
        groups={f"q{i:03}": f"g{i // groups}" for i in range(queries)} if groups else {},
        source={"folder": "data/toy", "licence": "CC0"},
    )


def toy_evaluation(benchmark, noise, bias=0.5, seed=0, ties="pessimistic", training=None):
    """Vectors that share the fact, plus noise, plus a direction of each language."""
    draw = np.random.default_rng([7, seed])
    facts = np.random.default_rng(1).normal(size=(len(benchmark.gold), 24))
    ways = np.random.default_rng(2).normal(size=(len(benchmark.languages), 24))

    def vectors(sides):
        return {
            x: np.asarray(
                facts[: len(side.ids)]
                + bias * ways[benchmark.languages.index(x)]
                + noise * draw.normal(size=(len(side.ids), 24)),
                np.float32,
            )
            for x, side in sides.items()
        }

    provenance = {"encoder": "toy", "training": training}
    scores = dense_scores(
        vectors(benchmark.queries), vectors(benchmark.corpora), "cosine", provenance
    )
    return evaluate(benchmark, scores, ties)


@pytest.fixture(scope="session")
def benchmark() -> Benchmark:
    return toy_benchmark()


@pytest.fixture
def save(tmp_path: Path, benchmark: Benchmark) -> Callable[..., Path]:
    """Write a toy evaluation to a folder of that name."""

    def written(name: str, noise: float = 1.0, of: Benchmark | None = None, **settings) -> Path:
        folder = tmp_path / name
        toy_evaluation(of or benchmark, noise, **settings).save(folder)
        return folder

    return written


@pytest.fixture(scope="session")
def runs(tmp_path_factory, benchmark) -> list[str]:
    """Three seeds each of a baseline and a better arm, and a floor without training."""
    root = tmp_path_factory.mktemp("runs")
    folders = []
    for arm, noise, bias in (("x-x-mono", 1.1, 1.2), ("hybrid", 1.0, 0.2)):
        for seed in (1, 2, 3):
            training = {
                "arm": arm,
                "seed": seed,
                "recipe": {"mono": 1},
                "software": {"commit": "abc123"},
            }
            one = toy_evaluation(benchmark, noise, bias=bias, seed=seed, training=training)
            one.save(root / f"{arm}-{seed}")
            folders.append(str(root / f"{arm}-{seed}"))
    toy_evaluation(benchmark, 9.0).save(root / "random-vectors")
    return [*folders, f"floor={root / 'random-vectors'}"]


@pytest.fixture
def toy() -> Callable[..., Benchmark]:
    return toy_benchmark
