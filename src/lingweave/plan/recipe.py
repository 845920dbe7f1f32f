"""Recipes: mixtures of batch kinds, whose weights may change over a run, written as one line."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lingweave.errors import LingweaveError
from lingweave.plan.kinds import Cross, Kind, Mono, Multi, Pivot, Same
from lingweave.plan.schedule import Weight, weight_of

RECIPES = {
    "x-x-mono": "mono=1",
    "x-y": "cross=1",
    "hybrid": "mono=0.5,cross=0.5",
    "x-x": "same=1",
    "en-en": "pivot(en,en)=1",
    "annealed": "mono=0:1,cross=1:0",
    "multi-hybrid": "multi(2)=0.5,mono=0.5",
    "multi-annealed": "multi(2)=1:0,mono=0:1",
}
"""The named recipes: the paper's three, LAReQA's two (arXiv 2408.10536, 2004.05484), and ours."""

_PLAIN: dict[str, Kind] = {"mono": Mono(), "cross": Cross(), "same": Same()}
_PART = re.compile(r"(?P<kind>[a-z]+)(?:\((?P<arguments>[^()]*)\))?=(?P<weight>.+)")


class Part(NamedTuple):
    """One kind of a mixture, by name, with its weight."""

    kind: str
    """``mono``, ``cross``, ``same``, ``pivot`` or ``multi``."""
    arguments: tuple[str, ...]
    """What stands in brackets: the pivot's query and passage language, ``*`` for any other; the
    rows of a record of ``multi``."""
    weight: Weight

    @property
    def rows_per_record(self) -> int:
        """How many rows of a batch of this kind each record has."""
        return int(self.arguments[0]) if self.kind == "multi" else 1

    @property
    def name(self) -> str:
        """The kind with its arguments."""
        return f"{self.kind}({','.join(self.arguments)})" if self.arguments else self.kind

    def __str__(self) -> str:
        return f"{self.name}={self.weight}"

    def build(self, languages: Sequence[str]) -> Kind:
        """The kind, with its languages as columns of a table.

        Raises:
            LingweaveError: the table lacks a language of the recipe.
        """
        if self.kind == "multi":
            return Multi(self.rows_per_record)
        if self.kind != "pivot":
            return _PLAIN[self.kind]
        for side in self.arguments:
            if side != "*" and side not in languages:
                raise LingweaveError(
                    f"the recipe names {side!r}, which is not among the table's languages:"
                    f" {', '.join(languages)}"
                )
        query, passage = (None if x == "*" else languages.index(x) for x in self.arguments)
        return Pivot(query, passage, name=self.name)


@dataclass(frozen=True)
class Recipe:
    """How batches are drawn; with a seed and a table it is a BatchPlan."""

    mixture: str = "hybrid"
    """A name (see ``RECIPES``) or weights such as ``mono=0.5,cross=0.5``. A weight may change over
    the run: ``0:1`` along a line, ``0:1/cosine`` along half a cosine, ``0>0.5@0.3>1@0.6`` in steps
    (0.5 from 30% of the run on, 1 from 60%). ``pivot(en,*)`` has English queries, ``pivot(*,en)``
    English passages; ``multi(2)`` has each record in 2 rows with different languages."""
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
        for part in self.parts:
            if self.batch_size % part.rows_per_record:
                raise LingweaveError(
                    f"batch_size is {self.batch_size}: {part.name} needs a multiple of"
                    f" {part.rows_per_record}, the rows of a record"
                )
            if self.batch_size < 2 * part.rows_per_record:
                raise LingweaveError(
                    f"batch_size is {self.batch_size}: {part.name} needs at least 2 records, that"
                    f" is {2 * part.rows_per_record} rows, for in-batch negatives"
                )

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
        text = "".join(RECIPES.get(self.mixture, self.mixture).split())
        parts = tuple(_part(piece, text) for piece in re.split(r",(?![^()]*\))", text))
        for point in sorted({x for part in parts for x in part.weight.turning_points} | {1.0}):
            if sum(part.weight.at(np.array(point)) for part in parts) <= 0:
                where = {0.0: "the start", 1.0: "the end"}.get(point, f"{point:g} of the run")
                raise LingweaveError(f"recipe {text!r}: all weights are 0 at {where}")
        names = [part.name for part in parts]
        if len(set(names)) < len(names):
            raise LingweaveError(f"recipe {text!r}: a kind stands twice")
        return parts

    def __str__(self) -> str:
        return ",".join(map(str, self.parts))


def _part(piece: str, text: str) -> Part:
    known = f"names are {', '.join(RECIPES)}; kinds are mono, cross, same, pivot(en,*), multi(2)"
    match = _PART.fullmatch(piece)
    if not match or match["kind"] not in (*_PLAIN, "pivot", "multi"):
        raise LingweaveError(f"recipe {text!r}: cannot read {piece!r}; {known}")
    try:
        weight = weight_of(match["weight"])
    except ValueError as error:
        raise LingweaveError(f"recipe {text!r}: the weight in {piece!r}: {error}") from None
    kind, brackets = match["kind"], match["arguments"]
    arguments = () if brackets is None else tuple(brackets.split(","))
    if kind == "multi":
        arguments = arguments or ("2",)
        if (
            len(arguments) != 1
            or not re.fullmatch(r"[1-9]\d{0,3}", arguments[0])
            or arguments == ("1",)
        ):
            raise LingweaveError(
                f"recipe {text!r}: write multi(2), or another number of rows a record from 2 on,"
                f" not {piece!r}"
            )
    elif (kind == "pivot") != (len(arguments) == 2) or (kind != "pivot" and arguments):
        raise LingweaveError(f"recipe {text!r}: write a pivot as pivot(en,*), not {piece!r}")
    elif arguments == ("*", "*"):
        raise LingweaveError(f"recipe {text!r}: a pivot needs a fixed language: pivot(en,*)")
    return Part(kind, arguments, weight)
