"""Holm's step-down: by hand, in simulations of studies in which nothing differs, and of power."""

import numpy as np
import pytest
from scipy.stats import norm
from scipy.stats import t as student

from lingweave.studies.holm import LEAST, Difference, interval, judged, p_value


def difference(mean, error, draws=1000, clusters=10_000, seeds=()):
    """A difference whose resamples scatter normally, with many clusters and no seeds."""
    noise = norm.ppf((np.arange(draws) + 0.5) / draws)
    return Difference(mean, mean + error * noise, seeds, clusters)


def test_a_worked_example():
    """Four p-values of about .01, .04, .03 and .005: Holm's levels are .0125, .0167, .025, .05."""
    wanted = (0.01, 0.04, 0.03, 0.005)
    cases = [(difference(norm.isf(p / 2), 1, 20_000), 0.0) for p in wanted]
    for (one, margin), p in zip(cases, wanted, strict=True):
        assert p_value(one, margin) == pytest.approx(p, rel=0.05)
    found = judged(cases)
    assert [one.decided for one in found] == ["above", None, None, "above"]
    levels = [1 - one.confidence for one in found]
    np.testing.assert_allclose(levels, [0.05 / 3, 0.025, 0.025, 0.0125])


def test_the_first_undecided_one_ends_it():
    """One that would pass its own level stays undecided behind one that does not."""
    cases = [(difference(m, 1), 0.0) for m in (5.0, 2.0, 2.01)]
    found = judged(cases)
    assert [one.decided for one in found] == ["above", None, None]
    assert found[1].confidence == found[2].confidence == 1 - 0.05 / 2
    alone = judged(cases[2:])
    assert alone[0].decided == "above"


def test_what_was_not_measured_still_counts():
    case = (difference(2.3, 1), 0.0)
    assert judged([case])[0].decided == "above"
    found = judged([None, case, None])
    assert found[0] is None
    assert found[1].decided is None
    assert found[1].confidence == pytest.approx(1 - 0.05 / 3)


@pytest.mark.parametrize("margin", [-1.0, 0.0, 0.5])
def test_p_is_where_the_interval_ends_on_the_margin(margin):
    one = difference(1.0, 0.4, seeds=((0.9, 1.2, 0.8, 1.1, 1.0),))
    p = p_value(one, margin)
    ends = interval(one, 1 - p)
    assert min(abs(ends.low - margin), abs(ends.high - margin)) < 0.05


def test_sides_margins_and_what_does_not_scatter():
    point = Difference(0.2, np.full(50, 0.2), ((0.2, 0.2),), 10)
    assert interval(point, 0.999) == (0.2, 0.2, 0.2)
    assert p_value(point, 0.2) == 1
    assert p_value(point, 0.1) <= 2 * LEAST
    found = judged([(point, 0.1), (point, 0.3), (point, 0.2)])
    assert [one.decided for one in found] == ["above", "below", None]


def test_seeds_alone_give_students_interval():
    values = (0.11, 0.14, 0.08, 0.13, 0.12)
    mean, error = np.mean(values), np.std(values, ddof=1) / np.sqrt(5)
    shares = np.random.default_rng(1).multinomial(5, [0.2] * 5, 4000) / 5
    one = Difference(float(mean), shares @ np.array(values), (values,), 500)
    ends = interval(one, 0.99)
    assert ends.high - mean == pytest.approx(student.isf(0.005, 4) * error, rel=0.05)
    assert p_value(one, 0.0) == pytest.approx(2 * student.sf(mean / error, 4), rel=0.2)


def study(draw, comparisons, seeds, of_seeds, true=0.0, clusters=60, resamples=100):
    """Comparisons whose clusters and seeds scatter, under one joint resampling."""
    weights = draw.multinomial(clusters, np.full(clusters, 1 / clusters), resamples) / clusters
    shares = draw.multinomial(seeds, np.full(seeds, 1 / seeds), resamples) / seeds
    made = []
    for _ in range(comparisons):
        seed = draw.normal(0, of_seeds, seeds)
        values = true + seed[:, None] + draw.normal(0, 1, clusters) / 2
        values = values + draw.normal(0, 0.5, (seeds, clusters))
        draws = ((shares @ values) * weights).sum(axis=1)
        of = tuple(map(float, values.mean(axis=1)))
        made.append((Difference(float(values.mean()), draws, (of,), clusters), 0.0))
    return made


@pytest.mark.parametrize(("seeds", "of_seeds"), [(5, 0.0), (3, 0.1), (5, 1.0), (3, 1.0)])
def test_a_study_in_which_nothing_differs_decides_something_at_most_so_often(seeds, of_seeds):
    """150 studies of 8 comparisons: 5% is 7.5 of them, four standard deviations more is 18."""
    draw = np.random.default_rng([seeds, int(10 * of_seeds)])
    wrong = sum(
        any(one.decided for one in judged(study(draw, 8, seeds, of_seeds))) for _ in range(150)
    )
    assert wrong <= 18


def test_quantiles_of_the_resamples_alone_would_err_far_more_often(monkeypatch):
    monkeypatch.setattr(Difference, "scatter", ())
    draw = np.random.default_rng(3)
    wrong = sum(any(one.decided for one in judged(study(draw, 8, 3, 1.0))) for _ in range(50))
    assert wrong > 25


def test_what_differs_is_found():
    draw = np.random.default_rng(4)
    found = [one.decided for _ in range(20) for one in judged(study(draw, 8, 5, 0.1, true=1.0))]
    assert found.count("above") / len(found) > 0.95
    assert "below" not in found
