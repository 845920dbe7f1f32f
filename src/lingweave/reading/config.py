"""Options of `lingweave read`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

from lingweave.errors import LingweaveError
from lingweave.reading.rules import RULES


@dataclass(frozen=True)
class ReadConfig:
    """What was ranked, who reads it, and under which rules."""

    POSITIONAL: ClassVar[str] = "evaluations"

    evaluations: list[str] = field(default_factory=list)
    """The folder of one evaluation, of a benchmark whose answers are known as texts."""
    data: Path | None = None
    """The benchmark's folder, where the evaluation was given one."""
    reader: str | None = None
    """An extractive question answering model: a folder, or a name on the hub; without one it is
    only told whether candidates contain the answer."""
    rules: Literal["squad", "mlqa", "mkqa", "tydi"] | None = None
    """The rule set; by default that of the benchmark, else squad."""
    depth: int = 10
    """Candidates of the pool that are looked at."""
    batch_size: int = 16
    """Windows of text that the reader reads together."""
    device: str | None = None
    """Where the reader runs, such as cpu or cuda; by default an accelerator if there is one."""
    resamples: int = 2000
    """Number of bootstrap resamples."""

    def __post_init__(self) -> None:
        if len(self.evaluations) != 1:
            raise LingweaveError("give the folder of one evaluation: lingweave read EVALUATION")
        if self.rules is not None and self.rules not in RULES:
            raise LingweaveError(f"--rules {self.rules}: choose from {', '.join(RULES)}")
        for name in ("depth", "batch_size", "resamples"):
            if getattr(self, name) < 1:
                raise LingweaveError(f"--{name} {getattr(self, name)}: must be 1 or more")
