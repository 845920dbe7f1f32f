"""Encoder + benchmark -> Evaluation: ranks, top lists, figures and provenance, on disk."""

from lingweave.evaluate.evaluation import Evaluation, evaluate
from lingweave.evaluate.run import BENCHMARKS, EvaluateConfig, run

__all__ = ["BENCHMARKS", "EvaluateConfig", "Evaluation", "evaluate", "run"]
