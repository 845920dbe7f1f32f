"""Comparing evaluations: intervals, tables, plots and one self-contained HTML page."""

from lingweave.report.arms import OpenedArm, opened_arms
from lingweave.report.comparison import (
    ComparedArm,
    Comparison,
    compared,
    compared_arms,
    comparison_json,
    summary,
)

__all__ = [
    "ComparedArm",
    "Comparison",
    "OpenedArm",
    "compared",
    "compared_arms",
    "comparison_json",
    "opened_arms",
    "summary",
]
