"""What a study's report holds, as values: the same for Markdown, JSON, the page and the terminal.

Nothing here depends on when or how often the study was run, except the costs in seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from lingweave.significance import Interval
from lingweave.studies.judging.arm import Cell
from lingweave.studies.judging.verdicts import Verdict

Reproduced = Literal["reproduced", "not reproduced", "undecided", "not measured"]

SeenByStarts = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Benchmark -> start that arms go on from -> languages called unseen that it was trained in."""


@dataclass(frozen=True)
class Row:
    """An arm or a floor on one benchmark."""

    name: str
    """What tables call it."""
    seeds: tuple[int | None, ...]
    """Training seeds; None where there is no training."""
    choices: Mapping[str, str]
    """Axis -> choice; empty for a floor."""
    figures: Mapping[str, Cell]
    """By name: those of the study's tables, and those that the plots need."""
    groups: Mapping[str, Mapping[str, Mapping[str, Interval]]] = field(default_factory=dict)
    """Figure -> kind (family, script, resource, language) -> group -> interval."""
    judging: Mapping[str, Interval] = field(default_factory=dict)
    """By name, those that the paper gives: with the intervals that claims use, at 95%."""

    @property
    def trained(self) -> bool:
        """Whether this is an arm, not a floor."""
        return bool(self.choices)


@dataclass(frozen=True)
class Part:
    """What was measured on one benchmark."""

    name: str
    """What the study calls the benchmark."""
    described: str
    """Its data, and how its queries were altered."""
    ties: str
    """The tie rule of all ranks; empty where nothing is measured."""
    languages: tuple[str, ...]
    """Query languages."""
    unseen: tuple[str, ...]
    """Those that no arm was trained in."""
    seen: Mapping[str, tuple[str, ...]]
    """Start that arms go on from -> those of the unseen that it was trained in."""
    queries: int
    """Distinct questions."""
    clusters: int
    """What the bootstrap draws: paragraphs, or questions where each is its own."""
    rows: tuple[Row, ...]
    """Arms and floors in the study's order."""
    missing: tuple[str, ...]
    """Arms and floors that have not been measured, or not in all seeds."""
    groups: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    """Kind (family, script, resource) -> group -> its languages; empty with few languages."""

    def row(self, name: str) -> Row | None:
        """The arm or floor of that name, if it was measured."""
        return next((row for row in self.rows if row.name == name), None)


class PublishedRow(NamedTuple):
    """A figure of the paper beside ours."""

    arm: str
    benchmark: str
    figure: str
    paper: float
    ours: Interval | None
    """None where it was not measured."""
    status: Reproduced


class Cost(NamedTuple):
    """What one training run takes, apart from time."""

    arm: str
    """The arm, or the start, it belongs to."""
    seed: int | None
    steps: int
    pairs: int
    """Query-passage pairs seen in training."""
    tokens: int | None
    """Tokens, without padding: an estimate from some steps."""
    parameters: int | None
    seconds: float | None
    """Of training; in no file that must not change."""
    device: str | None
    memory: int | None = None
    """Bytes that training held at the worst moment, above the level before its first step."""
    gpu_memory: int | None = None
    """Bytes of all tensors on the GPU at the worst moment; None without one."""


MEASURED = ("seconds", "device", "memory", "gpu_memory")
"""Fields of a `Cost` that differ from computer to computer."""


class Fact(NamedTuple):
    """A line of what made the report."""

    name: str
    value: str


@dataclass(frozen=True)
class Contents:
    """A report before it is written."""

    name: str
    title: str
    question: str
    scale: str | None
    """The study's scale; None is its full one."""
    resamples: int
    seeds: tuple[int, ...]
    figures: tuple[str, ...]
    """What the tables show, in order."""
    claims: tuple[Verdict, ...]
    """What the resamples say of the claims, in the study's order."""
    comparisons: int
    """How many comparisons the claims come down to."""
    parts: tuple[Part, ...]
    axes: Mapping[str, tuple[str, ...]]
    """Axis -> choices in the study's order."""
    published: tuple[PublishedRow, ...]
    planned: tuple[Mapping[str, Any], ...]
    """Arms that are only planned: column -> value."""
    costs: tuple[Cost, ...]
    limits: tuple[str, ...]
    """Paragraphs."""
    made_of: tuple[Fact, ...]
    """Models, data, seeds, resamples, commit, command."""
