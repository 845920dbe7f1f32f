"""From claims to comparisons: which arm stands against which, in which figure, where."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from lingweave.errors import LingweaveError
from lingweave.studies.definition.restricted import all_benchmarks
from lingweave.studies.definition.study import BEST, ClaimSpec, Side, Study
from lingweave.studies.judging.figures import NEAR_CHANCE, Figure, figure
from lingweave.studies.judging.holm import Side as Claimed

Choices = Mapping[str, Mapping[str, str]]
"""Name of an arm -> axis -> choice."""

QUALITY_MARGIN = 0.01
"""How much worse counts as as good, where a claim does not say: of mAP and other shares."""
DISTANCE_MARGIN = 0.05
"""The same of rank distances, as a share."""


class Place(NamedTuple):
    """An arm or floor on a benchmark."""

    arm: str
    """Its name."""
    benchmark: str
    """What the study calls it."""


class Comparison(NamedTuple):
    """left - factor × right in one figure, on one side of a margin."""

    left: Place
    right: Place
    figure: Figure
    claim: ClaimSpec
    """Where it comes from."""
    side: Claimed
    """On which side of the threshold it is claimed to lie."""
    threshold: float
    """With a sign."""
    by_share: bool
    """Whether it is left / (factor × right) - 1 that is held against the threshold."""
    margin: float
    """As the claim gives it or leaves it out."""
    minus: tuple[Place, ...] = ()
    """Left and right of the difference that is taken from it; empty: none is."""

    @property
    def places(self) -> tuple[Place, ...]:
        """Everything that it is made of."""
        return self.left, self.right, *self.minus


def comparisons(study: Study, claim: ClaimSpec, choices: Choices) -> tuple[Comparison, ...]:
    """Everything that must hold for a claim, in the order of benchmarks, arms and figures.

    Args:
        study: whose claim.
        claim: of a study whose names `check_claims` has looked at.
        choices: of the study's arms.

    Raises:
        LingweaveError: it compares nothing, or an arm with itself, or its margin is not possible.
    """
    where = f"claim {claim.text!r}"
    found: list[Comparison] = []
    for benchmark in _benchmarks(study, claim):
        for left, right in _pairs(claim, choices, where):
            ends = (
                Place(left, claim.left.benchmark or benchmark),
                Place(right, _of(claim.right).benchmark or benchmark),
            )
            if ends[0] == ends[1]:
                raise LingweaveError(f"{where}: compares {left} with itself on {benchmark}")
            minus = _minus(claim, choices, (left, right), benchmark, where)
            for one in claim.figures:
                atoms = _atoms(*ends, figure(one), claim, where)
                found += [atom._replace(minus=minus) for atom in atoms]
    return tuple(found)


def _minus(
    claim: ClaimSpec, choices: Choices, pair: tuple[str, str], benchmark: str, where: str
) -> tuple[Place, ...]:
    """The arms of `minus` that go with a pair: those with its choices on axes that nobody names."""
    if claim.minus is None:
        return ()
    sides = (claim.minus.left, claim.minus.right)
    bare = replace(claim, left=sides[0], right=sides[1], minus=None)
    named = {axis for side in (claim.left, _of(claim.right), *sides) for axis in side.arm}
    fitting = [
        those
        for those in _pairs(bare, choices, where)
        if all(
            {one, other} - choices.keys() or _same(choices[one], choices[other], named)
            for one, other in zip(those, pair, strict=True)
        )
    ]
    if len(fitting) != 1:
        raise LingweaveError(
            f"{where}: minus: {len(fitting)} pairs of arms go with {pair[0]} and {pair[1]}; name"
            " the same axes on all four sides"
        )
    return tuple(
        Place(arm, side.benchmark or benchmark) for arm, side in zip(fitting[0], sides, strict=True)
    )


def _atoms(
    left: Place, right: Place, one: Figure, claim: ClaimSpec, where: str
) -> Iterator[Comparison]:
    near = claim.relation in ("as_good", "equal")
    by_share = near and one.is_distance and claim.minus is None
    margin = claim.margin
    if margin is None:
        margin = 0.0 if not near else DISTANCE_MARGIN if by_share else QUALITY_MARGIN
    if claim.relation == "as_good" and one.measure == NEAR_CHANCE:
        raise LingweaveError(
            f"{where}: {one.name} is fairest near chance, so that none is as good as another; claim"
            " above, below or equal"
        )
    if near and margin < 0:
        raise LingweaveError(f"{where}: margin {margin} of {claim.relation} is below 0")
    ranks = one.measure == "rank_distance"
    if near and ranks and not by_share and claim.margin is None:
        raise LingweaveError(f"{where}: {one.name} is in ranks: give a margin for {claim.relation}")
    sides: list[tuple[Claimed, float]] = []
    if not near:
        sides.append(("above" if claim.relation == "above" else "below", margin))
    if claim.relation == "equal" or (near and not one.lower_is_better):
        sides.append(("above", -margin))
    if claim.relation == "equal" or (near and one.lower_is_better):
        sides.append(("below", margin))
    for side, threshold in sides:
        yield Comparison(left, right, one, claim, side, threshold, by_share, margin)


def _benchmarks(study: Study, claim: ClaimSpec) -> list[str]:
    if claim.benchmarks is not None:
        return claim.benchmarks
    if claim.left.benchmark is not None and _of(claim.right).benchmark is not None:
        return [claim.left.benchmark]
    return list(all_benchmarks(study))


def _pairs(claim: ClaimSpec, choices: Choices, where: str) -> list[tuple[str, str]]:
    """Names of left and right, each pair once, in the order of the arms."""
    left, right = claim.left, _of(claim.right)
    lefts = [left.floor] if left.floor is not None else _matching(choices, left, right)
    if not lefts:
        raise LingweaveError(f"{where}: no arm of the study is {_words(left)}")
    if claim.right == BEST:
        pairs = [(one, other) for one in lefts for other in choices
                 if other != one and _same(choices[one], choices[other], left.arm)]  # fmt: skip
    elif right.floor is not None:
        pairs = [(one, right.floor) for one in lefts]
    else:
        rights = _matching(choices, right, left)
        if not rights:
            raise LingweaveError(f"{where}: no arm of the study is {_words(right)}")
        named = {*left.arm, *right.arm}
        pairs = [(one, other) for one in lefts for other in rights
                 if one not in choices or _same(choices[one], choices[other], named)]  # fmt: skip
    if not pairs:
        raise LingweaveError(
            f"{where}: no two arms that differ in {', '.join({**left.arm, **right.arm})} alone"
        )
    return pairs


def _matching(choices: Choices, side: Side, other: Side) -> list[str]:
    """Arms with the choices of a side, and with the other's on axes that it leaves out."""
    wanted = {**other.arm, **side.arm}
    return [
        name
        for name, chosen in choices.items()
        if all(chosen.get(axis) == choice for axis, choice in wanted.items())
    ]


def _same(
    one: Mapping[str, str], other: Mapping[str, str], but: Mapping[str, str] | set[str]
) -> bool:
    return all(one.get(axis) == other.get(axis) for axis in {*one, *other} - {*but})


def _of(right: Side | str) -> Side:
    return right if isinstance(right, Side) else Side()


def _words(side: Side) -> str:
    return ", ".join(f"{axis} {choice}" for axis, choice in side.arm.items()) or "of any kind"
