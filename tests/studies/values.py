"""Made-up evaluations whose figures are known, for claims and tables."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from lingweave.significance import Sample
from lingweave.studies.definition.study import BenchmarkSpec, Choice, ClaimSpec, Study
from lingweave.studies.judging.measurements import MeasuredArm, Measurements


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


def sample(
    level: float = 0.5,
    seed: int = 0,
    languages: Sequence[str] = ("de", "el", "en"),
    queries: int = 40,
    distance: float = 100.0,
    spread: float = 0.05,
    by_language: Sequence[float] | None = None,
    prefix: str = "q",
) -> Sample:
    """Values that scatter about a level; every figure of one query shares its noise."""
    draw = np.random.default_rng([seed, 7])
    count = len(languages)
    noise = draw.normal(0, spread, (queries, count))
    shift = np.zeros(count) if by_language is None else np.asarray(by_language)
    x, y, q = (a.ravel() for a in np.indices((count, count, queries)))
    values = level + shift[x] + noise[q, x]
    one = y == 0
    pool = values[one]
    return Sample(
        source=f"runs/{level}-{seed}",
        benchmark="made-up",
        ties="pessimistic",
        languages=tuple(languages),
        query_ids=tuple(f"{prefix}{i:04}" for i in range(queries)),
        groups=np.arange(queries) // 2,
        pairs=Pairs(x, y, q, np.repeat(values[:, None], 6, 1)),
        pools=Pools(
            x[one],
            q[one],
            np.repeat(pool[:, None], 6, 1),
            distance * (1 + noise[q[one], x[one]]),
            pool,
            pool,
        ),
    )


def study(claims: Sequence[ClaimSpec], axes: Mapping[str, Sequence[str]], **fields) -> Study:
    """A study of these claims over all combinations of choices."""
    given = {
        "name": "made-up",
        "title": "Made up",
        "question": "Which?",
        "seeds": [1, 2, 3],
        "train": {},
        "tables": {},
        "axes": {axis: {one: Choice() for one in choices} for axis, choices in axes.items()},
        "benchmarks": {"b": BenchmarkSpec()},
        "claims": list(claims),
        "resamples": 200,
    }
    return Study(**given | fields)


def measured(
    choices: Mapping[str, Mapping[str, str]], samples: Mapping[str, Sequence[Sample]], **other
) -> Measurements:
    """Arms of one benchmark, `b`, with seeds 1, 2, ...; of a floor one evaluation."""

    def arms(of):
        return {
            name: MeasuredArm(
                name,
                tuple(range(1, len(one) + 1)) if name in choices else (None,),
                tuple(one),
            )
            for name, one in of.items()
        }

    benchmarks = {"b": arms(samples)} | {name: arms(of) for name, of in other.items()}
    return Measurements(choices, benchmarks)
