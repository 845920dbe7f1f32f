"""Claims and figures that a study cannot decide are told before its first run, in one line."""

from dataclasses import replace

import pytest
from studies.values import study

from lingweave.errors import LingweaveError
from lingweave.studies.checking.check_claims import check_claims
from lingweave.studies.definition.study import BenchmarkSpec, Choice, ClaimSpec, Published, Side

AXES = {
    "recipe": {
        "hybrid": Choice({"recipe": "hybrid"}),
        "mono": Choice({"recipe": "x-x-mono"}),
        "half": Choice({"recipe": "hybrid"}),
    },
}
PLAIN = BenchmarkSpec({"benchmark": "atlas", "seed": 51})


def a_study(right="mono", figures=("mono.mAP",), other=PLAIN, **fields):
    side = Side({"recipe": right}) if isinstance(right, str) else right
    claim = ClaimSpec("claimed", Side({"recipe": "hybrid"}), side, "above", list(figures),
                      fields.pop("on", None))  # fmt: skip
    given = {"axes": AXES, "benchmarks": {"atlas": PLAIN, "other": other}, "train": {}} | fields
    return replace(study([claim], {}), **given)


def told(one):
    with pytest.raises(LingweaveError) as caught:
        check_claims(one)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def other(**fields):
    return BenchmarkSpec(PLAIN.evaluate | {"seed": 52}, **fields)


@pytest.mark.parametrize(
    ("figure", "spec", "line"),
    [
        ("cross.mAP|unseen", other(),
         "cross.mAP|unseen on other is over no language: name some as benchmarks.other.unseen"),
        ("sentence_match@1", other(),
         "sentence_match@1 on other needs its answers: give benchmarks.other.read"),
        ("f1", other(read={}), "f1 on other needs a reader: give benchmarks.other.read.reader"),
        ("sentence_match@5", other(read={}),
         "sentence_match@5 on other is read to 10 candidates: give benchmarks.other.read.depth 5"),
        ("sentence_MRR@1", other(read={}), "sentence_MRR@1 on other is read to 10 candidates: "),
        ("sentence_match@1", other(read={}), ""),
        ("sentence_match@1", other(read={"depth": 5}), ""),
        ("sentence_MRR@5", other(read={"depth": 5}), ""),
        ("gold_f1", other(read={"reader": "some/model"}), ""),
        ("cross.mAP|unseen", other(unseen=["en"]), ""),
    ],
)  # fmt: skip
def test_a_figure_that_a_benchmark_cannot_have(figure, spec, line):
    """In a claim and among the paper's figures; tables show it where any benchmark has it."""
    published = [Published({"recipe": "hybrid"}, "other", {figure: 0.5})]
    claimed = a_study(figures=[figure], other=spec, on=["other"])
    shown, beside = (
        a_study(figures=["mono.mAP"], other=spec),
        a_study(other=spec, published=published),
    )
    shown.figures.append(figure)
    if not line:
        for one in (claimed, shown, beside):
            check_claims(one)
        return
    assert told(claimed).startswith(f"claims[1].figures: {line}")
    assert told(beside).startswith(f"published[1].figures: {line}")
    assert told(shown).startswith(f"figures: {figure} on atlas ")


def test_a_claim_on_all_benchmarks_needs_its_figure_on_all():
    line = "claims[1].figures: f1 on atlas needs its answers: give benchmarks.atlas.read"
    assert told(a_study(figures=["f1"], other=other(read={"reader": "m"}))) == line


@pytest.mark.parametrize(
    ("right", "spec", "same"),
    [
        ("mono", PLAIN, ""),
        ("half", PLAIN, "hybrid on atlas and half on atlas"),
        (
            Side({"recipe": "hybrid"}, benchmark="other"),
            PLAIN,
            "hybrid on atlas and hybrid on other",
        ),
        (Side({"recipe": "hybrid"}, benchmark="other"), other(), ""),
        ("best", PLAIN, "hybrid on atlas and half on atlas"),
    ],
)
def test_a_run_is_not_compared_with_itself_under_another_name(right, spec, same):
    one = a_study(right, other=spec, on=["atlas"])
    if right == "best":
        one.claims[0] = ClaimSpec("claimed", Side({"recipe": "hybrid"}), "best", "above",
                                  ["mono.mAP"], ["atlas"])  # fmt: skip
    if not same:
        check_claims(one)
        return
    assert told(one) == (
        f"claims[1]: {same} have the same fields and are one run; compare two that differ"
    )


def test_a_claim_is_not_about_an_arm_that_is_not_measured_there():
    few = other(arms=[{"recipe": "hybrid"}])
    check_claims(a_study(other=few, on=["atlas"]))
    assert told(a_study(other=few)) == (
        "claims[1]: mono is not measured on other; add it to benchmarks.other.arms, or name other"
        " benchmarks"
    )
