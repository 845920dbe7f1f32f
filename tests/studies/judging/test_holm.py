"""Holm over claims: by hand, in simulations of claims on their margins, and of power."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from scipy.stats import t as student

from lingweave.studies.judging.holm import LEAST, Difference, Part, interval, judged, p_value


def difference(mean, error, draws=1000, clusters=10_000, seeds=()):
    """A difference whose resamples scatter normally, with many clusters and no seeds."""
    noise = norm.ppf((np.arange(draws) + 0.5) / draws)
    return Difference(mean, mean + error * noise, seeds, clusters)


def claim(*means, side="above", margin=0.0):
    """A claim of differences that all scatter by 1."""
    return [Part(difference(mean, 1, 20_000), margin, side) for mean in means]


def decided(*claims):
    return [one.decided for one in judged(claims)]


def test_a_worked_example():
    """Four p-values of about .01, .04, .03 and .005: Holm's levels are .0125, .0167, .025, .05."""
    wanted = (0.01, 0.04, 0.03, 0.005)
    claims = [claim(norm.isf(p / 2)) for p in wanted]
    found = judged(claims)
    np.testing.assert_allclose([one.p for one in found], wanted, rtol=0.05)
    assert [one.decided for one in found] == ["supported", None, None, "supported"]
    np.testing.assert_allclose([one.level for one in found], [0.05 / 3, 0.025, 0.025, 0.0125])


def test_the_parts_of_a_claim_need_no_correction_among_them():
    """At level .05 a claim of four parts is supported if each of them passes 1.96, and refuted if
    one of them passes Bonferroni's 2.50 on the other side."""
    assert decided(claim(2.0, 3.0, 2.1, 2.0)) == ["supported"]
    assert decided(claim(2.0, 3.0, 1.9, 2.0)) == [None]
    assert decided(claim(2.0, 3.0, -2.4, 2.0)) == [None]
    assert decided(claim(2.0, 3.0, -2.6, 2.0)) == ["refuted"]
    assert decided(claim(-2.0, -3.0, side="below"), claim(2.4, side="below")) == [
        "supported", "refuted",
    ]  # fmt: skip


def test_p_and_levels_of_claims():
    """By hand: the larger p where all lie as claimed; n times that of one that does not."""
    both, mixed, other = judged([claim(2.0, 3.0), claim(2.0, -3.0), claim(0.5, 3.0)])
    assert both.p == pytest.approx(2 * norm.sf(2.0), rel=0.05)
    assert mixed.p == pytest.approx(2 * 2 * norm.sf(3.0), rel=0.1)
    assert other.p == pytest.approx(2 * norm.sf(0.5), rel=0.05)
    assert [mixed.decided, both.decided, other.decided] == ["refuted", None, None]
    # A part as claimed has the interval that could support, the other that which could refute.
    np.testing.assert_allclose([1 - one.confidence for one in mixed.parts], [0.05 / 3, 0.05 / 6])
    assert [one.lies for one in mixed.parts] == [None, "below"]
    assert both.level == other.level == 0.025


def test_the_first_undecided_one_ends_it():
    """One that would pass its own level stays undecided behind one that does not."""
    found = judged([claim(5.0), claim(2.0), claim(2.01)])
    assert [one.decided for one in found] == ["supported", None, None]
    assert found[1].level == found[2].level == 0.05 / 2
    assert decided(claim(2.01)) == ["supported"]


def test_what_was_not_measured_still_counts():
    case = claim(2.3)
    assert decided(case) == ["supported"]
    nothing, found, none = judged([[None], case, [None, None]])
    assert (nothing.parts, none.parts) == ((None,), (None, None))
    assert found.decided is None
    assert found.level == pytest.approx(0.05 / 3)


def test_a_claim_of_which_a_part_is_missing_can_be_refuted_alone():
    assert decided([*claim(9.0), None]) == [None]
    assert decided([*claim(-2.3), None]) == ["refuted"]
    assert decided([*claim(-2.1), None]) == [None]  # the missing one counts among the n


@pytest.mark.parametrize("margin", [-1.0, 0.0, 0.5])
def test_p_is_where_the_interval_ends_on_the_margin(margin):
    one = difference(1.0, 0.4, seeds=((0.9, 1.2, 0.8, 1.1, 1.0),))
    p = p_value(one, margin)
    ends = interval(one, 1 - p)
    assert min(abs(ends.low - margin), abs(ends.high - margin)) < 0.05


PARTS = st.tuples(
    st.integers(0, 2**32 - 1),  # what is drawn
    st.sampled_from([19, 20, 99, 100, 399]),  # resamples
    st.floats(-3, 3),  # how far from the margin
    st.sampled_from([0.0, 0.3, 2.0]),  # how far resamples lie beside what was observed
    st.sampled_from([(), (0.9, 1.2, 0.8), (1.0, 1.0)]),  # seeds, about their mean
    st.sampled_from(["above", "below"]),
)


def drawn_part(seed, draws, away, beside, seeds, side):
    noise = np.random.default_rng(seed).normal(beside, 1, draws)
    series = (tuple(away + one - float(np.mean(seeds)) for one in seeds),) if seeds else ()
    return Part(Difference(away, away + noise, series, 50), 0.0, side)


@settings(max_examples=150, deadline=None)
@given(st.lists(PARTS, min_size=1, max_size=3))
def test_p_is_the_least_level_at_which_a_claim_is_decided(given_parts):
    """On both sides of it, by the intervals; never by one and not by the other."""
    parts = [drawn_part(*one) for one in given_parts]
    (found,) = judged([parts])
    assert 0 < found.p <= 1
    assert judged([parts], found.p * (1 - 1e-6))[0].decided is None
    if found.p < 1:
        assert judged([parts], min(1.0, found.p * (1 + 1e-7)))[0].decided is not None


def test_one_seed_decides_nothing():
    """However far off; other parts of its claim may refute it."""
    far = Part(replace(difference(9.0, 1), one_seed=True), 0.0, "above")
    (alone,) = judged([[far]])
    assert (alone.decided, alone.p, alone.parts[0].lies) == (None, 1.0, None)
    assert alone.parts[0].interval.low > 0
    assert decided([far, *claim(9.0)]) == [None]
    assert decided([far, *claim(-9.0)]) == ["refuted"]
    assert decided([far._replace(side="below")]) == [None]


def test_sides_margins_and_what_does_not_scatter():
    point = Difference(0.2, np.full(50, 0.2), ((0.2, 0.2),), 10)
    assert interval(point, 0.999) == (0.2, 0.2, 0.2)
    assert p_value(point, 0.2) == 1
    assert p_value(point, 0.1) <= 2 * LEAST
    found = judged([[Part(point, margin, "above")] for margin in (0.1, 0.3, 0.2)])
    assert [one.decided for one in found] == ["supported", "refuted", None]


def test_seeds_alone_give_students_interval():
    values = (0.11, 0.14, 0.08, 0.13, 0.12)
    mean, error = np.mean(values), np.std(values, ddof=1) / np.sqrt(5)
    shares = np.random.default_rng(1).multinomial(5, [0.2] * 5, 4000) / 5
    one = Difference(float(mean), shares @ np.array(values), (values,), 500)
    ends = interval(one, 0.99)
    assert ends.high - mean == pytest.approx(student.isf(0.005, 4) * error, rel=0.05)
    assert p_value(one, 0.0) == pytest.approx(2 * student.sf(mean / error, 4), rel=0.2)


def study(draw, claims, parts, seeds, of_seeds, true=None, clusters=60, resamples=100):
    """Claims whose differences share clusters and seeds, all claimed to lie above 0.

    Args:
        true: one true difference a part, the same in every claim; by default all are 0.
    """
    weights = draw.multinomial(clusters, np.full(clusters, 1 / clusters), resamples) / clusters
    shares = draw.multinomial(seeds, np.full(seeds, 1 / seeds), resamples) / seeds
    return [
        [_part(draw, one, shares, weights, of_seeds) for one in true or [0.0] * parts]
        for _ in range(claims)
    ]


def _part(draw, true, shares, weights, of_seeds):
    seeds, clusters = shares.shape[1], weights.shape[1]
    seed = draw.normal(0, of_seeds, seeds)
    values = true + seed[:, None] + draw.normal(0, 1, clusters) / 2
    values = values + draw.normal(0, 0.5, (seeds, clusters))
    draws = ((shares @ values) * weights).sum(axis=1)
    of = tuple(map(float, values.mean(axis=1)))
    return Part(Difference(float(values.mean()), draws, (of,), clusters), 0.0, "above")


def supported(claims):
    return sum(one.decided == "supported" for one in judged(claims))


SCATTER = [(5, 0.0), (3, 0.1), (5, 1.0), (3, 1.0)]
"""Training seeds, and how far they scatter beside clusters."""


@pytest.mark.parametrize(("seeds", "of_seeds"), SCATTER)
def test_where_all_lies_on_the_margin_something_is_decided_at_most_so_often(seeds, of_seeds):
    """150 studies of 8 claims: 5% is 7.5 of them, four standard deviations more is 18."""
    draw = np.random.default_rng([seeds, int(10 * of_seeds)])
    wrong = sum(
        any(one.decided for one in judged(study(draw, 8, 1, seeds, of_seeds))) for _ in range(150)
    )
    assert wrong <= 18


@pytest.mark.parametrize(("seeds", "of_seeds"), SCATTER)
def test_where_one_part_lies_on_the_margin_few_claims_are_decided(seeds, of_seeds):
    """The worst case of claims without a correction among their parts: all parts but one hold by
    far, in each of four claims, and that one lies on the margin, so that the claim is false."""
    draw = np.random.default_rng([seeds, int(10 * of_seeds), 1])
    true = [0.0, 9.0, 9.0]
    wrong = sum(
        any(one.decided for one in judged(study(draw, 4, 3, seeds, of_seeds, true)))
        for _ in range(150)
    )
    assert wrong <= 18


def test_quantiles_of_the_resamples_alone_would_err_far_more_often(monkeypatch):
    monkeypatch.setattr(Difference, "scatter", ())
    draw = np.random.default_rng(3)
    wrong = sum(any(one.decided for one in judged(study(draw, 8, 1, 3, 1.0))) for _ in range(50))
    assert wrong > 25


def test_claims_of_several_parts_are_found_more_often_than_part_by_part():
    """Against Holm over all parts, of which a claim needs every one."""
    draw = np.random.default_rng(5)
    by_claim = by_part = 0
    for _ in range(30):
        claims = study(draw, 4, 4, 5, 0.1, [0.4] * 4)
        by_claim += supported(claims)
        found = judged([[part] for claim in claims for part in claim])
        by_part += sum(
            all(one.decided == "supported" for one in found[at : at + 4]) for at in range(0, 16, 4)
        )
    assert by_claim > 1.2 * by_part > 0


def test_what_differs_is_found():
    draw = np.random.default_rng(4)
    studies = [study(draw, 4, 2, 5, 0.1, [1.0, 1.0]) for _ in range(20)]
    assert sum(map(supported, studies)) / 80 > 0.95
    assert not any(one.decided == "refuted" for claims in studies for one in judged(claims))
