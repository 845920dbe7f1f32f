"""One evaluation of an audit, with its comparison to what would change it, and its bias figures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lingweave.benchmark import Benchmark
from lingweave.encoders.scores import Scores
from lingweave.evaluate import Evaluation, evaluate
from lingweave.evaluate.bias import BiasResult, bias_of
from lingweave.evaluate.run import complete
from lingweave.evaluate.storage import SUMMARY
from lingweave.report.comparison import Comparison, compared
from lingweave.significance import Resampling

AS_IS = "as is"
"""The arm of the encoder itself."""


@dataclass(frozen=True)
class Measured:
    """What is known where there are relevant passages."""

    benchmark: Benchmark
    """Queries, corpora and gold."""
    evaluation: Evaluation
    """Of the encoder as it is."""
    comparison: Comparison
    """The same with intervals, and beside it whatever else was measured on the benchmark."""
    bias: tuple[BiasResult, ...]
    """Bias figures of the encoder as it is."""


def evaluated(
    benchmark: Benchmark,
    scores: Callable[[], Scores],
    ties: str,
    configuration: Mapping[str, Any],
    folder: Path,
) -> Evaluation:
    """Evaluates into a folder, or opens what the same configuration wrote there before.

    Raises:
        LingweaveError: the folder holds another evaluation, or cannot be written.
    """
    if (folder / SUMMARY).exists():
        return complete(folder, dict(configuration))
    return evaluate(benchmark, scores(), ties, dict(configuration), folder)


def measured(
    benchmark: Benchmark,
    evaluation: Evaluation,
    folders: Mapping[str, Path],
    resampling: Resampling,
    pivot: str,
) -> Measured:
    """The bias figures of an evaluation, and its comparison with others of the same benchmark.

    Args:
        benchmark: what was evaluated on.
        evaluation: of the encoder as it is.
        folders: evaluations by what they are called; the encoder as it is comes first.
        resampling: how intervals are drawn.
        pivot: the language that the others are set against.
    """
    arms: Sequence[str] = [f"{name}={folder}" for name, folder in folders.items()]
    comparison = compared(arms, None, resampling)
    return Measured(benchmark, evaluation, comparison, bias_of(evaluation, None, resampling, pivot))
