"""Figures over languages: against plain loops, by name, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from studies.values import sample

from lingweave.errors import LingweaveError
from lingweave.significance import FIGURES, Arm, Resampling, resampled_arms
from lingweave.studies.judging.figures import figure, worst_tenth

CODES = ("ar", "de", "el", "en", "sw", "xh", "zu")
LEVELS = (0.1, 0.3, 0.0, 0.4, -0.1, -0.3, -0.2)


@pytest.fixture(scope="module")
def arm():
    samples = tuple(sample(0.5, seed, CODES, by_language=LEVELS) for seed in (1, 2))
    (found,) = resampled_arms([Arm("a", (1, 2), samples)], Resampling(20))
    return found


def value(arm, name, codes):
    """The mean over languages in the resamples, by a plain loop."""
    column = FIGURES.index(name)
    of = [arm.draws[:, arm.languages.index(code), column] for code in codes]
    return sum(of) / len(of)


@pytest.mark.parametrize(
    ("selector", "codes"),
    [
        ("", CODES),
        ("|unseen", ("el", "sw")),
        ("|language=el", ("el",)),
        ("|family=Bantu", ("sw", "xh", "zu")),
        ("|script=Latn", ("de", "en", "sw", "xh", "zu")),
        ("|resource=low", ("sw", "xh", "zu")),
        ("|resource=medium", ("el",)),
    ],
)
def test_a_selector_is_a_mean_over_its_languages(arm, selector, codes):
    for measure in ("mono.mAP", "multi.nDCG@10", "rank_distance"):
        one = figure(measure + selector)
        found = one.of(arm, unseen=["el", "sw", "fr"])
        np.testing.assert_allclose(found.draws, value(arm, measure, codes))
        assert found.observed == pytest.approx(np.mean(found.by_seed))
        assert len(found.by_seed) == 2
        assert one.languages(arm.languages, ["sw", "el"]) == tuple(codes)


def test_the_gap_is_to_the_mean_of_the_others(arm):
    found = figure("multi.mAP|gap_to=en").of(arm)
    others = [code for code in CODES if code != "en"]
    expected = value(arm, "multi.mAP", ["en"]) - value(arm, "multi.mAP", others)
    np.testing.assert_allclose(found.draws, expected)
    assert found.observed > 0.3


def test_the_worst_tenth_is_chosen_anew_in_every_resample(arm):
    at = FIGURES.index("mono.mAP")
    found = figure("mono.mAP|worst_decile").of(arm)
    np.testing.assert_allclose(found.draws, arm.draws[:, :, at].min(axis=1))
    np.testing.assert_allclose(found.by_seed, arm.by_seed[:, :, at].min(axis=1))
    far = figure("rank_distance|worst_decile").of(arm)
    np.testing.assert_allclose(far.draws, arm.draws[:, :, FIGURES.index("rank_distance")].max(1))


def test_the_worst_tenth_of_many_and_with_holes():
    values = np.random.default_rng(1).permutation(52) / 1.0
    assert worst_tenth(values, False) == 2.0  # 5 of 52: 0 to 4
    assert worst_tenth(values, True) == 49.0
    holes = np.where(values < 3, np.nan, values)
    assert worst_tenth(holes, False) == 4.5  # 4 of 49: 3 to 6
    assert np.isnan(worst_tenth(np.full(3, np.nan), False))


@pytest.mark.parametrize(
    ("name", "lower", "distance"),
    [
        ("mono.mAP", False, False),
        ("rank_distance", True, True),
        ("rank_distance_ratio|unseen", True, True),
        ("rank_distance|worst_decile", True, True),
        ("mono.mAP|gap_to=en", True, False),
        ("rank_distance|gap_to=en", False, False),
        ("sentence_match@1", False, False),
        ("same_language_first", False, False),  # fairest near chance
    ],
)
def test_which_way_is_better(name, lower, distance):
    one = figure(name)
    assert one.lower_is_better is lower
    assert one.is_distance is distance


def test_figures_of_answers_are_known():
    for name in ("sentence_match@1", "sentence_match@5", "sentence_MRR@10", "exact_match|unseen",
                 "f1", "gold_f1"):  # fmt: skip
        assert figure(name).of_answers
    assert not figure("multi.MRR@10").of_answers


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mono.map", "no measure is called 'mono.map'; choose from mono.mAP"),
        ("sentence_match@0", "no measure"),
        ("mono.mAP|best", r"after \| stands unseen"),
        ("mono.mAP|unseen=el", r"after \| stands"),
        ("mono.mAP|language=", r"after \| stands"),
        ("mono.mAP|language=greek", "'greek' is no language code"),
        ("mono.mAP|family=bantu", "no family is called 'bantu'; choose from Afro-Asiatic"),
        ("mono.mAP|script=arab", "no script is called 'arab'"),
        ("mono.mAP|resource=rare", "choose from high, medium, low"),
        ("same_language_first|worst_decile", "is fairest near chance, so no language's is the wor"),
        ("same_language_first|gap_to=en", "no gap good or bad; give other languages"),
    ],
)
def test_wrong_names_are_one_line(name, message):
    with pytest.raises(LingweaveError, match=message) as error:
        figure(name)
    assert "\n" not in str(error.value)


def test_what_is_over_no_language_is_refused(arm):
    with pytest.raises(LingweaveError, match="say which are `unseen`"):
        figure("mono.mAP|unseen").of(arm)
    with pytest.raises(LingweaveError, match=r"family=Turkic: is over none of the languages \(ar"):
        figure("mono.mAP|family=Turkic").of(arm)
    with pytest.raises(LingweaveError, match="f1: not measured"):
        figure("f1").of(arm)


def test_undefined_languages_are_left_out():
    one = sample(0.5, 1, CODES, by_language=LEVELS)
    kept = one.pools.query_language != 0
    pools = type(one.pools)(*(column[kept] for column in one.pools))
    (arm,) = resampled_arms([Arm("a", (1,), (replace(one, pools=pools),))], Resampling(5))
    found = figure("multi.mAP").of(arm)
    np.testing.assert_allclose(found.draws, value(arm, "multi.mAP", CODES[1:]))
