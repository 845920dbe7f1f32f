"""Options of `lingweave study run`, `plan`, `status`, `commands` and `report`."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from lingweave.errors import LingweaveError, refuse_unused

if TYPE_CHECKING:
    from lingweave.studies.definition.study import Study


FOR_RUN = ("workers", "only")
"""Options that say how runs are done."""


@dataclass(frozen=True)
class StudyConfig:
    """Which study, at which scale, and where its runs lie."""

    POSITIONAL: ClassVar[str] = "study"

    study: list[str] = field(default_factory=list)
    """A study file, or the name of one that `lingweave study list` shows."""
    scale: str | None = None
    """One of the file's `scales`, such as tiny; absent: the study as it stands."""
    out: str = "runs/studies"
    """Folder of models, evaluations and reports; studies that share it share equal runs."""
    workers: int | None = None
    """Processes that work side by side, one thread or one GPU each, for runs and for the report;
    absent: as many as there are GPUs where runs use them, else cores."""
    only: list[str] | None = None
    """Exactly these runs and measures, by the ids that `study commands` prints, in this process."""
    benchmarks: list[str] | None = None
    """Only these of the study's benchmarks."""
    device: str | None = None
    """Device that plans reckon with: a100-40gb, a100-80gb, h100-80gb, h200, l4, l40s, rtx-3090,
    rtx-4090 or cpu; absent: the one at hand, and in reports h100-80gb."""
    resamples: int | None = None
    """Number of bootstrap resamples; absent: the study's own."""

    def __post_init__(self) -> None:
        if len(self.study) != 1:
            raise LingweaveError("give one study: a name of `lingweave study list`, or a YAML file")
        for name in ("workers", "resamples"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise LingweaveError(f"--{name} {value}: must be 1 or more")

    @property
    def folder(self) -> Path:
        """The folder that study after study shares."""
        return Path(self.out)

    def opened(self) -> "Study":
        """The study as the options ask for it.

        Raises:
            LingweaveError: the file cannot be read, or asks for what is not possible.
        """
        from lingweave.studies.definition.given import opened
        from lingweave.studies.definition.restricted import with_benchmarks

        study = opened(self.study[0], self.scale)
        if self.benchmarks is not None:
            study = with_benchmarks(study, self.benchmarks)
        if self.device is not None:
            from lingweave.training.footprint.devices import device_of

            device_of(self.device)
        if self.resamples is not None:
            study = replace(study, resamples=self.resamples)
        return study

    def checked(self, here: bool = True) -> "Study":
        """The same without mistakes, as far as they show without reading data.

        Args:
            here: whether data, models and packages must be there.

        Raises:
            LingweaveError: the first mistake that is found.
        """
        from lingweave.studies.checking.check import check

        study = self.opened()
        check(study, here)
        return study

    def refuse_for(self, verb: str) -> None:
        """Refuses options that say how runs are done; a report has a use for workers.

        Raises:
            LingweaveError: names the first.
        """
        unused = [name for name in FOR_RUN if (verb, name) != ("report", "workers")]
        refuse_unused(
            self, unused, f"only goes with study run, not with study {verb}; leave it out"
        )


@dataclass(frozen=True)
class StudiesConfig:
    """Nothing is asked: all studies that lingweave brings are listed."""
