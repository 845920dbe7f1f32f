"""Options of ``lingweave compare`` and ``lingweave report``."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar


@dataclass(frozen=True)
class CompareConfig:
    """What to compare with what."""

    POSITIONAL: ClassVar[str] = "evaluations"

    evaluations: list[str]
    """Evaluation folders, each FOLDER or NAME=FOLDER; several of one name are seeds of one arm."""
    baseline: str | None = None
    """The arm that differences are to; the first one if not given."""
    out: Path | None = None
    """Folder for comparison.json; nothing is written if not given."""
    resamples: int = 2000
    """Number of bootstrap resamples."""
    seed: int = 0
    """Seed of the resamples."""


@dataclass(frozen=True)
class ReportConfig:
    """What to put on the page."""

    POSITIONAL: ClassVar[str] = "evaluations"

    evaluations: list[str]
    """Evaluation folders, each FOLDER or NAME=FOLDER; several of one name are seeds of one arm."""
    out: Path = Path("report.html")
    """The page to write."""
    baseline: str | None = None
    """The arm that differences are to; the first one if not given."""
    data: Path | None = None
    """The benchmark's folder, to show example queries with their texts; none are shown without."""
    resamples: int = 2000
    """Number of bootstrap resamples."""
    seed: int = 0
    """Seed of the resamples."""
