"""What has been measured of a study: evaluations by benchmark and arm, opened when needed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lingweave.errors import LingweaveError
from lingweave.significance import Sample


@dataclass(frozen=True)
class MeasuredArm:
    """One arm or floor on one benchmark."""

    name: str
    """As in the study's tables, such as `hybrid/xlm-r`; a floor's name."""
    seeds: tuple[int | None, ...]
    """The training seeds that are measured; (None,) of a floor."""
    evaluations: tuple[Path | Sample, ...]
    """The folder of each seed's evaluation; a `Sample` where the values are in memory. A folder's
    `reading.parquet` is used where a figure of answers is asked for."""

    def __post_init__(self) -> None:
        if len(self.seeds) != len(self.evaluations):
            raise LingweaveError(
                f"{self.name}: {len(self.evaluations)} evaluations but {len(self.seeds)} seeds"
            )


@dataclass(frozen=True)
class Measurements:
    """Everything that a study's claims and tables are made of."""

    choices: Mapping[str, Mapping[str, str]]
    """Name of an arm -> axis -> choice, for all arms of the study, measured or not, and with all
    axes; in the order of the tables. Floors are not in it."""
    benchmarks: Mapping[str, Mapping[str, MeasuredArm]]
    """Benchmark of the study -> name of an arm or floor -> what is measured of it. An arm of which
    nothing is measured is left out; one with some of its seeds is there with those."""
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Benchmark -> what is not measured, in words ("hybrid/xlm-r, seeds 2 and 3")."""
