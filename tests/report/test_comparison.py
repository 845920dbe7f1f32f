"""Arguments to arms, arms to comparisons, comparisons to tables, words and JSON."""

import json
import math
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from lingweave.errors import LingweaveError
from lingweave.report import compared, comparison_json, opened_arms, summary
from lingweave.report.config import CompareConfig
from lingweave.report.reading import deviation_range, intervals_sentences, reading
from lingweave.report.run import compare
from lingweave.report.tables import clear, figure_text, print_tables
from lingweave.significance import FIGURES, Interval, Resampling

FEW = Resampling(resamples=100)


def test_seeds_of_an_arm_are_gathered_and_the_first_arm_is_the_baseline(runs):
    arms = opened_arms([*runs[2::-1], *runs[3:]])
    assert [(o.arm.name, o.arm.seeds) for o in arms] == [
        ("x-x-mono", (1, 2, 3)),
        ("hybrid", (1, 2, 3)),
        ("floor", (None,)),
    ]
    assert [folder.name for folder in arms[0].folders] == ["x-x-mono-1", "x-x-mono-2", "x-x-mono-3"]
    assert compared(runs, resampling=FEW).baseline == "x-x-mono"
    assert compared(runs, "floor", FEW).baseline == "floor"


def test_names_are_the_given_one_then_the_trained_one_then_the_folders(save, tmp_path):
    trained = save("one", training={"arm": "hybrid", "seed": 5})
    plain = save("two")
    equals = save("three=3")
    arms = opened_arms([f"mine={trained}", trained, plain, equals])
    assert [o.arm.name for o in arms] == ["mine", "hybrid", "two", "three=3"]


def test_observed_figures_are_those_of_the_evaluations(runs):
    comparison = compared(runs, resampling=FEW)
    for arm in comparison.arms:
        for seed, figures in zip(arm.summaries, arm.by_seed, strict=True):
            for key in FIGURES:
                setting, _, metric = key.partition(".")
                stored = seed["macro"][setting]
                stored = stored[metric] if metric else stored
                assert figures[key] == pytest.approx(stored, rel=1e-9)
            for language, own in seed["per_language"].items():
                if len(arm.seeds) == 1:
                    mean = arm.by_language[language]["rank_distance"].mean
                    assert mean == pytest.approx(own["rank_distance"], rel=1e-9)


def test_the_benchmarks_groups_are_the_clusters(save, toy):
    assert compared([save("grouped")], resampling=FEW).clusters == 6
    one = compared([save("single", of=toy(groups=0))], resampling=FEW)
    assert one.clusters == one.queries == 24
    assert "of the 24 questions" in intervals_sentences(one)[0]


def test_json_has_every_figure_and_no_nan(runs, save, toy, capsys, tmp_path):
    out = tmp_path / "out"
    comparison = compare(CompareConfig(evaluations=runs, out=out, resamples=100))
    printed = capsys.readouterr().out
    assert "x-x-mono (3 seeds)" in printed
    assert "seed 3" in printed
    stored = json.loads((out / "comparison.json").read_text(encoding="utf-8"))
    assert stored == json.loads(json.dumps(comparison_json(comparison), allow_nan=False))
    assert set(stored["arms"]) == {"x-x-mono", "hybrid", "floor"}
    hybrid = stored["arms"]["hybrid"]
    assert set(hybrid["macro"]["mono"]["mAP"]) == {"mean", "low", "high"}
    assert [seed["multi"]["mAP"] for seed in hybrid["by_seed"]]
    zero = {"mean": 0.0, "low": 0.0, "high": 0.0}
    assert stored["arms"]["x-x-mono"]["difference"]["rank_distance"] == zero
    alone = compared([save("alone", of=toy(codes=("en",)))], resampling=FEW)
    assert comparison_json(alone)["arms"]["alone"]["macro"]["cross"]["mAP"]["low"] is None


def test_summary_has_the_keys_of_the_demo(runs):
    arms = summary(compared(runs, resampling=FEW))["arms"]
    for figures in arms.values():
        assert set(figures) == {"mono", "cross", "multi", "rank_distance"}
        for interval in (*(figures[s]["mAP"] for s in ("mono", "cross", "multi")),):
            assert interval["low"] <= interval["mean"] <= interval["high"]


def test_any_two_arms_can_be_compared_not_only_with_the_baseline(runs):
    comparison = compared(runs, resampling=FEW)
    one = comparison.difference("hybrid", "floor")["multi.mAP"]
    other = comparison.difference("floor", "hybrid")["multi.mAP"]
    assert one.mean == -other.mean
    assert one.low == pytest.approx(-other.high)
    with pytest.raises(LingweaveError, match="no arm is called 'x'"):
        comparison.difference("x", "floor")


def test_the_reading_claims_only_what_the_intervals_support(runs, save):
    comparison = compared([*runs[:3], *runs[6:]], resampling=FEW)
    opening, floor = reading(comparison)
    assert opening.startswith("The baseline is x-x-mono, at multi mAP .")
    assert floor.startswith("floor is behind x-x-mono in mono mAP (−.")
    same = compared([f"a={save('a')}", f"b={save('b')}"], resampling=FEW)
    text = reading(same)[1]
    assert text.startswith("b cannot be told apart from a in mono mAP (.000")
    assert "includes zero" in text
    assert "ahead" not in text
    assert "nothing to compare" in reading(compared([save("c")], resampling=FEW))[0]


def test_a_shorter_rank_distance_with_less_quality_is_no_gain(runs):
    comparison = compared(runs, resampling=FEW)
    arm = comparison.arm("floor")
    lower = {
        **arm.difference,
        "rank_distance": arm.difference["rank_distance"]._replace(mean=-9, low=-12, high=-5),
    }
    arms = tuple(replace(a, difference=lower) if a is arm else a for a in comparison.arms)
    text = reading(replace(comparison, arms=arms))[-1]
    assert "shorter (−9.0, −12.0 to −5.0), but with less mAP in the pool: that alone" in text


def test_three_seeds_tell_little_about_their_spread(runs):
    low, high = deviation_range(3)
    # Two degrees of freedom: chi-square quantiles are -2 ln(1 - q).
    assert low == pytest.approx(math.sqrt(2 / (-2 * math.log(0.025))))
    assert high == pytest.approx(math.sqrt(2 / (-2 * math.log(0.975))))
    text = " ".join(intervals_sentences(compared(runs, resampling=FEW)))
    assert "from 3 seeds" in text
    assert "0.52 and 6.3 times" in text
    assert "floor has one evaluation" in text


@pytest.mark.parametrize(
    ("figure", "value", "sign", "text"),
    [
        ("mono.mAP", 0.7924, False, ".792"),
        ("mono.mAP", 1.0, False, "1.000"),
        ("mono.mAP", -0.0123, True, "−.012"),
        ("mono.mAP", 0.0123, True, "+.012"),
        ("mono.mAP", -0.0001, True, ".000"),
        ("mono.mAP", math.nan, False, "–"),
        ("rank_distance", 11261.4, False, "11,261"),
        ("rank_distance", 5.04, False, "5.0"),
        ("rank_distance", 99.97, True, "+100"),
        ("rank_distance_ratio", 0.0042, False, ".0042"),
        ("rank_distance_ratio", 0.35, False, ".350"),
    ],
)
def test_figures_as_text(figure, value, sign, text):
    assert figure_text(figure, value, sign) == text


def test_a_difference_that_is_shown_as_zero_is_not_claimed():
    assert clear("mono.mAP", Interval(0.004, 0.001, 0.009))
    assert not clear("mono.mAP", Interval(-0.001, -0.002, -0.0004))
    assert not clear("mono.mAP", Interval(0.004, -0.001, 0.009))
    assert not clear("mono.mAP", Interval(math.nan, math.nan, math.nan))


@pytest.mark.parametrize("width", [60, 80, 160])
def test_tables_fit_the_terminal_and_keep_rank_distance_beside_map(runs, width):
    comparison = compared(runs, resampling=FEW)
    out = StringIO()
    print_tables(comparison, Console(file=out, width=width))
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    assert "same language first" in out.getvalue() or width < 160
    if width >= 80:
        heading = next(line for line in lines if "multi mAP" in line)
        assert "rank distance" in heading


def test_user_mistakes_are_one_line(runs, save, tmp_path, toy):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    other_ties = save("optimistic", ties="optimistic")
    fewer = save("fewer", of=toy(codes=("ar", "de", "en")))
    shorter = save("shorter", of=toy(queries=20))
    for arguments, words in [
        ([], "nothing to compare"),
        ([tmp_path / "gone"], "gone is not a folder"),
        ([tmp_path / "empty"], "empty holds no evaluation.json"),
        (["=x"], "write NAME=FOLDER"),
        ([runs[0], runs[0]], "is given twice"),
        ([runs[0], f"x-x-mono={save('copy', training={'seed': 1})}"], "has seed 1 twice"),
        ([runs[0], other_ties], "tie rule 'pessimistic' and 'optimistic'"),
        ([runs[0], fewer], "languages 'ar de en hi th zh' and 'ar de en'"),
        ([runs[0], shorter], "24 and 20 queries"),
    ]:
        with pytest.raises(LingweaveError) as error:
            compared(arguments, resampling=FEW)
        assert words in str(error.value)
        assert "\n" not in str(error.value)
    with pytest.raises(LingweaveError, match="no arm is called 'best': choose from x-x-mono"):
        compared(runs[:1], "best", FEW)
    with pytest.raises(LingweaveError, match="cannot write"):
        compare(CompareConfig(evaluations=runs[:1], out=tmp_path / "file" / "out", resamples=9))
