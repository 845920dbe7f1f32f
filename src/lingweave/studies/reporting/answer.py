"""The answer of a study in words: how each claim stands, and why."""

from collections.abc import Sequence
from typing import NamedTuple

from lingweave.studies.judging.verdicts import Compared, Status, Verdict
from lingweave.studies.reporting.contents import Contents
from lingweave.studies.reporting.display import decisive_cell, difference_words
from lingweave.studies.reporting.words import figure_words, listed, of_shares

STATUSES: tuple[Status, ...] = ("supported", "refuted", "undecided", "not measured")
MOST = 2
"""Comparisons that an answer names; all stand in their table."""


class Answer(NamedTuple):
    """A claim as the report's first section lists it."""

    number: int
    """Its place in the study, from 1."""
    text: str
    """What is claimed."""
    source: str
    """Whose claim it is, in words; empty where it is the study's own."""
    status: Status
    """How it stands."""
    reason: str
    """Why."""


def answers(contents: Contents) -> tuple[Answer, ...]:
    """One a claim, in the study's order."""
    return tuple(
        Answer(
            place, one.claim.text.strip(), _source(contents, one), one.status, reason(one)
        )
        for place, one in enumerate(contents.claims, 1)
    )  # fmt: skip


def by_status(contents: Contents) -> list[tuple[Status, tuple[Answer, ...]]]:
    """The claims of each status; a status without claims is left out."""
    given = answers(contents)
    found = [(status, tuple(one for one in given if one.status == status)) for status in STATUSES]
    return [(status, those) for status, those in found if those]


def answer_sentence(contents: Contents) -> str:
    """How many of the claims are supported, refuted, undecided, not measured."""
    if not contents.claims:
        return "This study makes no claim: its tables describe, and decide nothing."
    count, found = len(contents.claims), by_status(contents)
    if [status for status, _ in found] == ["not measured"]:
        claims = "claim: its runs" if count == 1 else f"{count} claims: their runs"
        return f"Nothing is known yet of the {claims} are missing."
    if len(found) == 1:
        every = "The one claim is" if count == 1 else f"All {count} claims are"
        return f"{every} {found[0][0]}."
    parts = [f"{len(those)} {status}" for status, those in found]
    return f"Of {count} claims: {listed(parts)}."


def rule(contents: Contents) -> str:
    """How a claim gets its status."""
    text = (
        "A claim is supported if the corrected interval of each of its comparisons lies wholly on"
        " the claimed side of what is asked, refuted if one of them lies wholly on the other, else"
        f" undecided. Intervals are corrected for {_all(len(contents.claims))} (Holm), so that the"
        " chance of any error among them is about 5%: to support a claim takes all of its"
        " comparisons and no further correction (Berger), to refute it takes one, corrected for"
        " their number. Each interval is the wider of the bootstrap's and of one that takes the few"
        " training seeds to scatter normally; an arm with one training seed decides nothing."
    )
    margins = sorted({(one.relation, of_shares(one), one.margin)
                      for verdict in contents.claims for one in verdict.comparisons
                      if one.relation in ("as_good", "equal")})  # fmt: skip
    if margins:
        sizes = dict.fromkeys(
            f"{margin:.0%} of a rank distance" if share else f"{margin:.3g}".removeprefix("0")
            for _, share, margin in margins
        )
        text += f" “As good” and “equal” allow {listed(list(sizes))}."
    return text


def reason(verdict: Verdict) -> str:
    """Why a claim has its status: what decided it, or what stands in its way."""
    made = verdict.comparisons
    if verdict.status == "not measured":
        if not verdict.missing:
            return "Its runs are missing."
        return f"Missing: {listed_some(verdict.missing, '; ')}."
    if len(made) == 1:
        return f"{_difference(made[0])}.{_one_seed(made)}"
    if verdict.status == "supported":
        least = max(made, key=lambda one: one.p if one.p >= 0 else 1.0)
        every = "Both" if len(made) == 2 else f"All {len(made)}"
        return f"{every} comparisons hold; the least sure: {_difference(least)}."
    telling = [one for one in made if one.status == verdict.status]
    one_does, many_do = (
        ("goes the other way", "go the other way")
        if verdict.status == "refuted"
        else ("is undecided", "are undecided")
    )
    does = one_does if len(telling) == 1 else many_do
    some = listed_some([_difference(one) for one in telling], "; ")
    return f"{len(telling)} of {len(made)} comparisons {does}: {some}.{_one_seed(telling)}"


def _one_seed(made: Sequence[Compared]) -> str:
    """Why nothing is decided of arms that were trained once."""
    if not any(one.one_seed for one in made):
        return ""
    return (
        " One training seed decides nothing: the interval is over questions alone; give two seeds"
        " or more."
    )


def listed_some(parts: Sequence[str], between: str = ", ") -> str:
    """The first of them, and how many more there are."""
    shown, more = between.join(parts[:MOST]), len(parts) - MOST
    return f"{shown}{between}{more} more" if more > 0 else shown


def _difference(one: Compared) -> str:
    cell = decisive_cell(one)
    interval = f" [{cell.detail}]" if cell.detail else ""
    return (
        f"{figure_words(one.figure)} on {one.benchmark}, {difference_words(one)}:"
        f" {cell.text}{interval}"
    )


def _all(count: int) -> str:
    return "the study's one claim" if count == 1 else f"the study's {count:,} claims"


def _source(contents: Contents, verdict: Verdict) -> str:
    """Only at its full scale is a study's claim of the paper's own models and data."""
    if not verdict.claim.published:
        return ""
    return "claimed in the paper" if contents.scale is None else "after the paper's claim"
