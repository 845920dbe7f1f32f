"""Drawings of an audit: text is text, and says what is drawn."""

import numpy as np
import pytest

from lingweave.audit.plots import distance_plot, projection_plot, share_plot


@pytest.mark.parametrize("distances", [np.linspace(500, 900, 50), np.geomspace(11, 9000, 100)])
def test_distances_have_plain_numbers_on_either_scale(distances):
    svg = distance_plot(distances, 10, 1000.0, "x")
    assert "mathdefault" not in svg
    assert f"half at {np.median(distances):,.0f} or less" in svg
    assert distance_plot(np.array([np.nan]), 10, 1000.0, "x") is None


def test_shares_name_who_gains_and_who_loses():
    svg = share_plot(["de", "en"], np.array([0.2, 0.8]), np.array([0.6, 0.4]), 10, "x")
    assert "English gains most: 80.0% of the places for 40.0%" in svg
    assert "German loses most" in svg


def test_a_projection_of_many_languages_has_colours_for_some():
    points = {f"{a}{b}": np.zeros((3, 2)) for a in "abcd" for b in "efmr"}
    assert "48 documents in 16 languages" in projection_plot(points, "x")
