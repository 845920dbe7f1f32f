"""Encoder + benchmark -> Evaluation: ranks, top lists, figures and provenance, on disk."""

from lingweave.evaluate.evaluation import Evaluation, evaluate
from lingweave.evaluate.run import EvaluateConfig, benchmark_of, run

__all__ = ["EvaluateConfig", "Evaluation", "benchmark_of", "evaluate", "run"]
