"""A study's drawings: what they leave out, and how arms are told apart."""

import re
from dataclasses import replace

import pytest
from studies.reported import a_study, compared, contents, verdicts

from lingweave.significance import Interval
from lingweave.studies.judging.arm import Cell
from lingweave.studies.reporting.claimplot import MOST, claim_plot
from lingweave.studies.reporting.contents import Row
from lingweave.studies.reporting.looks import key_of, looks, tick
from lingweave.studies.reporting.plots import (
    bias_plot,
    cost_plot,
    costs_of,
    curve_plot,
    numeric_axes,
)


def row(name, choices, **figures):
    given = {"multi.mAP": 0.5, "rank_distance": 100.0} | figures
    shown = {k: Cell(Interval(v, 0.9 * v, 1.1 * v), (v,)) for k, v in given.items()}
    return Row(name, (1,), choices, shown)


def texts(svg):
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


@pytest.mark.parametrize(
    ("choices", "label", "numbers"),
    [
        (["x-y", "alpha-0.0", "alpha-0.5", "alpha-1.0"], "alpha", [0.0, 0.5, 1.0]),
        (["0", ".25", "1"], "size", [0.0, 0.25, 1.0]),
        (["1%", "10%", "100%"], "%", [1.0, 10.0, 100.0]),
        (["steps=100", "steps=200", "steps=400"], "steps", [100.0, 200.0, 400.0]),
    ],
)
def test_an_axis_of_numbers_is_found_by_the_names_of_its_choices(choices, label, numbers):
    (found,) = numeric_axes(replace(contents(), axes={"size": tuple(choices)}))
    assert (found.axis, found.label) == ("size", label)
    assert list(found.of.values()) == numbers


@pytest.mark.parametrize(
    "choices",
    [["xlm-r", "labse"], ["a1", "b2", "c3"], ["bge-m3", "labse", "e5"], ["0.1", "0.2"],
     ["lr-1-2", "lr-1-3", "lr-2-2"]],
)  # fmt: skip
def test_names_are_not_numbers(choices):
    assert numeric_axes(replace(contents(), axes={"x": tuple(choices)})) == []


def test_with_two_axes_colour_and_marker_tell_the_choices():
    given = contents()
    rows = given.parts[0].rows
    shapes = looks(rows, given.axes)
    assert len({*shapes.values()}) == len(rows)
    assert shapes["hybrid/xlm-r"].colour == shapes["hybrid/labse"].colour
    assert shapes["hybrid/xlm-r"].marker == shapes["x-y/xlm-r"].marker
    assert not shapes["tf-idf"].filled
    names = [name for name, _ in key_of(rows, given.axes)]
    assert names == ["x-x-mono", "x-y", "hybrid", "xlm-r", "labse", "tf-idf"]


def test_many_choices_of_one_axis_are_told_apart():
    names = [f"arm {letter}" for letter in "abcdefghijkl"]
    rows = [row(name, {"recipe": name}) for name in names]
    assert len({*looks(rows, {"recipe": names}).values()}) == len(rows)


def test_quality_against_bias_needs_two_arms_with_a_rank_distance():
    given = contents()
    part = given.parts[0]
    svg = bias_plot(given, part, "multi.mAP", "b")
    assert svg is not None
    assert "rank distance, logarithmic scale" in texts(svg)
    assert "tf-idf" in texts(svg)
    assert bias_plot(given, replace(part, rows=part.rows[:1]), "multi.mAP", "b") is None
    undefined = [row("a", {"recipe": "x-y"}, rank_distance=float("nan"))] * 2
    assert bias_plot(given, replace(part, rows=tuple(undefined)), "multi.mAP", "b") is None


def test_quality_against_cost_where_costs_differ():
    given = contents()
    part, costs = given.parts[0], costs_of(given)
    assert costs["parameters"]["hybrid/labse"] == 2e6
    assert costs["seconds"]["hybrid/xlm-r"] == 14.5
    svg = cost_plot(given, part, "multi.mAP", costs["parameters"], "parameters", "c")
    assert svg is not None
    assert "parameters" in texts(svg)
    assert cost_plot(given, part, "multi.mAP", costs["tokens"], "tokens", "c") is None
    assert cost_plot(given, part, "multi.mAP", {}, "tokens", "c") is None


def test_curves_are_over_the_numbers_in_order():
    axes = {"recipe": ("x-y", "alpha-1", "alpha-0", "alpha-.5"), "encoder": ("a", "b")}
    given = replace(contents(), axes=axes, figures=("multi.mAP", "rank_distance"))
    rows = tuple(
        row(f"{choice}/{encoder}", {"recipe": choice, "encoder": encoder}, **{"multi.mAP": height})
        for encoder in ("a", "b")
        for choice, height in (("x-y", 0.9), ("alpha-1", 0.3), ("alpha-0", 0.7), ("alpha-.5", 0.6))
    )
    (numbers,) = numeric_axes(given)
    part = replace(given.parts[0], rows=rows)
    svg = curve_plot(given, part, numbers, "c")
    assert svg is not None
    assert "a: multi mAP from .700 at 0 to .300 at 1" in svg
    assert {"a", "b", "alpha", "multi mAP", "rank distance"} <= {*texts(svg)}
    assert curve_plot(given, replace(part, rows=rows[:3]), numbers, "c") is None


def test_comparisons_are_drawn_by_the_size_of_what_is_compared():
    study = a_study()
    first, second, third, fourth = verdicts(study)
    svg = claim_plot(second, "v")
    assert svg is not None
    assert "rank distance, difference in % of right" in texts(svg)
    assert "hybrid/xlm-r − x-y/xlm-r, facts, multi mAP: −.002 (supported)" in svg
    assert claim_plot(first, "v") is not None
    assert "hybrid/xlm-r − x-y/xlm-r, multi mAP" in texts(svg)  # one benchmark goes unsaid
    assert claim_plot(third, "v") is None  # one comparison needs no drawing
    assert claim_plot(fourth, "v") is None
    assert claim_plot(replace(first, comparisons=(compared(),) * (MOST + 1)), "v") is None


def test_long_names_leave_a_drawing_its_room():
    long = "multi-annealed/labse-with-a-long-name"
    one = verdicts(a_study())[0]
    many = tuple(compared(left=long, right=f"{long}{n}", figure="cross.mAP") for n in range(9))
    svg = claim_plot(replace(one, comparisons=many), "v")
    assert svg is not None
    assert max(map(len, texts(svg))) <= 60
    width = float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1])
    axis = re.findall(r'd="M ([\d.]+) [\d.]+ *\n?L ([\d.]+) ', svg)
    assert max(float(b) - float(a) for a, b in axis) > width / 4


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.25, ".25"), (1, "1"), (1500, "1,500"), (2e6, "2M"), (2.5e9, "2.5B"), (10, "10"),
     (-0.5, "-.5")],
)  # fmt: skip
def test_ticks(value, text):
    assert tick(value) == text
