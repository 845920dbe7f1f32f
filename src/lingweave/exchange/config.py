"""The options of `lingweave export`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

from lingweave.encoders.options import CHOICES, EncoderOptions
from lingweave.errors import LingweaveError, refuse_unused

SETTINGS = ("mono", "cross", "multi")
FOR_LISTS = ("settings", "depth", "sample", "sample_seed", "scores")
"""Options of what is ranked again."""


@dataclass(frozen=True)
class ExportConfig(EncoderOptions):
    """What to write, in which format, and where."""

    POSITIONAL: ClassVar[str] = "evaluations"

    evaluations: list[str] = field(default_factory=list)
    """The folder of one evaluation."""
    to: Path = Path("export")
    """The folder to write; it must not hold anything else."""
    format: Literal["trec", "beir", "mteb"] = "trec"
    """trec: qrels and runs; beir: the benchmark's texts and judgements with a column of languages;
    mteb: a results file."""
    data: Path | None = None
    """The benchmark's folder, where the evaluation was given one; for trec and beir."""
    settings: list[str] = field(default_factory=lambda: ["mono", "multi"])
    """Of which lists runs are written: mono, cross, multi; cross has a list for each pair of
    languages and becomes large."""
    depth: int = 1000
    """Candidates of each list in the runs of all queries."""
    sample: int = 50
    """Queries of each language, or pair of languages, whose lists are written at full depth; all
    where there are fewer."""
    sample_seed: int = 0
    """Seed of that sample."""
    scores: Literal["order", "real"] = "order"
    """order: a run's scores count down from the first place, so that every tool keeps our order and
    tie rule; real: the encoder's own, equals being left to the tool."""

    def __post_init__(self) -> None:
        if len(self.evaluations) != 1:
            raise LingweaveError("give the folder of one evaluation: lingweave export EVALUATION")
        if self.format not in ("trec", "beir", "mteb"):
            raise LingweaveError(f"--format {self.format}: choose from trec, beir, mteb")
        if self.scores not in ("order", "real"):
            raise LingweaveError(f"--scores {self.scores}: choose from order, real")
        for setting in self.settings:
            if setting not in SETTINGS:
                raise LingweaveError(f"--settings {setting}: choose from {', '.join(SETTINGS)}")
        for name in ("depth", "sample"):
            if getattr(self, name) < 1:
                raise LingweaveError(f"--{name} {getattr(self, name)}: must be 1 or more")
        for name in ("seed", "sample_seed"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise LingweaveError(f"--{name} {value}: must be 0 or more")
        if not self.scored:
            refuse_unused(
                self,
                FOR_LISTS,
                "goes with --format trec and the options of the encoder that the evaluation was"
                " made with; without them lists are written as they were kept",
            )
            return
        super().__post_init__()
        if self.format != "trec":
            raise LingweaveError(f"--format {self.format}: needs no encoder; leave it out")

    @property
    def scored(self) -> bool:
        """Whether an encoder is named that ranks again, deeper than the evaluation keeps."""
        return any(getattr(self, name) for name in CHOICES)
