"""What the figures say in words: nothing that their intervals do not support."""

import math
from collections.abc import Sequence

from scipy.stats import chi2

from lingweave.report.comparison import ComparedArm, Comparison
from lingweave.report.tables import clear, figure_text
from lingweave.significance import Interval

QUALITY = {
    "mono.mAP": "mono mAP",
    "cross.mAP": "cross mAP",
    "multi.mAP": "multi mAP",
}


def reading(comparison: Comparison) -> tuple[str, ...]:
    """A sentence or two on the comparison as a whole, then one short text an arm."""
    arms = comparison.arms
    if len(arms) == 1:
        return (_alone(arms[0]),)
    texts = [_against(comparison, arm) for arm in arms if arm.name != comparison.baseline]
    return (_opening(comparison), *texts)


def intervals_sentences(comparison: Comparison) -> tuple[str, ...]:
    """How the intervals were drawn and what they leave out."""
    how = comparison.resampling
    same = comparison.clusters == comparison.queries
    unit = "questions" if same else f"clusters of questions ({comparison.queries:,} questions)"
    single = [arm.name for arm in comparison.arms if len(arm.seeds) == 1]
    texts = [
        f"Intervals hold {how.confidence:.0%} of {how.resamples:,} resamples of the"
        f" {comparison.clusters:,} {unit}, in all languages at once and with the same draw for"
        " every arm. Each interval stands for itself: among twenty differences that are truly"
        " zero, about one interval excludes zero by chance."
    ]
    counts = sorted({len(arm.seeds) for arm in comparison.arms if len(arm.seeds) > 1})
    if counts:
        texts.append(f"Training seeds are resampled too. {seeds_sentence(counts)}")
    if single:
        texts.append(
            f"{_listed(single)} {'has' if len(single) == 1 else 'have'} one evaluation:"
            " the interval says nothing about how a second training run would differ."
        )
    return tuple(texts)


def seeds_sentence(counts: Sequence[int]) -> str:
    """How little a few seeds tell about the spread between seeds."""
    parts = []
    for count in counts:
        low, high = deviation_range(count)
        parts.append(
            f"from {count} seeds, the standard deviation between seeds is known only to lie"
            f" between {low:.2f} and {high:.1f} times the observed one"
        )
    few = min(counts)
    return (
        f"They are few: {'; '.join(parts)} (95%, if seeds scatter normally). Resampling {few}"
        f" seeds understates their share of the variance by about a factor {few - 1}/{few}: read"
        " the seeds' own figures beside the intervals."
    )


def deviation_range(seeds: int, confidence: float = 0.95) -> tuple[float, float]:
    """The ends of the interval of the true standard deviation, as multiples of the observed one.

    (n-1) s²/σ² is chi-square with n-1 degrees of freedom for normal figures; for 3 seeds the
    interval is 0.52 s to 6.29 s.
    """
    tail, free = (1 - confidence) / 2, seeds - 1
    low, high = (math.sqrt(free / chi2.ppf(q, free)) for q in (1 - tail, tail))
    return low, high


def _alone(arm: ComparedArm) -> str:
    figures = [
        f"{name} {figure_text(key, arm.macro[key].mean)}"
        for key, name in QUALITY.items()
        if math.isfinite(arm.macro[key].mean)
    ]
    return (
        f"{arm.name}: {_listed(figures)}{_distance_clause(arm)}. With one arm there is nothing to"
        " compare it with: add an evaluation of another model, or of the floors"
        " (--encoder tfidf, --encoder random)."
    )


def _distance_clause(arm: ComparedArm) -> str:
    distance, ratio = arm.macro["rank_distance"].mean, arm.macro["rank_distance_ratio"].mean
    if not math.isfinite(distance):
        return ""
    return (
        f", with a rank distance of {figure_text('rank_distance', distance)}"
        f" ({figure_text('rank_distance_ratio', ratio)} of a random ranking's)"
    )


def _opening(comparison: Comparison) -> str:
    base = comparison.arm(comparison.baseline)
    return f"The baseline is {base.name}, at multi mAP {_multi(base)}{_distance_clause(base)}."


def _multi(arm: ComparedArm) -> str:
    return figure_text("multi.mAP", arm.macro["multi.mAP"].mean)


def _against(comparison: Comparison, arm: ComparedArm) -> str:
    ahead: list[str] = []
    behind: list[str] = []
    unsure: list[str] = []
    for key, name in QUALITY.items():
        interval = arm.difference[key]
        if not math.isfinite(interval.low):
            continue
        sure = clear(key, interval)
        side = unsure if not sure else ahead if interval.low > 0 else behind
        side.append(f"{name} ({_ends(key, interval)})")
    parts = []
    if ahead:
        parts.append(f"is ahead of {comparison.baseline} in {_listed(ahead)}")
    if behind:
        parts.append(f"is behind {'it' if parts else comparison.baseline} in {_listed(behind)}")
    if unsure:
        parts.append(
            f"cannot be told apart from {'it' if parts else comparison.baseline} in"
            f" {_listed(unsure)}, where the interval includes zero"
        )
    if not parts:
        return f"{arm.name} has no figure in common with {comparison.baseline}."
    return f"{arm.name} {_listed(parts)}.{_distance_sentence(arm)}"


def _distance_sentence(arm: ComparedArm) -> str:
    interval, multi = arm.difference["rank_distance"], arm.difference["multi.mAP"]
    if not math.isfinite(interval.low):
        return ""
    ends = _ends("rank_distance", interval)
    if not clear("rank_distance", interval):
        return f" The difference in rank distance ({ends}) includes zero."
    shorter = interval.high < 0
    text = f" Its rank distance is {'shorter' if shorter else 'longer'} ({ends})"
    sure = clear("multi.mAP", multi)
    if shorter and sure and multi.high < 0:
        return f"{text}, but with less mAP in the pool: that alone is no gain."
    if shorter and not sure:
        return f"{text}, at a pool mAP that cannot be told apart."
    if not shorter and sure and multi.low > 0:
        return f"{text}, although its pool mAP is higher."
    return f"{text}."


def _ends(key: str, interval: Interval) -> str:
    mean, low, high = (figure_text(key, value, sign=True) for value in interval)
    return f"{mean}, {low} to {high}"


def _listed(parts: Sequence[str]) -> str:
    if len(parts) < 3:
        return " and ".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
