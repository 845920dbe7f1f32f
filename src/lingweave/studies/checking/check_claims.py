"""Whether the claims and published figures of a study speak of what the study has."""

from collections.abc import Mapping
from dataclasses import replace

from lingweave.errors import LingweaveError
from lingweave.reading.config import ReadConfig
from lingweave.studies.definition.arms import Arm, arms_of, arms_on, evaluate_fields, train_fields
from lingweave.studies.definition.restricted import all_benchmarks
from lingweave.studies.definition.study import BEST, BenchmarkSpec, ClaimSpec, Side, Study, named
from lingweave.studies.judging.comparisons import Place, comparisons
from lingweave.studies.judging.figures import figure
from lingweave.training.config import TrainConfig


def check_claims(study: Study) -> None:
    """Refuses names that are not in the study, and claims of arms that it does not have.

    Raises:
        LingweaveError: the first mistake, with the place of its field.
    """
    arms = arms_of(study)
    benchmarks = all_benchmarks(study)
    for name in study.figures:
        _check_figure("figures", name)
        lacking = [_lacking(name, one, spec) for one, spec in benchmarks.items()]
        if all(lacking):
            raise LingweaveError(f"figures: {lacking[0]}")
    for number, claim in enumerate(study.claims, 1):
        _check_claim(study, claim, f"claims[{number}]", arms)
    for number, one in enumerate(study.published, 1):
        where = f"published[{number}]"
        named(f"{where}.benchmark: the benchmark", one.benchmark, benchmarks)
        # Arms that this scale does not run are shown beside the paper's figures as not measured.
        _check_names(study, one.arm, f"{where}.arm")
        for name in one.figures:
            _check_figure(f"{where}.figures", name)
            if lacks := _lacking(name, one.benchmark, benchmarks[one.benchmark]):
                raise LingweaveError(f"{where}.figures: {lacks}")


def _check_claim(study: Study, claim: ClaimSpec, where: str, arms: tuple[Arm, ...]) -> None:
    if not claim.text:
        raise LingweaveError(f"{where}.text: is empty; say in a sentence what is claimed")
    if not claim.figures:
        raise LingweaveError(f"{where}.figures: is empty; name what is compared")
    for name in claim.figures:
        _check_figure(f"{where}.figures", name)
    for name in claim.benchmarks or ():
        named(f"{where}.benchmarks: the benchmark", name, all_benchmarks(study))
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
    if claim.minus is not None:
        _check_side(study, claim.minus.left, f"{where}.minus.left", arms)
        _check_side(study, claim.minus.right, f"{where}.minus.right", arms)
    try:
        made = comparisons(study, claim, {arm.name: arm.choices for arm in arms})
    except LingweaveError as error:
        raise LingweaveError(f"{where}: {error}") from error
    by_name = {arm.name: arm for arm in arms}
    on = {one: {arm.name for arm in arms_on(study, one)} for one in all_benchmarks(study)}
    for one in made:
        for place in one.places:
            spec = all_benchmarks(study)[place.benchmark]
            if place.arm not in {*study.floors, *on[place.benchmark]}:
                raise LingweaveError(
                    f"{where}: {place.arm} is not measured on {place.benchmark}; add it to"
                    f" benchmarks.{place.benchmark}.arms, or name other benchmarks"
                )
            if lacks := _lacking(one.figure.name, place.benchmark, spec):
                raise LingweaveError(f"{where}.figures: {lacks}")
    for left, right in dict.fromkeys((one.left, one.right) for one in made):
        if _measured(study, left, by_name) == _measured(study, right, by_name):
            raise LingweaveError(
                f"{where}: {left.arm} on {left.benchmark} and {right.arm} on {right.benchmark} have"
                " the same fields and are one run; compare two that differ"
            )


def _measured(study: Study, place: Place, arms: Mapping[str, Arm]) -> tuple[object, ...]:
    """What decides the figures of an arm or floor on a benchmark."""
    spec = replace(all_benchmarks(study)[place.benchmark], unseen=[], arms=None)
    arm = arms.get(place.arm)
    if arm is None:
        return study.floors[place.arm], spec
    train = TrainConfig(**train_fields(study, arm) | {"plan_only": True})
    return train, evaluate_fields(study, arm), spec


def _lacking(name: str, benchmark: str, spec: BenchmarkSpec) -> str:
    """Why a benchmark cannot have a figure; empty if it can."""
    asked, where = figure(name), f"benchmarks.{benchmark}"
    if asked.selector == "unseen" and not spec.unseen:
        return f"{name} on {benchmark} is over no language: name some as {where}.unseen"
    if not asked.of_answers:
        return ""
    if spec.read is None:
        return f"{name} on {benchmark} needs its answers: give {where}.read"
    if not asked.measure.startswith("sentence_"):
        reads = spec.read.get("reader") is not None
        return "" if reads else f"{name} on {benchmark} needs a reader: give {where}.read.reader"
    word, _, depth = asked.measure.partition("@")
    deepest = spec.read.get("depth", ReadConfig.depth)
    if int(depth) == deepest or (word == "sentence_match" and depth == "1"):
        return ""
    return f"{name} on {benchmark} is read to {deepest} candidates: give {where}.read.depth {depth}"


def _check_side(study: Study, side: Side, where: str, arms: tuple[Arm, ...]) -> None:
    if side.benchmark is not None:
        named(f"{where}.benchmark: the benchmark", side.benchmark, all_benchmarks(study))
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
