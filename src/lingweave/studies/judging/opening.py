"""Evaluations of a study as samples, whose values are read language by language."""

from collections.abc import Sequence
from pathlib import Path

from lingweave.evaluate import Evaluation
from lingweave.per_query import per_query
from lingweave.ranks import TIE_RULES
from lingweave.reading.values import answer_sample
from lingweave.significance import Head, Sample, StreamedSample
from lingweave.studies.judging.measurements import MeasuredArm


def opened(evaluation: Path | Sample) -> Head:
    """The values of an evaluation, to be read language by language.

    Raises:
        LingweaveError: it is no evaluation's folder, or its files cannot be read.
    """
    if isinstance(evaluation, Sample):
        return evaluation
    one = Evaluation.open(evaluation)
    rule = TIE_RULES[one.ties]
    return StreamedSample(
        source=str(evaluation),
        benchmark=one.benchmark,
        ties=one.ties,
        languages=one.languages,
        query_ids=one.query_ids,
        groups=one.groups,
        parts=lambda: (per_query(part, rule) for part in one.parts()),
    )


def answers(arm: MeasuredArm, samples: Sequence[Head]) -> tuple[Head, ...]:
    """What was read of each evaluation of an arm.

    Args:
        arm: Where its evaluations are.
        samples: The evaluations, opened.

    Raises:
        LingweaveError: one of them was not read.
    """
    return tuple(
        answer_sample(place, sample)
        for place, sample in zip(arm.evaluations, samples, strict=True)
        if isinstance(place, Path)
    )
