"""Claims held against their margins, under one correction for all of them (Holm 1979, step-down).

A claim is one difference or several, each claimed to lie on one side of its margin; it is
supported if all of them do, and refuted if one lies on the other side. Looked at with level a,

    it is supported if the interval of every difference at confidence 1 - a lies on the claimed
    side: an intersection-union test, which needs no correction among a claim's own parts (Berger
    1982), for if the claim is false, then one part of it is, and that one errs at most so often;
    it is refuted if the interval of one of its n differences at confidence 1 - a/n lies wholly on
    the other side (Bonferroni).

Its p-value is the least level at which it is decided: the smaller of the largest p among its
differences, where one that lies on the other side counts as 1, and of n times the smallest p among
those on the other side. Claims are put in the order of their p-values; the k-th of m is looked at
with level .05 / (m - k + 1), and from the first one on that is undecided all others are looked at
with that one's level, and none of them is decided.

That needs intervals that are right far out in the tails, where resamples alone are not: 2,000 of
them hold no quantile beyond 1/2000, and resamples of five training seeds never leave the range of
the five, so that five seeds which happen to agree would pass at any level. So each end of an
interval is the farther one of two: the quantile of the resamples, and observed ± reach, where reach
is the root of the sum of t² × variance over what scatters, seeds and clusters of queries, each with
the t of its own degrees of freedom (Howe 1974). The variance of clusters is what that of the
resamples leaves once the seeds' part is taken out. This takes figures of seeds to scatter normally;
one t for the whole variance (Satterthwaite) errs up to 25 times as often as it should at these
levels, and the quantiles alone more often still.

The quantile that leaves out a share t of B resamples at an end is the conservative order statistic:
the k-th from that end, k = t (B + 1) rounded down, and the last one where that is below 1. P-values
count the same resamples, so that a difference is decided at a level if and only if its p-value is
not above that level.

A difference between arms of which one was trained with a single seed says nothing of how seeds
scatter. Its interval is over questions alone, its p-value is 1, and it decides nothing.

Sources: Holm (1979), A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6;
Berger (1982), Multiparameter hypothesis testing and acceptance sampling, Technometrics 24;
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
"""The chance of any error among the claims of a study."""
ROUNDING = 1e-24
"""A variance that is none: what is left of equal numbers."""
LEAST = 1e-16
"""No p-value is told below this."""
HAIR = 1e-9
"""What is left to rounding where levels are divided and multiplied."""


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
    one_seed: bool = False
    """Whether a side was trained, and with one seed: then nothing is known of the seeds' part."""

    @cached_property
    def ordered(self) -> Floats:
        """The resamples in which it is defined, the least first."""
        return np.sort(self.draws[np.isfinite(self.draws)])

    @cached_property
    def scatter(self) -> tuple[tuple[float, int], ...]:
        """Each part of the observed value's variance, with its degrees of freedom."""
        drawn = float(self.ordered.var(ddof=1)) if len(self.ordered) > 1 else 0.0
        series = [(len(s), float(np.var(s, ddof=1))) for s in self.seeds if len(s) > 1]
        clusters = max(drawn - sum(v * (n - 1) / n**2 for n, v in series), 0.0)
        parts = [(v / n, n - 1) for n, v in series] + [(clusters, max(self.clusters - 1, 1))]
        return tuple((variance, free) for variance, free in parts if variance > ROUNDING)

    def reach(self, tail: float) -> float:
        """How far from the observed value the interval goes that leaves out `tail` at each end."""
        return math.sqrt(sum(v * float(stdtrit(free, tail)) ** 2 for v, free in self.scatter))


class Part(NamedTuple):
    """A difference of a claim."""

    one: Difference
    """What is known of it."""
    margin: float
    """What it is held against."""
    side: Side
    """On which side of the margin it is claimed to lie."""

    @property
    def as_claimed(self) -> bool:
        """Whether it lies on the claimed side, as observed."""
        away = self.one.observed - self.margin
        return away > 0 if self.side == "above" else away < 0


class Judged(NamedTuple):
    """A difference under the correction."""

    lies: Side | None
    """On which side of the margin its interval lies wholly; it decides nothing by itself."""
    interval: Interval
    """At the corrected level: of a difference as claimed that which could support the claim, else
    that which could refute it."""
    confidence: float
    """The corrected level."""
    p: float
    """The least level at which it is found to lie on one side of the margin; uncorrected."""


class JudgedClaim(NamedTuple):
    """A claim under the correction."""

    decided: Literal["supported", "refuted"] | None
    """How it is decided, if it is."""
    level: float
    """With which it was looked at; NaN where none of it was measured."""
    p: float
    """The least level at which it is decided; NaN where none of it was measured."""
    parts: tuple[Judged | None, ...]
    """Its differences in the order given; None for those that could not be made."""


def interval(one: Difference, confidence: float) -> Interval:
    """The farther ends of the resamples' quantiles and of observed ± reach; NaN if undefined."""
    return interval_at(one, 1 - confidence)


def interval_at(one: Difference, level: float) -> Interval:
    """The interval of confidence 1 - level."""
    draws = one.ordered
    if not np.isfinite(one.observed) or not len(draws):
        return Interval(np.nan, np.nan, np.nan)
    tail = level / 2
    # A hair is added, for a level is .05 over a number and rarely exact.
    left_out = max(1, math.floor(tail * (len(draws) + 1) + HAIR))
    low, high = float(draws[left_out - 1]), float(draws[-left_out])
    reach = one.reach(tail)
    return Interval(one.observed, min(low, one.observed - reach), max(high, one.observed + reach))


def p_value(one: Difference, margin: float) -> float:
    """The least level at which the difference is found to lie on one side of the margin: the larger
    of reach's and the resamples'; 1 where there is none.

    Where no resample lies on the margin's other side they have no more to say, and reach's stands.
    Source: Davison and Hinkley (1997), Bootstrap Methods and their Application, section 4.2.
    """
    draws, above = one.ordered, one.observed > margin
    if one.one_seed or one.observed == margin or not len(draws):
        return 1.0
    across = int((draws <= margin).sum() if above else (draws >= margin).sum())
    resampled = 2 * (1 + across) / (1 + len(draws)) if across else 0.0
    low, high = LEAST, 1.0
    for _ in range(40):
        middle = math.sqrt(low * high)
        reach = one.reach(middle / 2)
        clear = one.observed - reach > margin if above else one.observed + reach < margin
        low, high = (low, middle) if clear else (middle, high)
    return min(1.0, max(resampled, high * (1 + HAIR)))


def judged(
    claims: Sequence[Sequence[Part | None]], level: float = LEVEL
) -> tuple[JudgedClaim, ...]:
    """What is decided of each claim, in the order given.

    None are differences that could not be made: a claim with one of them can be refuted, not
    supported. Claims of which nothing could be made count among the m, so that what is decided of
    the others does not depend on how much of a study has been run.
    """
    p_values = [[p_value(x.one, x.margin) if x else math.nan for x in claim] for claim in claims]
    p_of = [_p_of_claim(claim, p) for claim, p in zip(claims, p_values, strict=True)]
    found = [JudgedClaim(None, math.nan, math.nan, (None,) * len(claim)) for claim in claims]
    known = [place for place, claim in enumerate(claims) if any(claim)]
    open_at: float | None = None
    for k, place in enumerate(sorted(known, key=lambda place: (p_of[place], place))):
        at = level / (len(claims) - k) if open_at is None else open_at
        one = _looked_at(claims[place], p_values[place], at, open_at is None)
        if one.decided is None and open_at is None:
            open_at = at
        found[place] = one._replace(p=p_of[place])
    return tuple(found)


def _p_of_claim(claim: Sequence[Part | None], p_values: Sequence[float]) -> float:
    """The least level at which a claim is decided, supported or refuted."""
    supported, refuted = 0.0, 1.0
    for part, p in zip(claim, p_values, strict=True):
        supported = max(supported, p if part is not None and part.as_claimed else 1.0)
        if part is not None and not part.as_claimed:
            refuted = min(refuted, len(claim) * p)
    return min(supported, refuted)


def _looked_at(
    claim: Sequence[Part | None], p_values: Sequence[float], level: float, may_decide: bool
) -> JudgedClaim:
    """A claim at this level, without its p-value."""
    parts: list[Judged | None] = []
    for part, p in zip(claim, p_values, strict=True):
        if part is None:
            parts.append(None)
            continue
        at = level if part.as_claimed else level / len(claim)
        ends = interval_at(part.one, at)
        lies: Side | None = (
            None if part.one.one_seed
            else "above" if ends.low > part.margin
            else "below" if ends.high < part.margin else None
        )  # fmt: skip
        parts.append(Judged(lies, ends, 1 - at, p))
    holds = [
        part is not None and one is not None and one.lies == part.side
        for part, one in zip(claim, parts, strict=True)
    ]
    fails = [one and one.lies and not held for one, held in zip(parts, holds, strict=True)]
    decided: Literal["supported", "refuted"] | None = (
        "refuted" if any(fails) else "supported" if all(holds) else None
    )
    if decided is not None and not may_decide:
        decided, parts = None, [one and one._replace(lies=None) for one in parts]
    return JudgedClaim(decided, level, math.nan, tuple(parts))
