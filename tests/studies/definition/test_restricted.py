"""A study on some of its benchmarks: what is left out still counts, and nothing is overwritten."""

from dataclasses import replace

import pytest
from studies.values import measured, sample, study

from lingweave.errors import LingweaveError
from lingweave.studies.checking.check_claims import check_claims
from lingweave.studies.definition.restricted import all_benchmarks, folder_name, with_benchmarks
from lingweave.studies.definition.study import BenchmarkSpec, Choice, ClaimSpec, Published, Side
from lingweave.studies.judging.claims import judged_claims

TWO = {"hybrid": {"recipe": "hybrid"}, "cross": {"recipe": "cross"}}
BOTH = {"recipe": ("hybrid", "cross")}


def claim(*benchmarks, left="hybrid", right="cross"):
    return ClaimSpec("claimed", Side(TWO[left]), Side(TWO[right]), "above", ["mono.mAP"],
                     list(benchmarks) or None)  # fmt: skip


def a_study(*claims, **fields):
    return study(claims, BOTH, benchmarks={one: BenchmarkSpec() for one in "bcd"}, **fields)


def samples(**levels):
    return {name: [sample(level, 10 * n + s) for s in (1, 2, 3)]
            for n, (name, level) in enumerate(levels.items())}  # fmt: skip


def test_what_is_left_out_counts_and_is_named():
    whole = a_study(claim("b"), claim("c"), claim("b", "c"), claim())
    some = with_benchmarks(whole, ["b"])
    assert list(some.benchmarks) == ["b"]
    assert some.claims == whole.claims
    given = measured(TWO, samples(hybrid=0.6, cross=0.5))
    on_b, on_c, on_two, on_all = judged_claims(some, given)
    assert on_b.status == "supported"
    assert on_b.level == 0.05 / 4
    assert [one.status for one in (on_c, on_two, on_all)] == ["not measured"] * 3
    assert on_c.missing == ("c, which is left out",)
    assert on_all.missing == ("c, which is left out", "d, which is left out")
    assert [one.status for one in on_two.comparisons] == ["supported", "not measured"]


def test_one_comparison_refutes_a_claim_and_is_corrected_for_those_that_are_left_out():
    some = with_benchmarks(a_study(claim("b", "c", left="cross", right="hybrid")), ["b"])
    (found,) = judged_claims(some, measured(TWO, samples(hybrid=0.6, cross=0.5)))
    assert found.status == "refuted"
    assert found.comparisons[0].confidence == 1 - 0.05 / 2


def test_its_report_has_a_folder_of_its_own():
    whole = a_study(claim())
    assert folder_name(whole, None) == "made-up-full"
    assert folder_name(with_benchmarks(whole, ["b"]), "tiny") == "made-up-tiny-b"
    assert folder_name(with_benchmarks(whole, ["d", "b"]), None) == "made-up-full-b+d"
    assert with_benchmarks(whole, ["d", "c", "b"]) == whole
    assert folder_name(replace(with_benchmarks(whole, ["b"]), resamples=9), None) == (
        "made-up-full-b"
    )


def test_only_published_figures_of_what_is_left_are_shown():
    published = [Published(TWO["hybrid"], one, {"mono.mAP": 0.5}) for one in "bc"]
    some = with_benchmarks(a_study(published=published), ["c"])
    assert [one.benchmark for one in some.published] == ["c"]


def test_claims_are_checked_as_before():
    whole = a_study(claim("c"), claim())
    axes = {"recipe": {"hybrid": Choice({"recipe": "hybrid"}), "cross": Choice({"recipe": "x-y"})}}
    check_claims(with_benchmarks(replace(whole, axes=axes), ["b"]))
    assert list(all_benchmarks(with_benchmarks(whole, ["b"]))) == ["b", "c", "d"]
    with pytest.raises(LingweaveError, match="benchmark 'e' is not in the study: choose from b, c"):
        check_claims(with_benchmarks(a_study(claim("e")), ["b"]))
    with pytest.raises(LingweaveError, match="--benchmarks: the benchmark 'x' is not in the study"):
        with_benchmarks(whole, ["x"])
