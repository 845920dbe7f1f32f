"""What filters have in common: how their verdicts are put together, and what they depend on."""

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lingweave.building.blocks import Block, Verdicts

_SHOWN = 40


class Found:
    """Collects the verdicts of one filter on one block."""

    def __init__(self, block: Block, reason: str) -> None:
        self._block, self._reason = block, reason
        self._rows: list[int] = []
        self._languages: list[int] = []
        self._details: list[str] = []
        self._values: list[float] = []

    def add(self, place: int, language: int, detail: str, value: float = float("nan")) -> None:
        """One cell that is to go; the place counts from the start of the block."""
        self._rows.append(self._block.rows.start + int(place))
        self._languages.append(language)
        self._details.append(detail)
        self._values.append(value)

    def verdicts(self) -> Verdicts:
        """All of them, by record and language."""
        order = np.lexsort((self._languages, self._rows)).tolist()
        return Verdicts(
            np.array(self._rows, np.int64)[order],
            np.array(self._languages, np.int16)[order],
            [self._reason] * len(order),
            [self._details[i] for i in order],
            np.array(self._values, np.float32)[order],
        )


class Keyed:
    """A filter whose verdicts depend on its fields alone; it is a dataclass of plain values."""

    name: str
    version: ClassVar[int] = 1
    """Goes up when the same fields give other verdicts: those of before are then given anew."""

    @property
    def key(self) -> tuple[Any, ...]:
        """Its name, version and fields, as JSON takes them."""
        return (self.name, self.version, *dataclasses.astuple(self))  # type: ignore[call-overload]


def joined(parts: Sequence[Verdicts]) -> Verdicts:
    """Verdicts one after another."""
    if not parts:
        return Verdicts(
            np.zeros(0, np.int64), np.zeros(0, np.int16), [], [], np.zeros(0, np.float32)
        )
    return Verdicts(
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.languages for part in parts]),
        [reason for part in parts for reason in part.reasons],
        [detail for part in parts for detail in part.details],
        np.concatenate([part.values for part in parts]),
    )


def shown(text: str) -> str:
    """The beginning of a text, for a person."""
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def median_spread(values: NDArray[np.float64]) -> tuple[float, float]:
    """The median, and the standard deviation that normal values of that median absolute deviation
    have: neither is moved by the few bad texts that are looked for."""
    middle = float(np.median(values))
    return middle, 1.4826 * float(np.median(np.abs(values - middle)))
