"""Names of figures, of groups and of what is asked, in the words of the field."""

import math
from collections.abc import Sequence

import langcodes

from lingweave import languages
from lingweave.report.tables import figure_text
from lingweave.studies.judging.figures import figure
from lingweave.studies.judging.verdicts import Compared

FIGURES = {
    "rank_distance": "rank distance",
    "rank_distance_ratio": "rank distance ÷ random",
    "same_language_first": "same language first",
    "exact_match": "exact match",
    "f1": "F1",
    "gold_exact_match": "exact match, right passage given",
    "gold_f1": "F1, right passage given",
}
"""Figures whose names are not words already."""

_GROUPS = {"family": "{} languages", "script": "{} script", "resource": "{}-resource languages"}


def base(name: str) -> str:
    """The figure without its selector: ``rank_distance|unseen`` is a ``rank_distance``."""
    return name.partition("|")[0]


def figure_words(name: str) -> str:
    """``multi.mAP|script=Arab`` -> ``multi mAP, Arabic script``."""
    measure, _, selector = name.partition("|")
    words = FIGURES.get(measure, measure.replace(".", " ").replace("sentence_", "answer sentence "))
    return f"{words}, {selector_words(selector)}" if selector else words


def selector_words(selector: str) -> str:
    """Which languages a figure is over."""
    kind, _, value = selector.partition("=")
    if kind == "unseen":
        return "unseen languages"
    if kind == "worst_decile":
        return "worst tenth of languages"
    if kind == "language":
        return f"{languages.name(value)} queries"
    if kind == "gap_to":
        return f"gap to {languages.name(value)}"
    return _GROUPS.get(kind, "{}").format(group_words(kind, value))


def group_words(kind: str, group: str) -> str:
    """A group as a table names it: the script's name in place of its code."""
    if kind != "script" or group in ("other", "unknown"):
        return group
    name = {"Hans": "simplified Han", "Hant": "traditional Han"}.get(group)
    return name or langcodes.Language.get(f"und-{group}").script_name()


def asked_words(one: Compared) -> str:
    """What a comparison must show, as ``above 0`` or ``at most .010 worse``."""
    if one.relation == "as_good":
        size = share_text(one.margin) if of_shares(one) else _size(one, one.margin)
        return f"at most {size.lstrip('+')} worse"
    threshold = share_text(one.threshold) if of_shares(one) else _size(one, one.threshold)
    return f"{one.side} {threshold}"


def of_shares(one: Compared) -> bool:
    """Whether its margin is a share of right, not a difference; also where it was not measured."""
    near = one.relation in ("as_good", "equal")
    return near and figure(one.figure).is_distance and not one.minus


def share_text(share: float) -> str:
    """``+2.1%``."""
    if not math.isfinite(share):
        return "–"
    text = f"{abs(share):.1%}"
    return text if text == "0.0%" else f"{'−' if share < 0 else '+'}{text}"


def _size(one: Compared, size: float) -> str:
    return figure_text(base(one.figure), size, sign=True) if size else "0"


def counted(count: int, one: str, many: str | None = None) -> str:
    """``1 arm``, ``1,040 questions``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(parts: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(parts) < 3:
        return " and ".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
