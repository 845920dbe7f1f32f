"""What a study is: arms, seeds, benchmarks, and the claims that its runs are to decide.

The YAML file of a study holds these fields by these names; nothing heavy is imported here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lingweave.altering import Altered
from lingweave.errors import LingweaveError

Fields = dict[str, Any]
"""Some fields of a `TrainConfig` or an `EvaluateConfig`, by name."""

Relation = Literal["above", "below", "as_good", "equal"]
"""above and below: left - factor × right lies above or below the margin. as_good: left is at most
the margin worse, whichever way the figure runs. equal: no further apart than the margin."""

BEST = "best"
"""In place of the right side of a claim: each other choice of the axes that the left side names."""


@dataclass(frozen=True)
class AtlasTable:
    """A part of the built-in atlas as training data."""

    part: Literal["train", "validation", "names"] = "train"
    """Which part; `names` are parallel names, for a warm start."""
    languages: int | list[str] | None = None
    """Codes, or how many of the atlas's languages; absent: its default twelve."""
    seed: int | None = None
    """Seed of the atlas; absent: the demo's."""


@dataclass(frozen=True)
class ThinTable:
    """Another table of which some languages keep a share of their records."""

    of: str = ""
    """Name of that table."""
    languages: list[str] = field(default_factory=list)
    """The languages that are made rare."""
    share: float = 0.1
    """The share of their records that keep a text in them: 0, .01, .1, ..."""
    seed: int = 0
    """Seed of the draw; a smaller share is a subset of a larger one."""


@dataclass(frozen=True)
class TableSpec:
    """Training data: exactly one of these."""

    files: list[str] | None = None
    """Files or folders of records; `data:PATH` lies below $LINGWEAVE_DATA."""
    atlas: AtlasTable | None = None
    """A part of the atlas."""
    thin: ThinTable | None = None
    """A table with rare languages."""

    def __post_init__(self) -> None:
        if sum(one is not None for one in (self.files, self.atlas, self.thin)) != 1:
            raise LingweaveError("a table is one of files, atlas or thin: give exactly one")


@dataclass(frozen=True)
class Extension:
    """A pretrained encoder whose vocabulary gets word pieces for scripts that it lacks."""

    model: str = ""
    """The encoder: folder, `data:PATH`, `package:NAME/PATH` of an installed package, hub name."""
    table: str = ""
    """Name of the table whose texts the new pieces are learned from."""
    tokens: int = 8000
    """How many pieces are added at most."""


@dataclass(frozen=True)
class Start:
    """What arms go on from: trained once, or an extended encoder; named as `start:NAME`."""

    train: Fields | None = None
    """Fields of its `TrainConfig` beside the study's own; `recipe`, `seed` and `steps` included."""
    extend: Extension | None = None
    """An encoder with a larger vocabulary, which needs no training."""

    def __post_init__(self) -> None:
        if (self.train is None) == (self.extend is None):
            raise LingweaveError("a start is one of train or extend: give exactly one")


@dataclass(frozen=True)
class Choice:
    """One choice of an axis: what it changes in the runs that make it."""

    train: Fields = field(default_factory=dict)
    """Fields of `TrainConfig`; `table` takes names of the study's tables."""
    evaluate: Fields = field(default_factory=dict)
    """Fields of `EvaluateConfig`, such as a prompt."""


@dataclass(frozen=True)
class BenchmarkSpec:
    """A benchmark on which arms and floors are measured."""

    evaluate: Fields = field(default_factory=dict)
    """Fields of `EvaluateConfig`: benchmark, data (`data:PATH` is below $LINGWEAVE_DATA), split,
    languages (`atlas:N` for N of the atlas's), seed."""
    alter: Altered | None = None
    """How its queries are changed; absent: not at all."""
    read: Fields | None = None
    """Fields of `ReadConfig`, where exact match of answers is measured too: {} for sentences."""
    unseen: list[str] = field(default_factory=list)
    """Languages that no arm was trained in."""
    arms: list[dict[str, str | list[str]]] | None = None
    """The arms that are measured on it, written as in the study's `arms`; absent: all."""


@dataclass(frozen=True)
class Side:
    """Which arms stand on one side of a claim, and on which benchmark if not the claim's."""

    arm: dict[str, str] = field(default_factory=dict)
    """Axis -> choice; axes that are left out are those of the other side, each in turn."""
    floor: str | None = None
    """A floor in place of arms."""
    benchmark: str | None = None
    """Where this side is measured, such as with altered queries; absent: where the claim is."""


@dataclass(frozen=True)
class Minus:
    """A difference that is taken from a claim's own, so that it is about an interaction."""

    left: Side
    """As the claim's; axes that no side names are those of the claim's arms, each in turn."""
    right: Side
    """The same."""


@dataclass(frozen=True)
class ClaimSpec:
    """A comparison: left - factor × right, held against a margin."""

    text: str = ""
    """What is claimed, in a sentence."""
    left: Side = field(default_factory=Side)
    """The arms it is claimed of."""
    right: Side | Literal["best"] = "best"
    """What they are compared with; best: each other choice of the axes that left names, and every
    one of these comparisons must hold."""
    relation: Relation = "above"
    """How left stands to right."""
    figures: list[str] = field(default_factory=list)
    """Names of figures (`lingweave.studies.judging.figures`), each a comparison of its own: all
    must hold."""
    benchmarks: list[str] | None = None
    """On which benchmarks, each a comparison of its own; absent: on all."""
    factor: float = 1.0
    """What right is multiplied by."""
    margin: float | None = None
    """What the difference is held against; of `as_good` and `equal` it is absolute but for rank
    distances, where it is a share of right's. Absent: 0 of above and below; .01, or .05 of right's
    rank distance, of as_good and equal."""
    published: bool = False
    """Whether the paper claims it."""
    minus: Minus | None = None
    """What is taken from the difference: (left - factor × right) - (minus.left - factor ×
    minus.right), such as what an objective does with another alpha."""

    def __post_init__(self) -> None:
        if self.minus is not None and (self.right == BEST or self.relation == "as_good"):
            raise LingweaveError(
                "minus needs a right side that is named, and above, below or equal: a difference of"
                " differences is not as good as another"
            )
        if self.benchmarks is not None and not self.benchmarks:
            raise LingweaveError("benchmarks is empty: name one or more, or leave it out for all")
        near = self.relation in ("as_good", "equal")
        for name in self.figures:
            measure, _, selector = name.partition("|")
            # Held against a difference of ranks, which may be any.
            ranks = measure == "rank_distance" and (
                not near or selector.startswith("gap_to") or self.minus is not None
            )
            if self.margin is not None and abs(self.margin) >= 1 and not ranks:
                raise LingweaveError(
                    f"margin {self.margin:g} of {name} is not possible: give less than 1,"
                    " such as .01"
                )


@dataclass(frozen=True)
class Published:
    """A figure of the paper, to be shown beside ours."""

    arm: dict[str, str]
    """Axis -> choice."""
    benchmark: str
    """Name of the study's benchmark."""
    figures: dict[str, float]
    """Name of a figure -> the paper's value."""


@dataclass(frozen=True)
class Study:
    """A question with the runs that answer it."""

    name: str
    """What it is called on the command line."""
    title: str
    """The head of its report."""
    question: str
    """What it is to answer."""
    seeds: list[int]
    """Training seeds of every arm."""
    train: Fields
    """Fields of `TrainConfig` that all runs share; `table` takes names of `tables`."""
    tables: dict[str, TableSpec]
    """Training data by name."""
    axes: dict[str, dict[str, Choice]]
    """Axis -> choice -> what it changes."""
    benchmarks: dict[str, BenchmarkSpec]
    """Benchmarks by name."""
    starts: dict[str, Start] = field(default_factory=dict)
    """What arms go on from, by name; as an encoder it is written `start:NAME`."""
    arms: list[dict[str, str | list[str]]] | None = None
    """The arms as axis -> choice or choices (`"*"`: all); absent: all combinations."""
    floors: dict[str, Fields] = field(default_factory=dict)
    """Rows without training: fields of `EvaluateConfig` by name, such as {encoder: bm25}."""
    planned: list[dict[str, str | list[str]]] = field(default_factory=list)
    """Arms, written as in `arms`, that are only planned, never run."""
    claims: list[ClaimSpec] = field(default_factory=list)
    """What the runs are to decide."""
    figures: list[str] = field(
        default_factory=lambda: ["mono.mAP", "cross.mAP", "multi.mAP", "rank_distance"]
    )
    """Figures that the tables show."""
    published: list[Published] = field(default_factory=list)
    """The paper's figures."""
    resamples: int = 2000
    """Bootstrap resamples."""
    limits: str = ""
    """A paragraph: what this scale of the study does and does not show."""


def named(what: str, name: str, among: Mapping[str, Any]) -> Any:
    """The value of that name.

    Raises:
        LingweaveError: there is none.
    """
    if name not in among:
        raise LingweaveError(f"{what} {name!r} is not in the study: choose from {', '.join(among)}")
    return among[name]
