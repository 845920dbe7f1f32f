"""Decontamination: records whose texts, ids or articles stand in a benchmark.

The benchmark is small beside a table, so all its runs of letters are indexed and the table is
streamed past them: counts are exact where MinHash would estimate them, nothing is kept of the
table, and a text inside another is found by the same counts (MinHash estimates the overlap with
the union, in which a sentence inside a long passage does not show). Words, or letters, then decide.
"""

from lingweave.building.decontamination.evidence import Articles, titles_of
from lingweave.building.decontamination.options import METHODS, Options
from lingweave.building.decontamination.report import Report
from lingweave.building.decontamination.run import Decontaminated, decontaminated, with_evidence
from lingweave.building.decontamination.texts import InBenchmark

__all__ = [
    "METHODS",
    "Articles",
    "Decontaminated",
    "InBenchmark",
    "Options",
    "Report",
    "decontaminated",
    "titles_of",
    "with_evidence",
]
