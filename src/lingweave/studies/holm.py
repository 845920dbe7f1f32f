"""Differences held against margins, under one correction for all of them (Holm 1979, step-down).

The differences are put in the order of their p-values; the k-th of m is looked at with confidence
1 - .05 / (m - k + 1), and from the first one on that is undecided all others are looked at with
that one's. A difference that lies on its margin is then taken to lie beside it, on either side and
anywhere among the m, with a chance of at most .05.

That needs intervals that are right far out in the tails, where resamples alone are not: 2,000 of
them hold no quantile beyond 1/2000, and resamples of five training seeds never leave the range of
the five, so that five seeds which happen to agree would pass at any level. So each end of an
interval is the farther one of two: the quantile of the resamples, and observed ± reach, where reach
is the root of the sum of t² × variance over what scatters, seeds and clusters of queries, each with
the t of its own degrees of freedom (Howe 1974). The variance of clusters is what that of the
resamples leaves once the seeds' part is taken out. This takes figures of seeds to scatter normally;
one t for the whole variance (Satterthwaite) errs up to 25 times as often as it should at these
levels, and the quantiles alone more often still.

Sources: Holm (1979), A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6;
Howe (1974), Approximate confidence limits on the mean of X + Y, JASA 69.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from lingweave.significance import Interval

Floats = NDArray[np.float64]
Side = Literal["above", "below"]
LEVEL = 0.05
"""The chance of any error among the differences of a study."""
ROUNDING = 1e-24
"""A variance that is none: what is left of equal numbers."""
LEAST = 1e-16
"""No p-value is told below this."""


@dataclass(frozen=True)
class Difference:
    """What is known of a difference."""

    observed: float
    """On all queries, mean over seeds."""
    draws: Floats
    """(resamples,) the same in every resample."""
    seeds: tuple[tuple[float, ...], ...]
    """Values seed by seed whose means add up to the difference: one series where both sides have
    the same seeds, else one for each side with several."""
    clusters: int
    """How many clusters of queries the resamples draw from."""

    @cached_property
    def scatter(self) -> tuple[tuple[float, int], ...]:
        """Each part of the observed value's variance, with its degrees of freedom."""
        draws = self.draws[np.isfinite(self.draws)]
        drawn = float(draws.var(ddof=1)) if len(draws) > 1 else 0.0
        series = [(len(s), float(np.var(s, ddof=1))) for s in self.seeds if len(s) > 1]
        clusters = max(drawn - sum(v * (n - 1) / n**2 for n, v in series), 0.0)
        parts = [(v / n, n - 1) for n, v in series] + [(clusters, max(self.clusters - 1, 1))]
        return tuple((variance, free) for variance, free in parts if variance > ROUNDING)

    def reach(self, tail: float) -> float:
        """How far from the observed value the interval goes that leaves out `tail` at each end."""
        return math.sqrt(sum(v * float(stdtrit(free, tail)) ** 2 for v, free in self.scatter))


class Judged(NamedTuple):
    """A difference under the correction."""

    decided: Literal["above", "below"] | None
    """On which side of the margin it is taken to lie."""
    interval: Interval
    """At the corrected level."""
    confidence: float
    """The corrected level."""
    p: float
    """Two-sided, of lying on the margin; uncorrected."""


def interval(one: Difference, confidence: float) -> Interval:
    """The farther ends of the resamples' quantiles and of observed ± reach; NaN if undefined."""
    draws = one.draws[np.isfinite(one.draws)]
    if not np.isfinite(one.observed) or not len(draws):
        return Interval(np.nan, np.nan, np.nan)
    tail = (1 - confidence) / 2
    low, high = np.quantile(draws, (tail, 1 - tail)).tolist()
    reach = one.reach(tail)
    return Interval(one.observed, min(low, one.observed - reach), max(high, one.observed + reach))


def p_value(one: Difference, margin: float) -> float:
    """Two-sided, of the difference lying on the margin: the larger of reach's and the resamples'.

    Where no resample lies on the margin's other side they have no more to say, and reach's stands.
    Source: Davison and Hinkley (1997), Bootstrap Methods and their Application, section 4.2.
    """
    draws = one.draws[np.isfinite(one.draws)]
    rarer = int(min((draws <= margin).sum(), (draws >= margin).sum()))
    resampled = 2 * (1 + rarer) / (1 + len(draws)) if rarer else 0.0
    distance, low, high = abs(one.observed - margin), LEAST, 1.0
    if not distance:
        return 1.0
    for _ in range(30):  # p is where the interval of confidence 1 - p ends on the margin
        middle = math.sqrt(low * high)
        low, high = (middle, high) if one.reach(middle / 2) > distance else (low, middle)
    return min(1.0, max(resampled, high))


def judged(
    differences: Sequence[tuple[Difference, float] | None], level: float = LEVEL
) -> list[Judged | None]:
    """What is decided of each difference and its margin, in the order given.

    None are comparisons that could not be made: they count among the m, so that what is decided
    of the others does not depend on how much of a study has been run.
    """
    known = [(place, *one) for place, one in enumerate(differences) if one is not None]
    p_values = {place: p_value(one, margin) for place, one, margin in known}
    found: list[Judged | None] = [None] * len(differences)
    open_at: float | None = None
    for k, (place, one, margin) in enumerate(sorted(known, key=lambda x: (p_values[x[0]], x[0]))):
        confidence = 1 - level / (len(differences) - k) if open_at is None else open_at
        ends = interval(one, confidence)
        side: Side | None = (
            "above" if ends.low > margin else "below" if ends.high < margin else None
        )
        if open_at is not None:
            side = None
        elif side is None:
            open_at = confidence
        found[place] = Judged(side, ends, confidence, p_values[place])
    return found
