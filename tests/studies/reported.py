"""A study with generated measurements in memory, for tests of its report."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from lingweave.significance import Interval, Sample
from lingweave.studies.definition.arms import arms_of
from lingweave.studies.definition.study import (
    BenchmarkSpec,
    Choice,
    ClaimSpec,
    Published,
    Side,
    Study,
    TableSpec,
)
from lingweave.studies.judging.measurements import MeasuredArm, Measurements
from lingweave.studies.judging.verdicts import Compared, Verdict
from lingweave.studies.reporting.contents import Cost
from lingweave.studies.reporting.report import contents_of

FEW = ("ar", "de", "en", "sw", "th", "zh")
QUALITY = {"x-x-mono": (0.78, 0.55, 400), "x-y": (0.75, 0.7, 60), "hybrid": (0.79, 0.69, 70)}
"""mono mAP, multi mAP and rank distance of each recipe."""


class Pairs(NamedTuple):
    query_language: np.ndarray
    passage_language: np.ndarray
    query: np.ndarray
    values: np.ndarray


class Pools(NamedTuple):
    query_language: np.ndarray
    query: np.ndarray
    values: np.ndarray
    rank_distance: np.ndarray
    rank_distance_ratio: np.ndarray
    same_language_first: np.ndarray


def sample(mono, multi, distance, seed=0, codes=FEW, queries=24, name="made") -> Sample:
    """An evaluation in memory whose figures scatter around those given."""
    draw = np.random.default_rng([seed, int(1000 * mono), int(distance)])
    hard = np.random.default_rng(5).normal(0, 0.12, queries)
    x, y, q = (a.ravel() for a in np.indices((len(codes), len(codes), queries)))
    level = np.where(x == y, mono, (mono + multi) / 2) + hard[q]
    values = np.clip(level[:, None] + draw.normal(0, 0.05, (len(x), 6)), 0, 1)
    px, pq = (a.ravel() for a in np.indices((len(codes), queries)))
    pool = np.clip(
        multi + hard[pq][:, None] - 0.004 * px[:, None] + draw.normal(0, 0.05, (len(px), 6)), 0, 1
    )
    ranks = distance * draw.uniform(0.5, 1.5, len(px))
    return Sample(
        source=f"made {seed}",
        benchmark=name,
        ties="pessimistic",
        languages=tuple(codes),
        query_ids=tuple(f"q{n:03}" for n in range(queries)),
        groups=np.arange(queries) // 2,
        pairs=Pairs(x, y, q, values),
        pools=Pools(px, pq, pool, ranks, ranks / 1000, draw.uniform(0, 1, len(px))),
    )


def a_study(**changes) -> Study:
    """Three recipes from two encoders on two benchmarks, one of them not measured."""
    fields = {
        "name": "toy",
        "title": "Does mixing help?",
        "question": "Is hybrid at least as good as either of its parts?",
        "seeds": [1, 2, 3],
        "train": {"table": ["facts"], "steps": 100, "batch_size": 32},
        "tables": {"facts": TableSpec(files=["data:train/facts.parquet"])},
        "axes": {
            "recipe": {name: Choice({"recipe": name}) for name in QUALITY},
            "encoder": {
                "xlm-r": Choice({"encoder": "FacebookAI/xlm-roberta-base"}),
                "labse": Choice({"encoder": "sentence-transformers/LaBSE"}),
            },
        },
        "benchmarks": {
            "facts": BenchmarkSpec({"benchmark": "atlas", "seed": 41}, unseen=["sw"]),
            "elsewhere": BenchmarkSpec({"benchmark": "xquad-r", "data": "data:eval/xquad_r"}),
        },
        "floors": {"tf-idf": {"encoder": "tfidf"}},
        "published": [
            Published({"recipe": "hybrid", "encoder": "xlm-r"}, "facts",
                      {"mono.mAP": 0.79, "multi.mAP": 0.3}),
            Published({"recipe": "hybrid", "encoder": "labse"}, "elsewhere", {"mono.mAP": 0.8}),
        ],
        "claims": [
            ClaimSpec("Hybrid beats x-y on mono.", Side({"recipe": "hybrid"}),
                      Side({"recipe": "x-y"}), "above", ["mono.mAP"], ["facts"], published=True),
            ClaimSpec("Hybrid is as good as x-y in the pool.", Side({"recipe": "hybrid"}),
                      Side({"recipe": "x-y"}), "as_good", ["multi.mAP", "rank_distance"],
                      ["facts"]),
            ClaimSpec("X-X is best.", Side({"recipe": "x-x-mono"}), "best", "above",
                      ["multi.mAP"], ["facts"]),
            ClaimSpec("Hybrid is best elsewhere.", Side({"recipe": "hybrid"}), "best", "above",
                      ["multi.mAP"], ["elsewhere"]),
        ],
        "figures": ["mono.mAP", "multi.mAP", "multi.mAP|unseen", "rank_distance"],
        "resamples": 60,
        "limits": "A toy: it shows that the path works,\nand nothing else.",
    } | changes  # fmt: skip
    return Study(**fields)


def measured(study: Study, codes=FEW, queries=24) -> Measurements:
    """All arms and floors on the study's first benchmark."""
    found = {}
    for arm in arms_of(study):
        mono, multi, distance = QUALITY[arm.choices["recipe"]]
        better = 0.03 * ("labse" in arm.name)
        found[arm.name] = MeasuredArm(
            arm.name,
            tuple(study.seeds),
            tuple(sample(mono + better, multi + better, distance, seed, codes, queries)
                  for seed in study.seeds),
        )  # fmt: skip
    for floor in study.floors:
        found[floor] = MeasuredArm(floor, (None,), (sample(0.3, 0.1, 2000, 9, codes, queries),))
    first, *others = study.benchmarks
    choices = {arm.name: arm.choices for arm in arms_of(study)}
    return Measurements(choices, {first: found}, {one: tuple(choices) for one in others})


def compared(status="supported", figure="mono.mAP", relation="above", share=None, **changes):
    """A comparison of hybrid with x-y."""
    fields = {
        "left": "hybrid/xlm-r",
        "right": "x-y/xlm-r",
        "benchmark": "facts",
        "right_benchmark": "facts",
        "figure": figure,
        "relation": relation,
        "side": "above",
        "factor": 1.0,
        "margin": 0.0,
        "threshold": 0.0,
        "status": status,
        "difference": Interval(0.04, 0.021, 0.06),
        "plain": Interval(0.04, 0.03, 0.052),
        "share": share,
        "confidence": 0.9917,
        "p": 0.001,
    } | changes
    return Compared(**fields)


def verdicts(study: Study) -> tuple[Verdict, ...]:
    """One of each status."""
    first, second, third, fourth = study.claims
    distance = compared("undecided", "rank_distance", "as_good", Interval(0.16, -0.02, 0.33),
                        side="below", margin=0.05, threshold=0.05,
                        difference=Interval(10, -1, 21), plain=Interval(10, 2, 18))  # fmt: skip
    good = compared("supported", "multi.mAP", "as_good", margin=0.01, threshold=-0.01,
                    difference=Interval(-0.002, -0.008, 0.003))  # fmt: skip
    worse = Interval(-0.15, -0.17, -0.12)
    return (
        Verdict(first, "supported", (compared(), compared(left="hybrid/labse", right="x-y/labse"))),
        Verdict(second, "undecided", (good, distance)),
        Verdict(third, "refuted", (compared("refuted", "multi.mAP", left="x-x-mono/xlm-r",
                                            difference=worse, plain=worse),)),
        Verdict(fourth, "not measured", (), ("hybrid/xlm-r on elsewhere",)),
    )  # fmt: skip


def costs(study: Study) -> tuple[Cost, ...]:
    """One a run: the two encoders differ in size."""
    return tuple(
        Cost(arm.name, seed, 100, 3200, 80_000, 10**6 * (2 if "labse" in arm.name else 1),
             12.5 + seed, "cpu")
        for arm in arms_of(study)
        for seed in study.seeds
    )  # fmt: skip


@lru_cache(maxsize=1)
def contents():
    """The whole report of the toy study."""
    study = a_study()
    planned = [{"arm": "hybrid/large", "parameters": 8 * 10**9, "hours": 14.25, "fits": True}]
    return contents_of(
        study, measured(study), verdicts(study), costs(study), scale="tiny", planned=planned
    )
