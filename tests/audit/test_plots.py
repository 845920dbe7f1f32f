"""Drawings of an audit: text is text, and says what is drawn."""

from types import SimpleNamespace

import numpy as np
import pytest

from lingweave.audit.page import _spread
from lingweave.audit.plots import distance_bins, distance_plot, projection_plot, share_plot
from lingweave.benchmark import Benchmark, Gold, Texts
from lingweave.encoders.random_vectors import RandomVectors
from lingweave.encoders.scores import encoder_scores
from lingweave.evaluate import evaluate


@pytest.mark.parametrize("distances", [np.linspace(500, 900, 50), np.geomspace(11, 9000, 100)])
def test_distances_have_plain_numbers_on_either_scale(distances):
    svg = distance_plot(distances, 10, 1000.0, "x")
    assert "mathdefault" not in svg
    assert f"half at {np.median(distances):,.0f} or less" in svg
    assert distance_plot(np.array([np.nan]), 10, 1000.0, "x") is None


@pytest.mark.parametrize("spread", [False, True])
@pytest.mark.parametrize("best", [1, 3, 5000])
def test_every_distance_is_in_a_bar(best, spread):
    distances = np.array([1, 1, 2, 2, 3, 5, 80, 2000.0])
    edges = distance_bins(distances, best, 700.0, spread)
    assert np.histogram(distances, edges)[0].sum() == len(distances)
    assert edges[0] <= 700 <= edges[-1]


def test_queries_with_different_numbers_of_answers_have_their_own_chance():
    """In a pool of 19, chance is 20 (R - 1) / (R + 1): 20/3 with two answers, 12 with four."""
    ids = tuple(f"p{i}" for i in range(19))
    answers = {"q0": ids[:1], "q1": ids[1:3], "q2": ids[3:7]}
    made = Benchmark(
        "b",
        {"en": Texts(tuple(answers), tuple(answers))},
        {"en": Texts(ids, ids)},
        tuple(Gold(query, "en", id) for query, some in answers.items() for id in some),
    )
    evaluation = evaluate(made, encoder_scores(RandomVectors(0), made))
    drawing = _spread(SimpleNamespace(evaluation=evaluation), "x")
    assert "Of 2 queries" in drawing.svg
    assert f"a random ranking's mean is {(20 / 3 + 12) / 2:,.0f}." in drawing.svg.unescape()


def test_shares_name_who_gains_and_who_loses():
    svg = share_plot(["de", "en"], np.array([0.2, 0.8]), np.array([0.6, 0.4]), 10, "x")
    assert "English gains most: 80.0% of the places for 40.0%" in svg
    assert "German loses most" in svg


def test_a_projection_of_many_languages_has_colours_for_some():
    points = {f"{a}{b}": np.zeros((3, 2)) for a in "abcd" for b in "efmr"}
    assert "48 documents in 16 languages" in projection_plot(points, "x")
