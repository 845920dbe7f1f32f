"""Whether the claims and published figures of a study speak of what the study has."""

from collections.abc import Mapping

from lingweave.errors import LingweaveError
from lingweave.studies.arms import Arm, arms_of
from lingweave.studies.comparisons import comparisons
from lingweave.studies.figures import figure
from lingweave.studies.study import BEST, ClaimSpec, Side, Study, named


def check_claims(study: Study) -> None:
    """Refuses names that are not in the study, and claims of arms that it does not have.

    Raises:
        LingweaveError: the first mistake, with the place of its field.
    """
    arms = arms_of(study)
    for name in study.figures:
        _check_figure("figures", name)
    for number, claim in enumerate(study.claims, 1):
        _check_claim(study, claim, f"claims[{number}]", arms)
    for number, one in enumerate(study.published, 1):
        where = f"published[{number}]"
        named(f"{where}.benchmark: the benchmark", one.benchmark, study.benchmarks)
        # Arms that this scale does not run are shown beside the paper's figures as not measured.
        _check_names(study, one.arm, f"{where}.arm")
        for name in one.figures:
            _check_figure(f"{where}.figures", name)


def _check_claim(study: Study, claim: ClaimSpec, where: str, arms: tuple[Arm, ...]) -> None:
    if not claim.text:
        raise LingweaveError(f"{where}.text: is empty; say in a sentence what is claimed")
    if not claim.figures:
        raise LingweaveError(f"{where}.figures: is empty; name what is compared")
    for name in claim.figures:
        _check_figure(f"{where}.figures", name)
    for name in claim.benchmarks or ():
        named(f"{where}.benchmarks: the benchmark", name, study.benchmarks)
    if claim.factor <= 0:
        raise LingweaveError(f"{where}.factor: {claim.factor} is not possible; give more than 0")
    _check_side(study, claim.left, f"{where}.left", arms)
    if isinstance(claim.right, Side):
        _check_side(study, claim.right, f"{where}.right", arms)
    elif not claim.left.arm:
        raise LingweaveError(
            f"{where}.right: {BEST} is each other choice of the axes that left names, and it names"
            " none; give left.arm"
        )
    try:
        comparisons(study, claim, {arm.name: arm.choices for arm in arms})
    except LingweaveError as error:
        raise LingweaveError(f"{where}: {error}") from error


def _check_side(study: Study, side: Side, where: str, arms: tuple[Arm, ...]) -> None:
    if side.benchmark is not None:
        named(f"{where}.benchmark: the benchmark", side.benchmark, study.benchmarks)
    if side.floor is not None:
        named(f"{where}.floor: the floor", side.floor, study.floors)
        if side.arm:
            raise LingweaveError(f"{where}: has an arm and a floor; give one of them")
    else:
        _check_choices(study, side.arm, f"{where}.arm", arms)


def _check_choices(
    study: Study, choices: Mapping[str, str], where: str, arms: tuple[Arm, ...]
) -> None:
    _check_names(study, choices, where)
    if not any(choices.items() <= arm.choices.items() for arm in arms):
        given = ", ".join(f"{axis} {choice}" for axis, choice in choices.items())
        raise LingweaveError(f"{where}: no arm of the study has {given}; add it to arms")


def _check_names(study: Study, choices: Mapping[str, str], where: str) -> None:
    for axis, choice in choices.items():
        named(f"{where}: the axis", axis, study.axes)
        named(f"{where}: the {axis}", choice, study.axes[axis])


def _check_figure(where: str, name: str) -> None:
    try:
        figure(name)
    except LingweaveError as error:
        raise LingweaveError(f"{where}: {error}") from error
