"""From claims to verdicts: which arms are compared, what is held against what, what is missing."""

import json
from dataclasses import replace

import numpy as np
import pytest
from studies.values import measured, sample, study

from lingweave.atlas import ALL_LANGUAGES
from lingweave.errors import LingweaveError
from lingweave.significance import Arm, Interval, Resampling, macro_intervals, resampled_arms
from lingweave.studies.definition.study import BenchmarkSpec, ClaimSpec, Minus, Side
from lingweave.studies.judging.claims import all_comparisons, judged_claims
from lingweave.studies.judging.comparisons import comparisons
from lingweave.studies.judging.drawn import claimed, drawn_figures
from lingweave.studies.judging.figures import figure
from lingweave.studies.reporting.answer import reason
from lingweave.studies.reporting.display import difference_words

AXES = {"recipe": ("mono", "cross", "hybrid"), "start": ("a", "b")}
CHOICES = {f"{r}/{s}": {"recipe": r, "start": s} for r in AXES["recipe"] for s in AXES["start"]}
TWO = {"hybrid": {"recipe": "hybrid"}, "cross": {"recipe": "cross"}}


def claim(left, right="best", relation="above", figures=("mono.mAP",), **fields):
    left, right = (
        Side(one) if isinstance(one, dict) else one for one in (left, right)
    )  # "best" and floors stay as they are
    return ClaimSpec("claimed", left, right, relation, list(figures), **fields)


def pairs(one, **fields):
    made = comparisons(study([one], AXES, **fields), one, CHOICES)
    return [(x.left.arm, x.right.arm) for x in made]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        # Axes that neither side names are those of each arm in turn.
        (
            {"recipe": "hybrid"},
            {"recipe": "cross"},
            [("hybrid/a", "cross/a"), ("hybrid/b", "cross/b")],
        ),
        # An axis that one side names is the same on both.
        ({"recipe": "hybrid", "start": "b"}, {"recipe": "cross"}, [("hybrid/b", "cross/b")]),
        ({"recipe": "hybrid"}, {"recipe": "cross", "start": "a"}, [("hybrid/a", "cross/a")]),
        (
            {"recipe": "mono", "start": "a"},
            {"recipe": "cross", "start": "b"},
            [("mono/a", "cross/b")],
        ),
        (
            {"recipe": "hybrid", "start": "a"},
            "best",
            [("hybrid/a", other) for other in CHOICES if other != "hybrid/a"],
        ),
        (
            {"recipe": "hybrid"},
            "best",
            [("hybrid/a", "mono/a"), ("hybrid/a", "cross/a"),
             ("hybrid/b", "mono/b"), ("hybrid/b", "cross/b")],
        ),
        ({"start": "a"}, Side(floor="bm25"), [(f"{r}/a", "bm25") for r in AXES["recipe"]]),
    ],
)  # fmt: skip
def test_who_is_compared_with_whom(left, right, expected):
    found = pairs(claim(left, right), floors={"bm25": {}})
    assert found == expected


@pytest.mark.parametrize(
    ("relation", "figures", "margin", "expected"),
    [
        ("above", ["mono.mAP"], None, [("above", 0.0, False)]),
        ("below", ["rank_distance"], 3.0, [("below", 3.0, False)]),
        ("as_good", ["multi.mAP", "rank_distance"], None,
         [("above", -0.01, False), ("below", 0.05, True)]),
        ("as_good", ["mono.mAP|gap_to=en"], 0.02, [("below", 0.02, False)]),
        ("equal", ["mono.mAP"], None, [("above", -0.01, False), ("below", 0.01, False)]),
        ("equal", ["rank_distance|unseen"], 0.1, [("above", -0.1, True), ("below", 0.1, True)]),
    ],
)  # fmt: skip
def test_what_is_held_against_what(relation, figures, margin, expected):
    one = claim({"recipe": "hybrid", "start": "a"}, {"recipe": "cross"}, relation, figures,
                margin=margin)  # fmt: skip
    made = comparisons(study([one], AXES), one, CHOICES)
    assert [(x.side, x.threshold, x.by_share) for x in made] == expected


@pytest.mark.parametrize(
    ("one", "message"),
    [
        (claim({"recipe": "hybrit"}), "no arm of the study is recipe hybrit"),
        (claim({"recipe": "hybrid"}, figures=["mAP"]), "no measure is called 'mAP'"),
        (claim({"recipe": "hybrid"}, {"recipe": "hybrid"}), "with itself"),
        (claim({"recipe": "hybrid"}, relation="as_good", margin=-0.1), "below 0"),
        (
            claim({"recipe": "hybrid"}, relation="as_good", figures=["rank_distance|gap_to=en"]),
            "give a margin",
        ),
        (
            claim({"recipe": "hybrid"}, relation="as_good", figures=["same_language_first"]),
            "same_language_first is fairest near chance, so that none is as good as another",
        ),
    ],
)
def test_mistakes_are_told_before_anything_is_run(one, message):
    with pytest.raises(LingweaveError, match=message) as error:
        all_comparisons(study([one], AXES), CHOICES)
    assert "\n" not in str(error.value)


def arms(**levels):
    """Three seeds an arm; a level is mAP, or mAP and rank distance."""
    made = {}
    for number, (name, level) in enumerate(levels.items()):
        at, far = level if isinstance(level, tuple) else (level, 100.0)
        made[name] = [sample(at, 10 * number + seed, distance=far) for seed in (1, 2, 3)]
    return made


def judged(*claims, samples, choices=TWO, **fields):
    one = study(claims, {"recipe": tuple(choices)}, **fields)
    return judged_claims(one, measured(choices, samples))


def test_supported_refuted_undecided_and_json():
    verdicts = judged(
        claim(TWO["hybrid"], TWO["cross"], figures=["mono.mAP", "multi.mAP"]),
        claim(TWO["cross"], TWO["hybrid"], figures=["mono.mAP", "rank_distance"]),
        claim(TWO["hybrid"], TWO["cross"], "equal", ["rank_distance"], margin=0.2),
        claim(TWO["hybrid"], TWO["cross"], "above", ["rank_distance"]),
        claim(TWO["hybrid"], TWO["cross"], "below", ["multi.mAP"], factor=2.0),
        samples=arms(hybrid=0.6, cross=0.5),
    )
    found = [one.status for one in verdicts]
    assert found == ["supported", "refuted", "supported", "undecided", "supported"]
    first = verdicts[0].comparisons[0]
    assert first.left_value - first.right_value == pytest.approx(first.difference.mean)
    assert np.mean(first.by_seed) == pytest.approx(first.difference.mean)
    assert first.difference.low <= first.plain.low < first.plain.high <= first.difference.high
    assert 0.95 <= first.confidence <= 1 - 0.05 / 5
    assert first.confidence == 1 - verdicts[0].level
    assert verdicts[1].comparisons[0].confidence == 1 - verdicts[1].level / 2
    share = verdicts[2].comparisons[0].share
    assert share.mean == pytest.approx(
        verdicts[2].comparisons[0].left_value / verdicts[2].comparisons[0].right_value - 1
    )
    told = json.loads(json.dumps([one.as_json() for one in verdicts], allow_nan=False))
    assert told[0]["status"] == "supported"
    assert told[0]["comparisons"][0]["share"] is None
    assert told[2]["comparisons"][0]["share"]["mean"] == share.mean
    assert told[0]["claim"]["left"]["arm"] == {"recipe": "hybrid"}


def test_as_good_in_the_direction_of_each_figure():
    both = ["mono.mAP", "rank_distance"]
    verdicts = judged(
        claim(TWO["hybrid"], "best", "as_good", both),
        claim(TWO["cross"], "best", "as_good", both),
        samples=arms(hybrid=(0.6, 80.0), cross=(0.55, 100.0)),
    )
    assert [one.status for one in verdicts] == ["supported", "refuted"]
    assert {one.status for one in verdicts[1].comparisons} == {"refuted"}


def test_observed_and_resamples_are_those_of_the_bootstrap():
    samples = arms(hybrid=0.6, cross=0.5)
    both = [Arm(name, (1, 2, 3), tuple(of)) for name, of in samples.items()]
    hybrid, cross = resampled_arms(both, Resampling(200))
    expected = macro_intervals(hybrid, cross)["cross.mAP"]
    one = study([claim(TWO["hybrid"], TWO["cross"], figures=["cross.mAP"])],
                {"recipe": ("hybrid", "cross")})  # fmt: skip
    given = measured(TWO, samples)
    (found,) = judged_claims(one, given)[0].comparisons
    assert found.difference.mean == pytest.approx(expected.mean)
    assert found.difference.low <= expected.low
    assert found.difference.high >= expected.high
    figures = drawn_figures(one, given)
    cell = figures["b"].arms["hybrid"].cells["cross.mAP"]
    assert cell.interval == pytest.approx(macro_intervals(hybrid)["cross.mAP"])
    assert judged_claims(one, given, figures=figures) == judged_claims(one, given)


def test_order_of_seeds_has_no_say_and_pairs_them():
    samples = arms(hybrid=0.6, cross=0.5)
    one = study([claim(TWO["hybrid"], TWO["cross"])], {"recipe": ("hybrid", "cross")})
    given = measured(TWO, samples)
    (found,) = judged_claims(one, given)
    cross = given.benchmarks["b"]["cross"]
    turned = replace(cross, seeds=cross.seeds[::-1], evaluations=cross.evaluations[::-1])
    other = replace(given, benchmarks={"b": {**given.benchmarks["b"], "cross": turned}})
    (again,) = judged_claims(one, other)
    assert again.comparisons[0].by_seed == found.comparisons[0].by_seed
    assert again.comparisons[0].difference == pytest.approx(found.comparisons[0].difference)


def test_against_a_floor():
    floor = {"bm25": [sample(0.4, 77)]}
    (found,) = judged(
        claim(TWO["hybrid"], Side(floor="bm25")),
        samples={**arms(hybrid=0.6, cross=0.5), **floor},
        floors={"bm25": {}},
    )
    assert found.status == "supported"
    assert found.comparisons[0].by_seed == ()


def test_arms_of_one_seed_decide_nothing_and_say_why():
    """Neither against each other nor against a floor; floors may be compared."""
    floors = {"bm25": [sample(0.4, 77)], "tfidf": [sample(0.2, 78)]}
    arms_of_one = {"hybrid": [sample(0.9, 1)], "cross": [sample(0.2, 2)]}
    claims = (
        claim(TWO["hybrid"], TWO["cross"]),
        claim(TWO["hybrid"], Side(floor="bm25")),
        claim(Side(floor="bm25"), Side(floor="tfidf")),
    )
    found = judged(*claims, samples=arms_of_one | floors, seeds=[1],
                   floors={"bm25": {}, "tfidf": {}})  # fmt: skip
    assert [one.status for one in found] == ["undecided", "undecided", "supported"]
    assert [one.comparisons[0].one_seed for one in found] == [True, True, False]
    assert found[0].p == 1
    assert "One training seed decides nothing" in reason(found[0])
    assert "One training seed" not in reason(found[2])


def test_what_is_missing_is_named_and_decides_nothing():
    samples = arms(hybrid=0.6, cross=0.5)
    claims = (
        claim(TWO["hybrid"], TWO["cross"]),
        claim(TWO["hybrid"], TWO["cross"], figures=["mono.mAP", "mono.mAP|unseen", "f1"]),
    )
    first, second = judged(*claims, samples={"hybrid": samples["hybrid"]})
    assert first.status == second.status == "not measured"
    assert first.missing == ("cross on b",)
    assert first.comparisons[0].difference == pytest.approx(Interval(*[np.nan] * 3), nan_ok=True)
    json.dumps(first.as_json(), allow_nan=False)
    few = {**samples, "cross": samples["cross"][:2]}
    assert judged(*claims, samples=few)[0].missing == ("cross on b, seed 3",)
    first, second = judged(*claims, samples=samples)
    assert first.status == "supported"
    assert first.level == 0.05 / 2  # what is missing counts
    assert second.status == "not measured"
    assert "f1 was not measured" in second.missing[1]
    assert judged(*claims, samples={})[0].status == "not measured"


def test_another_benchmark_on_one_side():
    """What typos cost an arm: the same questions, asked twice."""
    asked = (Side(TWO["hybrid"], benchmark="typos"), Side(TWO["hybrid"], benchmark="b"))
    one = ClaimSpec("holds", *asked, "above", ["mono.mAP"], factor=0.8)
    given = study([one], {"recipe": ("hybrid", "cross")},
                  benchmarks={"b": BenchmarkSpec(), "typos": BenchmarkSpec()})  # fmt: skip
    plain = [sample(0.6, seed) for seed in (1, 2, 3)]
    typos = [sample(0.55, seed) for seed in (1, 2, 3)]
    (found,) = judged_claims(given, measured(TWO, {"hybrid": plain}, typos={"hybrid": typos}))
    assert found.status == "supported"
    assert len(found.comparisons) == 1
    apart = found.comparisons[0]
    assert (apart.benchmark, apart.right_benchmark) == ("typos", "b")
    # The noise of queries is shared, and all that is left is a fifth of it.
    assert apart.plain.high - apart.plain.low < 0.02
    other = [sample(0.55, seed, prefix="p") for seed in (1, 2, 3)]
    (found,) = judged_claims(given, measured(TWO, {"hybrid": plain}, typos={"hybrid": other}))
    assert found.missing == ("typos and b ask different questions",)


def test_the_best_of_another_benchmark_is_drawn_where_the_right_side_is():
    """`best` with a benchmark of its own on the left: the right side is where the claim is."""
    one = ClaimSpec("holds", Side(TWO["hybrid"], benchmark="typos"), "best", "above",
                    ["multi.hit@1"], benchmarks=["b"])  # fmt: skip
    given = study([one], {"recipe": ("hybrid", "cross")},
                  benchmarks={"b": BenchmarkSpec(), "typos": BenchmarkSpec()})  # fmt: skip
    assert [claimed(given, TWO, name) for name in ("b", "typos")] == [(figure("multi.hit@1"),)] * 2
    both = {"hybrid": [sample(0.6, seed) for seed in (1, 2, 3)],
            "cross": [sample(0.5, seed) for seed in (4, 5, 6)]}  # fmt: skip
    (found,) = judged_claims(given, measured(TWO, both, typos=both))
    assert found.missing == ()
    assert found.status == "supported"


def interaction(relation="above", figures=("multi.mAP",), **fields):
    """What hybrid does more than cross from a than from b."""
    (left, right), (other, fourth) = (
        [{"recipe": recipe, "start": start} for recipe in ("hybrid", "cross")] for start in "ab"
    )
    minus = Minus(Side(other), Side(fourth))
    return claim(left, right, relation, figures, minus=minus, **fields)


def test_a_difference_of_differences():
    """(.62 - .50) - (.55 - .50) from the same questions and seeds, and what is told of it."""
    levels = {"hybrid/a": 0.62, "cross/a": 0.5, "hybrid/b": 0.55, "cross/b": 0.5}
    of = {name: [sample(level, 10 * n + seed) for seed in (1, 2, 3)]
          for n, (name, level) in enumerate(levels.items())}  # fmt: skip
    claims = (interaction(), interaction("below"), interaction("equal", margin=0.2))
    found = judged_claims(study(claims, AXES), measured(CHOICES, of))
    assert [one.status for one in found] == ["supported", "refuted", "supported"]
    (apart,) = found[0].comparisons
    by_hand = [np.mean(one.pools.values) for all_seeds in of.values() for one in all_seeds]
    a, b, c, d = np.reshape(by_hand, (4, 3))
    np.testing.assert_allclose(apart.by_seed, (a - b) - (c - d))
    assert apart.minus == ("hybrid/b", "cross/b")
    assert difference_words(apart) == "(hybrid/a − cross/a) − (hybrid/b − cross/b)"
    few = {name: one for name, one in of.items() if name != "cross/b"}
    (found,) = judged_claims(study([interaction()], AXES), measured(CHOICES, few))
    assert found.missing == ("cross/b on b",)


def test_axes_that_no_side_names_are_those_of_each_arm_in_turn():
    one = claim(TWO["hybrid"], TWO["cross"],
                minus=Minus(Side({"recipe": "mono"}), Side(TWO["cross"])))  # fmt: skip
    made = comparisons(study([one], AXES), one, CHOICES)
    assert [tuple(place.arm for place in x.places) for x in made] == [
        ("hybrid/a", "cross/a", "mono/a", "cross/a"),
        ("hybrid/b", "cross/b", "mono/b", "cross/b"),
    ]
    half = replace(interaction(), minus=Minus(Side(TWO["hybrid"]), Side(TWO["cross"])))
    with pytest.raises(LingweaveError, match="2 pairs of arms go with hybrid/a and cross/a; name"):
        comparisons(study([half], AXES), half, CHOICES)
    for wrong in ({"relation": "as_good"}, {"right": "best"}):
        with pytest.raises(LingweaveError, match="minus needs a right side"):
            replace(interaction(), **wrong)
    ranks = interaction("equal", ["rank_distance"])
    with pytest.raises(LingweaveError, match="is in ranks: give a margin"):
        comparisons(study([ranks], AXES), ranks, CHOICES)


def test_tables_have_every_language_and_groups_of_many():
    codes = [*sorted(ALL_LANGUAGES[:19]), "sw", "xh"]
    samples = {"hybrid": [sample(0.5, seed, codes, queries=6) for seed in (1, 2, 3)]}
    one = study([], {"recipe": ("hybrid", "cross")}, figures=["multi.mAP", "rank_distance|unseen"],
                benchmarks={"b": BenchmarkSpec(unseen=["el", "sw"])})  # fmt: skip
    found = drawn_figures(one, measured(TWO, samples))["b"]
    assert found.languages == tuple(codes)
    assert (found.queries, found.clusters) == (6, 3)
    assert found.groups["family"]["Bantu"] == ("sw", "xh")
    cells = found.arms["hybrid"].cells
    pairs = [cells[f"multi.mAP|language={code}"].interval.mean for code in ("sw", "xh")]
    assert cells["multi.mAP|family=Bantu"].interval.mean == pytest.approx(np.mean(pairs))
    assert len(cells["rank_distance|unseen"].by_seed) == 3
    assert {"multi.mAP|script=Latn", "multi.mAP|resource=low", "mono.mAP"} <= cells.keys()
    few = drawn_figures(one, measured(TWO, {"hybrid": [sample(0.5, s) for s in (1, 2, 3)]}))["b"]
    assert few.groups == {}
    assert "rank_distance|unseen" in few.arms["hybrid"].cells
