"""Weights that change over a run: constant, along a line or half a cosine, or in steps."""

import re
from typing import NamedTuple, Protocol

import numpy as np

from lingweave.plan.draws import Floats

_RAMP = re.compile(r"(?P<start>[^:/@>]+)(?::(?P<end>[^:/@>]+))?(?:/(?P<shape>[a-z]+))?")
_LEVEL = re.compile(r"(?P<value>[^:/@>]+)@(?P<start>[^:/@>]+)")


class Weight(Protocol):
    """How much of a mixture a kind has, as a function of the progress of the run."""

    @property
    def levels(self) -> tuple[float, ...]:
        """All weights that are written down."""

    @property
    def turning_points(self) -> tuple[float, ...]:
        """Shares of the run at which the weight may become or cease to be 0."""

    def at(self, progress: Floats) -> Floats:
        """The weights at points of the run, from 0 (first step) to 1 (last step)."""


class Ramp(NamedTuple):
    """From one weight to another over the run; the same weight twice is a constant."""

    start: float
    end: float
    cosine: bool = False
    """Along half a cosine, slow at both ends, instead of a line."""

    @property
    def levels(self) -> tuple[float, ...]:
        return self.start, self.end

    @property
    def turning_points(self) -> tuple[float, ...]:
        return 0.0, 1.0

    def at(self, progress: Floats) -> Floats:
        way = (1 - np.cos(np.pi * progress)) / 2 if self.cosine else progress
        return np.asarray(self.start + (self.end - self.start) * way)

    def __str__(self) -> str:
        if self.start == self.end:
            return _text(self.start)
        return f"{_text(self.start)}:{_text(self.end)}" + "/cosine" * self.cosine


class Stairs(NamedTuple):
    """One weight after another, each from its share of the run on."""

    levels: tuple[float, ...]
    turning_points: tuple[float, ...]
    """Where each of the levels begins, from 0 on, ascending, below 1."""

    def at(self, progress: Floats) -> Floats:
        which = np.searchsorted(self.turning_points, progress, side="right") - 1
        return np.asarray(np.array(self.levels)[which])

    def __str__(self) -> str:
        later = zip(self.levels[1:], self.turning_points[1:], strict=True)
        return ">".join([_text(self.levels[0]), *(f"{_text(v)}@{_text(x)}" for v, x in later)])


def weight_of(text: str) -> Weight:
    """The weight that a recipe writes as ``0.5``, ``0:1``, ``0:1/cosine`` or ``0>0.5@0.3>1@0.6``.

    Raises:
        ValueError: what is wrong, to follow the name of the piece.
    """
    if ">" in text or "@" in text:
        return _stairs(text)
    match = _RAMP.fullmatch(text)
    if not match or match["shape"] not in (None, "linear", "cosine"):
        raise ValueError("write it as 0.5, 0:1, 0:1/cosine or 0>0.5@0.3>1@0.6")
    start = _number(match["start"])
    end = start if match["end"] is None else _number(match["end"])
    return Ramp(start, end, match["shape"] == "cosine" and start != end)


def _stairs(text: str) -> Stairs:
    first, *later = text.split(">")
    matches = [_LEVEL.fullmatch(level) for level in later]
    if not later or not all(matches):
        raise ValueError("write steps as 0>0.5@0.3>1@0.6: 0.5 from 30% of the run on, 1 from 60%")
    found = [match for match in matches if match]
    levels = _number(first), *(_number(match["value"]) for match in found)
    starts = 0.0, *(_number(match["start"]) for match in found)
    if starts[-1] >= 1 or (np.diff(starts) <= 0).any():
        raise ValueError("steps begin at growing shares of the run, above 0 and below 1")
    return Stairs(levels, starts)


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError("it is not a number") from None
    # Comparisons with nan are false, so this also refuses nan.
    if not 0 <= value < float("inf"):
        raise ValueError("it must be 0 or more")
    return value


def _text(value: float) -> str:
    """The number as a recipe writes it: short, and exact."""
    short = f"{value:g}"
    return short if float(short) == value else repr(value)
