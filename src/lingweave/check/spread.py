"""How figures are spread, in five numbers."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

ENDS = (0.05, 0.5, 0.95)
"""Between the first and the last lie nine tenths of the figures."""


class Spread(NamedTuple):
    """Figures of one language."""

    known: int
    """How many there are."""
    low: float
    """A twentieth is at this or less."""
    middle: float
    """The median."""
    high: float
    """A twentieth is at this or more."""
    most: float
    """The largest."""
    total: float
    """Their sum."""


def spread_of(values: NDArray[Any]) -> Spread | None:
    """The spread of (n,) figures; None where there are none."""
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    low, middle, high = np.quantile(known, ENDS).tolist()
    return Spread(len(known), low, middle, high, float(known.max()), float(known.sum()))
