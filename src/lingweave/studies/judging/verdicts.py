"""What is said of a study's claims: verdicts and the comparisons that they rest on."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

from lingweave.significance import Interval
from lingweave.studies.definition.study import ClaimSpec, Relation

Status = Literal["supported", "refuted", "undecided", "not measured"]
"""not measured: an arm, a seed or a figure is missing."""


UNKNOWN = Interval(math.nan, math.nan, math.nan)
"""What was not measured."""


@dataclass(frozen=True)
class Compared:
    """One comparison: left - factor × right, held against a margin."""

    left: str
    """Name of an arm or floor."""
    right: str
    """Name of an arm or floor."""
    benchmark: str
    """Where left is measured; right too, unless the claim says otherwise."""
    right_benchmark: str
    """Where right is measured."""
    figure: str
    """Name of the figure."""
    relation: Relation
    """As the study gives it; `equal` makes two comparisons, one for each side."""
    side: Literal["above", "below"]
    """On which side of `threshold` the difference is claimed to lie."""
    factor: float
    """As the study gives it."""
    margin: float
    """As the study gives it, or by default: a size without a sign."""
    threshold: float
    """What the difference, or where there is one the share, is held against."""
    status: Status
    """supported: its interval at the corrected level lies wholly on the claimed side; refuted: on
    the other. Only the claim as a whole is decided."""
    missing: str = ""
    """What was not measured, in words."""
    left_value: float = math.nan
    """The figure of left: all queries, mean over seeds."""
    right_value: float = math.nan
    """The figure of right."""
    difference: Interval = UNKNOWN
    """left - factor × right, with the interval at the corrected level: that which could support the
    claim where the difference lies as claimed, else that which could refute it."""
    plain: Interval = UNKNOWN
    """The same with the interval at 95%, as if this were the only comparison."""
    share: Interval | None = None
    """left / (factor × right) - 1 at the corrected level, where that is what is held against the
    threshold: rank distances that are to be as good or equal."""
    confidence: float = math.nan
    """The corrected level."""
    p: float = math.nan
    """The least level at which it would be found on one side of the threshold, uncorrected."""
    one_seed: bool = False
    """Whether a side was trained with a single seed, so that its intervals are over questions alone
    and decide nothing."""
    by_seed: tuple[float, ...] = ()
    """The difference seed by seed, where all sides have the same seeds; else empty."""
    minus: tuple[str, ...] = ()
    """Left and right of the difference that is taken from left - factor × right, with their
    benchmark where it is not left's; empty: none is."""

    def as_json(self) -> dict[str, Any]:
        """Plain values, null where undefined."""
        told = asdict(self)
        for name in ("difference", "plain", "share"):
            interval = getattr(self, name)
            told[name] = interval._asdict() if interval is not None else None
        cleaned: dict[str, Any] = _nulls(told)
        return cleaned


@dataclass(frozen=True)
class Verdict:
    """A claim and what its comparisons say."""

    claim: ClaimSpec
    """As the study states it."""
    status: Status
    """supported: all comparisons are; refuted: one is; not measured: none is refuted and one could
    not be made; else undecided."""
    comparisons: tuple[Compared, ...]
    """In the order of benchmarks, arms and figures."""
    missing: tuple[str, ...] = ()
    """What was not measured, each once."""
    p: float = math.nan
    """The least level at which the claim is decided; uncorrected for the study's other claims."""
    level: float = math.nan
    """The level with which it was looked at: .05 over the number of claims that are left (Holm)."""

    def as_json(self) -> dict[str, Any]:
        """Plain values, null where undefined."""
        return {
            "claim": asdict(self.claim),
            "status": self.status,
            "p": _nulls(self.p),
            "level": _nulls(self.level),
            "missing": list(self.missing),
            "comparisons": [one.as_json() for one in self.comparisons],
        }


def _nulls(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _nulls(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_nulls(one) for one in value]
    return value
