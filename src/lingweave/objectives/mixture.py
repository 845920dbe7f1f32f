"""Objectives as one line: terms with weights, their needs, and the weighted sum."""

import math
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from lingweave.errors import LingweaveError
from lingweave.objectives.alignment import AlignPassages, AlignQueries
from lingweave.objectives.clear import Clear
from lingweave.objectives.distillation import DistillKL, DistillMSE
from lingweave.objectives.embedded import Embedded, Rows
from lingweave.objectives.infonce import InfoNCE, MultiPositive
from lingweave.objectives.language import Language, Semantic
from lingweave.objectives.margin import TwoSided
from lingweave.objectives.term import Need, Term
from lingweave.objectives.variance import Variance


class Given(NamedTuple):
    """What a term is made of."""

    temperature: float
    """The run's."""
    weight: float
    """Behind the equals sign; 1 where there is none."""
    language: str | None
    """First in the parentheses."""
    numbers: list[float]
    """In the parentheses."""


class Form(NamedTuple):
    """How a term is written and made."""

    example: str
    """As a user may write it."""
    build: Callable[[Given], Term]
    """What makes the term."""
    language: bool = False
    """Whether a language may stand first in the parentheses."""
    numbers: tuple[int, ...] = (0,)
    """How many numbers may stand in the parentheses."""


TERMS: dict[str, Form] = {
    "infonce": Form("infonce", lambda g: InfoNCE(g.temperature, g.weight)),
    "symmetric": Form("symmetric", lambda g: TwoSided(g.temperature, g.weight)),
    "multi_positive": Form("multi_positive", lambda g: MultiPositive(g.temperature, g.weight)),
    "margin": Form(
        "margin(0.3)", lambda g: TwoSided(g.temperature, g.weight, *g.numbers), numbers=(1,)
    ),
    "align_queries": Form(
        "align_queries", lambda g: AlignQueries(g.temperature, g.weight, g.language), language=True
    ),
    "align_passages": Form(
        "align_passages",
        lambda g: AlignPassages(g.temperature, g.weight, g.language),
        language=True,
    ),
    "semantic": Form(
        "semantic", lambda g: Semantic(g.temperature, g.weight, g.language), language=True
    ),
    "language": Form(
        "language", lambda g: Language(g.temperature, g.weight, g.language), language=True
    ),
    "clear": Form(
        "clear(en,0.4,0.2)",
        lambda g: Clear(g.temperature, g.weight, g.language or "en", *g.numbers),
        language=True,
        numbers=(0, 2),
    ),
    "variance": Form("variance", lambda g: Variance(g.weight)),
    "distill_mse": Form("distill_mse", lambda g: DistillMSE(g.weight)),
    "distill_kl": Form(
        "distill_kl", lambda g: DistillKL(g.temperature, g.weight, *g.numbers), numbers=(0, 1)
    ),
}
"""The terms by the names under which they are written."""

_PIECE = re.compile(r"(?P<name>[a-z_]+)(?:\((?P<given>[^()]*)\))?(?:=(?P<weight>.+))?")


def objective_of(text: str, temperature: float) -> tuple[Term, ...]:
    """The terms of a line such as ``infonce=1,align_queries=0.2,margin(0.3)=0.5``.

    A name alone has weight 1. Views may be asked for in a fixed language: ``align_passages(en)``.

    Args:
        text: terms with weights, separated by commas.
        temperature: of every term that has none of its own.

    Raises:
        LingweaveError: the line cannot be read, a term stands twice, or two terms want the same
            view in different languages.
    """
    text = text.replace(" ", "")
    pieces = re.split(r",(?![^()]*\))", text)
    terms = tuple(_term(piece, text, temperature) for piece in pieces)
    names = [term.name for term in terms]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise LingweaveError(f"objective {text!r}: {twice} stands twice; add up its weights")
    for need in ("other_query", "other_passage"):
        wanted = {term.language: term.name for term in terms if need in term.needs}
        if len(wanted) > 1:
            raise LingweaveError(
                f"objective {text!r}: {' and '.join(wanted.values())} want translations in"
                " different languages, but a row has one; name one language in all of them,"
                " as align_passages(en)"
            )
    return terms


def view_languages(terms: Sequence[Term]) -> dict[Need, str | None]:
    """What a batch must hold for the terms, with the language of a view where one is fixed."""
    return {need: term.language for term in terms for need in sorted(term.needs)}


def shares(terms: Sequence[Term], batch: Embedded, rows: Rows) -> list[Tensor]:
    """What ``rows`` add to each term's mean over the counted rows of the batch: a scalar a term.

    Over blocks of rows that make up the batch these add up to the mean losses, without weights.
    """
    return [
        term.losses(batch, rows).sum() / term.counted(batch).sum().clamp(min=1) for term in terms
    ]


def part(terms: Sequence[Term], batch: Embedded, rows: Rows) -> Tensor:
    """What ``rows`` add to the loss of the batch, a differentiable scalar.

    The loss is the sum over terms of weight × (sum of the losses of counted rows) / (number of
    counted rows); over blocks of rows that make up the batch the parts add up to it.
    """
    found = zip(terms, shares(terms, batch, rows), strict=True)
    return torch.stack([term.weight * share for term, share in found]).sum()


def _term(piece: str, text: str, temperature: float) -> Term:
    match = _PIECE.fullmatch(piece)
    if not match or match["name"] not in TERMS:
        known = ", ".join(form.example for form in TERMS.values())
        raise LingweaveError(f"objective {text!r}: cannot read {piece!r}; terms are {known}")
    form = TERMS[match["name"]]
    weight = _number(match["weight"] or "1")
    if weight is None or weight <= 0:
        raise LingweaveError(f"objective {text!r}: the weight in {piece!r} must be more than 0")
    given = match["given"].split(",") if match["given"] is not None else []
    language = given.pop(0) if given and given[0][:1].isalpha() else None
    numbers = [value for value in map(_number, given) if value is not None]
    if (
        len(numbers) < len(given)
        or len(numbers) not in form.numbers
        or (language and not form.language)
    ):
        raise LingweaveError(
            f"objective {text!r}: cannot read {piece!r}; write it as {form.example}"
        )
    try:
        return form.build(Given(temperature, weight, language, numbers))
    except LingweaveError as error:
        raise LingweaveError(f"objective {text!r}: {error}") from None


def _number(text: str) -> float | None:
    """The number, or None where it is none or not finite."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
