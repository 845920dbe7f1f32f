"""The arms of a study: what it trains, by the choices that make each one."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import NamedTuple

from lingweave.errors import LingweaveError
from lingweave.studies.definition.restricted import all_benchmarks
from lingweave.studies.definition.study import Fields, Study, named

ALL = "*"
"""Every choice of an axis."""


class Arm(NamedTuple):
    """One way to train: a choice on every axis."""

    name: str
    """What it is called in tables, as `hybrid/xlm-r`: its choices, without those of axes that have
    a single one."""
    choices: Mapping[str, str]
    """Axis -> choice, in the order of the study's axes."""


def arms_of(study: Study) -> tuple[Arm, ...]:
    """The arms that are run, each once, in the order in which the study names them.

    Raises:
        LingweaveError: an axis or a choice is not in the study.
    """
    entries = [dict.fromkeys(study.axes, ALL)] if study.arms is None else study.arms
    return tuple(arm_of(study, one) for one in _expanded(study, entries, "arms"))


def arms_on(study: Study, benchmark: str) -> tuple[Arm, ...]:
    """The arms that are measured on a benchmark, in the order of ``arms_of``.

    Raises:
        LingweaveError: an axis or a choice is not in the study, or no arm of it has the choices.
    """
    arms, entries = arms_of(study), all_benchmarks(study)[benchmark].arms
    if entries is None:
        return arms
    where = f"benchmarks.{benchmark}.arms"
    for number, entry in enumerate(entries, 1):
        wanted = _expanded(study, [entry], where, number)
        if not any(dict(arm.choices) in wanted for arm in arms):
            given = ", ".join(f"{axis} {choice}" for axis, choice in entry.items())
            raise LingweaveError(
                f"{where}[{number}]: no arm of the study has {given}; add it to arms"
            )
    measured = _expanded(study, entries, where)
    return tuple(arm for arm in arms if dict(arm.choices) in measured)


def planned_of(study: Study) -> tuple[Arm, ...]:
    """The arms that are only planned: those of `planned` that are not run anyway.

    Raises:
        LingweaveError: an axis or a choice is not in the study.
    """
    run = {arm.name for arm in arms_of(study)}
    planned = (arm_of(study, one) for one in _expanded(study, study.planned, "planned"))
    return tuple(arm for arm in planned if arm.name not in run)


def arm_of(study: Study, choices: Mapping[str, str]) -> Arm:
    """The arm of a choice on every axis."""
    telling = [axis for axis in study.axes if len(study.axes[axis]) > 1] or list(study.axes)
    ordered = {axis: choices[axis] for axis in study.axes}
    return Arm("/".join(ordered[axis] for axis in telling), ordered)


def train_fields(study: Study, arm: Arm) -> Fields:
    """Fields of the arm's `TrainConfig`: the study's, and its choices' over them."""
    fields = dict(study.train)
    for axis, choice in arm.choices.items():
        fields |= study.axes[axis][choice].train
    return fields


def evaluate_fields(study: Study, arm: Arm) -> Fields:
    """Fields of an `EvaluateConfig` that the arm's choices set."""
    fields: Fields = {}
    for axis, choice in arm.choices.items():
        fields |= study.axes[axis][choice].evaluate
    return fields


def _expanded(
    study: Study, entries: Sequence[Mapping[str, str | list[str]]], where: str, first: int = 1
) -> list[dict[str, str]]:
    """Each combination of choices that entries name, once."""
    found: list[dict[str, str]] = []
    for number, entry in enumerate(entries, first):
        place = f"{where}[{number}]"
        for axis in entry:
            named(f"{place}: the axis", axis, study.axes)
        chosen = [_chosen(study, entry, axis, place) for axis in study.axes]
        for combination in product(*chosen):
            one = dict(zip(study.axes, combination, strict=True))
            if one not in found:
                found.append(one)
    return found


def _chosen(study: Study, entry: Mapping[str, str | list[str]], axis: str, place: str) -> list[str]:
    """The choices of an axis that an entry names; an axis with a single one need not be named."""
    choices = study.axes[axis]
    if axis not in entry:
        if len(choices) == 1:
            return list(choices)
        raise LingweaveError(
            f"{place}: does not say which {axis}; choose from {', '.join(choices)}, or '{ALL}'"
        )
    given = entry[axis]
    if given == ALL:
        return list(choices)
    several = [given] if isinstance(given, str) else given
    for choice in several:
        named(f"{place}: the {axis}", choice, choices)
    return several
