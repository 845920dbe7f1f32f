"""Differences held against margins, under one correction for all of them (Holm 1979, step-down).

The differences are put in the order of their p-values; the k-th of m is looked at with confidence
1 - .05 / (m - k + 1), and from the first one on that is undecided all others are looked at with
that one's. A difference that lies on its margin is then taken to lie beside it, on either side and
anywhere among the m, with a chance of at most .05.

That needs intervals that are right far out in the tails, where resamples alone are not: 2,000 of
them hold no quantile beyond 1/2000, and resamples of five training seeds never leave the range of
the five, so that five seeds which happen to agree would pass at any level. So each end of an
interval is the farther one of two: the quantile of the resamples, and observed ± t·se. There the
variance is that of the resamples with the seeds' share multiplied by n / (n - 1), which resampling
n seeds leaves out, and t has the degrees of freedom of the seeds and of the clusters together
(Satterthwaite 1946). This takes figures of seeds to scatter normally.

Source: Holm (1979), A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from lingweave.significance import Interval

Floats = NDArray[np.float64]
Side = Literal["above", "below"]
LEVEL = 0.05


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

    @property
    def spread(self) -> tuple[float, float]:
        """The standard error, and its degrees of freedom."""
        draws = self.draws[np.isfinite(self.draws)]
        drawn = float(draws.var(ddof=1)) if len(draws) > 1 else 0.0
        series = [(len(s), float(np.var(s, ddof=1))) for s in self.seeds if len(s) > 1]
        clusters = max(drawn - sum(v * (n - 1) / n**2 for n, v in series), 0.0)
        parts = [(v / n, n - 1) for n, v in series] + [(clusters, max(self.clusters - 1, 1))]
        whole = sum(part for part, _ in parts)
        if not whole:
            return 0.0, 1.0
        # By shares of the whole: squares of small variances would vanish.
        return float(np.sqrt(whole)), 1 / sum((part / whole) ** 2 / free for part, free in parts)


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
    """The farther ends of the resamples' quantiles and of observed ± t·se; NaN if undefined."""
    draws = one.draws[np.isfinite(one.draws)]
    if not np.isfinite(one.observed) or not len(draws):
        return Interval(np.nan, np.nan, np.nan)
    tail = (1 - confidence) / 2
    low, high = np.quantile(draws, (tail, 1 - tail)).tolist()
    error, free = one.spread
    reach = float(student.isf(tail, free)) * error if error else 0.0
    return Interval(one.observed, min(low, one.observed - reach), max(high, one.observed + reach))


def p_value(one: Difference, margin: float) -> float:
    """Two-sided, of the difference lying on the margin: the larger of t's and the resamples'.

    Where no resample lies on the margin's other side they have no more to say, and t's stands.
    Source: Davison and Hinkley (1997), Bootstrap Methods and their Application, section 4.2.
    """
    draws = one.draws[np.isfinite(one.draws)]
    rarer = int(min((draws <= margin).sum(), (draws >= margin).sum()))
    resampled = 2 * (1 + rarer) / (1 + len(draws)) if rarer else 0.0
    error, free = one.spread
    if error:
        far = 2 * float(student.sf(abs(one.observed - margin) / error, free))
    else:
        far = float(one.observed == margin)
    return min(1.0, max(resampled, far))


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
