"""Recipes: mixtures of batch kinds, whose weights may change over a run, written as one line."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lingweave.errors import LingweaveError
from lingweave.plan.kinds import Cross, Kind, Mono, Pivot, Same

RECIPES = {
    "x-x-mono": "mono=1",
    "x-y": "cross=1",
    "hybrid": "mono=0.5,cross=0.5",
    "x-x": "same=1",
    "en-en": "pivot(en,en)=1",
}
"""The named recipes: the paper's three and LAReQA's two (arXiv 2408.10536, 2004.05484)."""

_PART = re.compile(
    r"(?P<kind>[a-z]+)(?:\((?P<languages>[^()]*)\))?=(?P<start>[^:=]+)(?::(?P<end>.+))?"
)


class Weight(NamedTuple):
    """How much of the mixture a kind has: from ``start`` to ``end``, linear over the run."""

    start: float
    end: float

    def at(self, progress: float) -> float:
        """The weight at a point of the run, from 0 (first step) to 1 (last step)."""
        return self.start + (self.end - self.start) * progress

    def __str__(self) -> str:
        return f"{self.start:g}" if self.start == self.end else f"{self.start:g}:{self.end:g}"


class Part(NamedTuple):
    """One kind of a mixture, by name, with its weight."""

    kind: str
    """``mono``, ``cross``, ``same`` or ``pivot``."""
    sides: tuple[str, str] | None
    """The pivot's query and passage language, ``*`` for any other; None for other kinds."""
    weight: Weight

    def __str__(self) -> str:
        sides = f"({','.join(self.sides)})" if self.sides else ""
        return f"{self.kind}{sides}={self.weight}"

    def build(self, languages: Sequence[str]) -> Kind:
        """The kind, with its languages as columns of a table.

        Raises:
            LingweaveError: the table lacks a language of the recipe.
        """
        plain: dict[str, Kind] = {"mono": Mono(), "cross": Cross(), "same": Same()}
        if not self.sides:
            return plain[self.kind]
        for side in self.sides:
            if side != "*" and side not in languages:
                raise LingweaveError(
                    f"the recipe names {side!r}, which is not among the table's languages:"
                    f" {', '.join(languages)}"
                )
        query, passage = (None if side == "*" else languages.index(side) for side in self.sides)
        return Pivot(query, passage, name=f"pivot({','.join(self.sides)})")


@dataclass(frozen=True)
class Recipe:
    """How batches are drawn; with a seed and a table it is a BatchPlan."""

    mixture: str = "hybrid"
    """A name (x-x-mono, x-y, hybrid, x-x, en-en) or weights such as ``mono=0.5,cross=0.5``;
    ``mono=0:1,cross=1:0`` moves linearly over the run; ``pivot(en,*)`` has English queries,
    ``pivot(*,en)`` English passages."""
    batch_size: int = 100
    """Rows a step on each rank."""
    steps: int = 1000
    """Length of the run, on which the schedule of the weights is laid."""
    language_exponent: float = 0.0
    """Languages are drawn in proportion to their number of records to this power: 0 uniform,
    1 by size, between the two tempered. Where records lack languages, rows of ``cross``, ``same``
    and ``pivot`` draw among those that the record has, so shares come as near as holes allow."""
    dataset_exponent: float = 1.0
    """The same for data sets: 1 by size (the paper), 0 uniform, between the two tempered."""

    def __post_init__(self) -> None:
        if self.batch_size < 2:
            raise LingweaveError(
                f"batch_size is {self.batch_size}: in-batch negatives need at least 2 rows"
            )
        if self.steps < 1:
            raise LingweaveError(f"steps is {self.steps}: give at least 1")
        for field in ("language_exponent", "dataset_exponent"):
            if not 0 <= getattr(self, field) <= 1:
                raise LingweaveError(
                    f"{field} is {getattr(self, field)}: give 0 (uniform) to 1 (by size)"
                )
        _ = self.parts

    @property
    def name(self) -> str:
        """The recipe's name if it has one, else its mixture."""
        return next((n for n, text in RECIPES.items() if text == str(self)), str(self))

    @property
    def parts(self) -> tuple[Part, ...]:
        """The kinds of the mixture with their weights.

        Raises:
            LingweaveError: the mixture cannot be read, or its weights are all 0 somewhere.
        """
        text = RECIPES.get(self.mixture, self.mixture).replace(" ", "")
        parts = tuple(_part(piece, text) for piece in re.split(r",(?![^()]*\))", text))
        for progress, where in ((0.0, "start"), (1.0, "end")):
            if sum(part.weight.at(progress) for part in parts) <= 0:
                raise LingweaveError(f"recipe {text!r}: all weights are 0 at the {where}")
        names = [(part.kind, part.sides) for part in parts]
        if len(set(names)) < len(names):
            raise LingweaveError(f"recipe {text!r}: a kind stands twice")
        return parts

    def __str__(self) -> str:
        return ",".join(map(str, self.parts))


def _part(piece: str, text: str) -> Part:
    known = f"names are {', '.join(RECIPES)}; kinds are mono, cross, same, pivot(en,*)"
    match = _PART.fullmatch(piece)
    if not match or match["kind"] not in ("mono", "cross", "same", "pivot"):
        raise LingweaveError(f"recipe {text!r}: cannot read {piece!r}; {known}")
    try:
        start = float(match["start"])
        weight = Weight(start, float(match["end"]) if match["end"] else start)
    except ValueError:
        raise LingweaveError(f"recipe {text!r}: the weight in {piece!r} is not a number") from None
    # Comparisons with nan are false, so this also refuses nan.
    if not all(0 <= value < float("inf") for value in weight):
        raise LingweaveError(f"recipe {text!r}: the weight in {piece!r} must be 0 or more")
    sides = tuple(match["languages"].split(",")) if match["languages"] is not None else None
    if (match["kind"] == "pivot") != (sides is not None) or (sides and len(sides) != 2):
        raise LingweaveError(f"recipe {text!r}: write a pivot as pivot(en,*), not {piece!r}")
    if sides == ("*", "*"):
        raise LingweaveError(f"recipe {text!r}: a pivot needs a fixed language: pivot(en,*)")
    return Part(match["kind"], (sides[0], sides[1]) if sides else None, weight)
