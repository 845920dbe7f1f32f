"""Arms: which combinations of choices a study runs, and what they are called."""

import pytest

from lingweave.errors import LingweaveError
from lingweave.studies.definition.arms import (
    arms_of,
    arms_on,
    evaluate_fields,
    planned_of,
    train_fields,
)
from lingweave.studies.definition.study import BenchmarkSpec, Choice, Study, TableSpec

AXES = {
    "recipe": {name: Choice(train={"recipe": name}) for name in ("x-y", "hybrid")},
    "data": {"all": Choice()},
    "model": {
        "a": Choice(train={"encoder": "a", "steps": 9}, evaluate={"query_prompt": "q"}),
        "b": Choice(train={"encoder": "b"}),
        "c": Choice(train={"encoder": "c"}),
    },
}


def study(**fields):
    given = {
        "name": "s", "title": "S", "question": "?", "seeds": [1], "train": {"steps": 3},
        "tables": {"t": TableSpec(files=["t"])}, "axes": AXES,
        "benchmarks": {"b": BenchmarkSpec()},
    }  # fmt: skip
    return Study(**given | fields)


def names(arms):
    return [arm.name for arm in arms]


def test_all_combinations_without_the_axis_that_has_one_choice():
    found = arms_of(study())
    assert names(found) == ["x-y/a", "x-y/b", "x-y/c", "hybrid/a", "hybrid/b", "hybrid/c"]
    assert found[0].choices == {"recipe": "x-y", "data": "all", "model": "a"}


def test_entries_with_one_choice_several_and_all():
    arms = [{"recipe": "hybrid", "model": ["b", "c"]}, {"model": "c", "recipe": "*"}]
    assert names(arms_of(study(arms=arms))) == ["hybrid/b", "hybrid/c", "x-y/c"]


def test_arms_on_a_benchmark_are_all_or_those_that_it_names():
    some = BenchmarkSpec(arms=[{"model": "c", "recipe": "*"}, {"recipe": "x-y", "model": "a"}])
    one = study(benchmarks={"b": BenchmarkSpec(), "some": some})
    assert arms_on(one, "b") == arms_of(one)
    assert names(arms_on(one, "some")) == ["x-y/a", "x-y/c", "hybrid/c"]


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ({"recipe": "x", "model": "a"}, r"benchmarks\.b\.arms\[2\]: the recipe 'x' is not in"),
        ({"recipe": "x-y"}, r"benchmarks\.b\.arms\[2\]: does not say which model; choose from a"),
        ({"recipe": "x-y", "model": "b"},
         r"benchmarks\.b\.arms\[2\]: no arm of the study has recipe x-y, model b; add it to arms"),
    ],
)  # fmt: skip
def test_arms_on_a_benchmark_are_arms_of_the_study(entry, line):
    first = {"recipe": "*", "model": "a"}
    one = study(arms=[first], benchmarks={"b": BenchmarkSpec(arms=[first, entry])})
    with pytest.raises(LingweaveError, match=line):
        arms_on(one, "b")


def test_planned_arms_are_those_that_are_not_run():
    arms, planned = [{"recipe": "*", "model": "a"}], [{"recipe": "hybrid", "model": "*"}]
    assert names(planned_of(study(arms=arms, planned=planned))) == ["hybrid/b", "hybrid/c"]


def test_a_single_arm_has_a_name():
    axes = {"recipe": {"x-y": Choice()}, "data": {"all": Choice()}}
    assert names(arms_of(study(axes=axes))) == ["x-y/all"]


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ({"recipe": "x"}, r"arms\[1\]: the recipe 'x' is not in the study: choose from x-y, hyb"),
        ({"recipy": "x-y"}, r"arms\[1\]: the axis 'recipy' is not in the study"),
        ({"recipe": "x-y"}, r"arms\[1\]: does not say which model; choose from a, b, c, or '\*'"),
    ],
)
def test_a_wrong_entry_is_told(entry, line):
    with pytest.raises(LingweaveError, match=line):
        arms_of(study(arms=[entry]))


def test_choices_are_laid_over_what_all_runs_share():
    one = study(train={"steps": 3, "seed": 0})
    arm = arms_of(one)[0]
    assert train_fields(one, arm) == {"steps": 9, "seed": 0, "recipe": "x-y", "encoder": "a"}
    assert evaluate_fields(one, arm) == {"query_prompt": "q"}
