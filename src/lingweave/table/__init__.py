"""ParallelTable: records × languages on memory-mapped Arrow."""

from lingweave.table.layout import FORMAT_VERSION, SIDES, Answer, Origin, Side
from lingweave.table.table import ParallelTable

__all__ = ["FORMAT_VERSION", "SIDES", "Answer", "Origin", "ParallelTable", "Side"]
