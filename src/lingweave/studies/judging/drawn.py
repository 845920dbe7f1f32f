"""All figures of a study from one pass over its evaluations, arm by arm.

In the memory of a process that draws are the values of one query language and the resamples of one
arm. Of all arms only the resamples of figures that claims name are kept, and intervals of others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from lingweave.significance import Design, Resampling
from lingweave.studies.definition.study import Study
from lingweave.studies.judging.arm import ArmFigures, Wanted, groups_of, of_arm
from lingweave.studies.judging.comparisons import Choices, comparisons
from lingweave.studies.judging.figures import Figure, figure
from lingweave.studies.judging.measurements import MeasuredArm, Measurements
from lingweave.workers import mapped

PRELOADED = ("lingweave.studies.judging.arm",)
PLAIN = ("mono.mAP", "cross.mAP", "multi.mAP", "rank_distance")
"""Given of every study."""
MUCH = 400
"""Evaluations times languages from which workers are started: some ten seconds of drawing."""


@dataclass(frozen=True)
class BenchmarkFigures:
    """What was measured on one benchmark of the study."""

    name: str
    """What the study calls it."""
    benchmark: str
    """Its own name."""
    ties: str
    """The tie rule of all ranks."""
    languages: tuple[str, ...]
    """Query languages."""
    queries: int
    """Distinct questions."""
    clusters: int
    """What the bootstrap draws: paragraphs, or questions where each is its own."""
    design: bytes
    """Equal where the same questions in the same clusters were asked: such benchmarks are drawn
    alike, and their figures can be compared in pairs."""
    groups: Mapping[str, Mapping[str, tuple[str, ...]]]
    """Kind (family, script, resource) -> group -> its languages; empty with few languages."""
    arms: Mapping[str, ArmFigures]
    """In the order of the measurements."""


def drawn_figures(
    study: Study,
    measurements: Measurements,
    resampling: Resampling | None = None,
    workers: int = 1,
) -> dict[str, BenchmarkFigures]:
    """Benchmark -> figures; a benchmark on which nothing was measured is left out.

    Args:
        study: what is asked.
        measurements: of its arms.
        resampling: how the bootstrap draws; None: as often as the study says.
        workers: processes that draw arms side by side, where there is much to draw.

    Raises:
        LingweaveError: a figure's name is wrong, an evaluation cannot be read, the arms of a
            benchmark were not measured alike, or a worker was killed.
    """
    how = resampling or Resampling(study.resamples)
    found = {}
    for name in study.benchmarks:
        arms = measurements.benchmarks.get(name)
        if arms:
            wanted = _wanted(study, measurements.choices, name)
            found[name] = _of_benchmark(name, tuple(arms.values()), wanted, how, workers)
    return found


def claimed(study: Study, choices: Choices, benchmark: str) -> tuple[Figure, ...]:
    """The figures that claims need of a benchmark.

    Raises:
        LingweaveError: a claim compares nothing.
    """
    return tuple(
        dict.fromkeys(
            one.figure
            for claim in study.claims
            for one in comparisons(study, claim, choices)
            if benchmark in [place.benchmark for place in one.places]
        )
    )


def _wanted(study: Study, choices: Choices, name: str) -> Wanted:
    published = dict.fromkeys(
        figure for one in study.published if one.benchmark == name for figure in one.figures
    )
    tables = tuple(map(figure, dict.fromkeys((*study.figures, *published, *PLAIN))))
    claims = claimed(study, choices, name)
    spec = study.benchmarks[name]
    read = spec.read is not None and any(one.of_answers for one in (*claims, *tables))
    return Wanted(tables, claims, tuple(map(figure, published)), tuple(spec.unseen), read)


def _of_benchmark(
    name: str, arms: Sequence[MeasuredArm], wanted: Wanted, how: Resampling, workers: int
) -> BenchmarkFigures:
    draw = partial(of_arm, first=arms[0].evaluations[0], wanted=wanted, how=how)
    one = draw(arms[0])
    much = len(one.languages) * sum(len(arm.evaluations) for arm in arms) >= MUCH
    drawn = [one, *mapped(draw, arms[1:], workers if much else 1, PRELOADED)]
    designs: dict[tuple[str, ...], Design] = {}
    for other in drawn:
        for figures, design in other.designs.items():
            designs.setdefault(figures, design).check(design, one.head.languages)
    return BenchmarkFigures(
        name=name,
        benchmark=one.head.benchmark,
        ties=one.head.ties,
        languages=one.languages,
        queries=one.head.queries,
        clusters=one.clusters,
        design=one.head.design,
        groups=groups_of(one.languages),
        arms={other.figures.name: other.figures for other in drawn},
    )
