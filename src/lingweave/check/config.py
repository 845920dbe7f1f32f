"""Options of ``lingweave data check``."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from lingweave.errors import LingweaveError


@dataclass(frozen=True)
class CheckConfig:
    """Which table to look at, and what to set its cost against."""

    POSITIONAL: ClassVar[str] = "paths"

    paths: list[str]
    """A packed table, or Parquet or JSON lines files, or folders of them."""
    out: Path = Path("check.html")
    """The page to write."""
    reference: str | None = None
    """The language that the others are set against; absent: en, or the one with most records."""
    removed: Path | None = None
    """What was removed and why; absent: table.removed.parquet beside table.arrow, if any."""
    model: str | None = None
    """A model by folder or hub name: its tokenizer counts, and the cost is that of training it;
    absent: the shape of XLM-R base, with texts of full length."""
    batch_size: int = 100
    """Records of a batch, for the cost."""
    device: str = "a100-80gb"
    """Device of the cost: a100-40gb, a100-80gb, h100-80gb, h200, l4, l40s, rtx-3090, rtx-4090 or
    cpu."""
    samples: int = 8
    """Records that are shown side by side."""
    seed: int = 0
    """Seed of the samples."""

    def __post_init__(self) -> None:
        if self.samples < 0:
            raise LingweaveError(f"--samples {self.samples}: must be 0 or more")
        if self.batch_size < 2:
            raise LingweaveError(f"--batch_size {self.batch_size}: must be 2 or more")
        if self.seed < 0:
            raise LingweaveError(f"--seed {self.seed}: must be 0 or more")
        if self.out.suffix not in (".html", ".htm"):
            raise LingweaveError(f"--out {self.out}: the page is an .html file")
