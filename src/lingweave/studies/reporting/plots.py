"""A study's drawings: quality against language bias, curves over numbers, quality against cost."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes

from lingweave.report.svg import inline_svg, style
from lingweave.report.tables import figure_text
from lingweave.studies.reporting.contents import Contents, Part, Row
from lingweave.studies.reporting.looks import (
    Look,
    draw_marker,
    dress,
    empty_figure,
    key_of,
    look_of,
    looks,
    make_logarithmic,
)
from lingweave.studies.reporting.words import base, figure_words

LEAST_POINTS = 3
"""A curve over fewer numbers is none."""
LEAST_RATIO = 1.3
"""Costs closer together than this are one cost: seconds scatter."""
_NUMBER = re.compile(r"(?<![A-Za-z0-9.])(\d+\.?\d*|\.\d+)(?![\w.])")


def bias_plot(contents: Contents, part: Part, quality: str, name: str) -> str | None:
    """Quality in the pool against rank distance, a dot with its intervals an arm.

    None where fewer than two arms have a rank distance.
    """
    distance = "rank_distance"
    rows = [row for row in part.rows if _known(row, quality) and _known(row, distance)]
    if len(rows) < 2:
        return None
    shapes = looks(rows, contents.axes)
    with style():
        figure = empty_figure(key_of(rows, contents.axes))
        axes = figure.add_subplot()
        for row in rows:
            _dot(axes, row, distance, quality, shapes[row.name])
        make_logarithmic(axes, [row.figures[distance].interval.mean for row in rows])
        dress(axes, "rank distance", figure_words(quality))
        best = max(rows, key=lambda row: row.figures[quality].interval.mean)
        least = min(rows, key=lambda row: row.figures[distance].interval.mean)
        words = (
            f"Best {figure_words(quality)}: {best.name}, {_text(best, quality)} at a rank distance"
            f" of {_text(best, distance)}. Shortest rank distance: {least.name},"
            f" {_text(least, distance)} at {_text(least, quality)}."
        )
        title = f"{figure_words(quality)} against rank distance on {part.name}"
        return inline_svg(figure, name, title, words)


def cost_plot(
    contents: Contents, part: Part, quality: str, costs: Mapping[str, float], unit: str, name: str
) -> str | None:
    """Quality against what training took; None where all took the same, or it is not known.

    Args:
        contents: The report.
        part: The benchmark.
        quality: The figure.
        costs: Arm -> its cost.
        unit: What it is counted in, as ``tokens``.
        name: of the drawing, unique on the page.
    """
    rows = [row for row in part.rows if _known(row, quality) and costs.get(row.name)]
    known = [costs[row.name] for row in rows]
    if len(rows) < 2 or not _differ({row.name: costs[row.name] for row in rows}):
        return None
    shapes = looks(rows, contents.axes)
    with style():
        figure = empty_figure(key_of(rows, contents.axes))
        axes = figure.add_subplot()
        for row in rows:
            look, interval = shapes[row.name], row.figures[quality].interval
            axes.vlines(costs[row.name], interval.low, interval.high, color=look.colour)
            draw_marker(axes, costs[row.name], interval.mean, look)
        make_logarithmic(axes, known)
        dress(axes, cost_words(unit), figure_words(quality))
        words = "; ".join(
            f"{row.name} {_text(row, quality)} for {costs[row.name]:,.4g}" for row in rows
        )
        title = f"{figure_words(quality)} against {cost_words(unit)} on {part.name}"
        return inline_svg(figure, name, title, f"{words}.")


class Numbers(NamedTuple):
    """Choices of an axis that differ by a number."""

    axis: str
    label: str
    """What the number is called: `alpha` of `alpha-0.4`."""
    of: Mapping[str, float]
    """Choice -> number."""


def numeric_axes(contents: Contents) -> list[Numbers]:
    """Axes with three choices or more that differ by a number in their names."""
    found = []
    for axis, choices in contents.axes.items():
        families: dict[str, dict[str, float]] = {}
        for choice in choices:
            numbers = list(_NUMBER.finditer(choice))
            if len(numbers) == 1:
                rest = choice[: numbers[0].start()] + choice[numbers[0].end() :]
                families.setdefault(rest, {})[choice] = float(numbers[0][1])
        rest, most = max(families.items(), key=lambda one: len(one[1]), default=("", {}))
        if len(most) >= LEAST_POINTS:
            found.append(Numbers(axis, rest.strip(" -_=:") or axis, most))
    return found


def curve_plot(contents: Contents, part: Part, numbers: Numbers, name: str) -> str | None:
    """Every figure of the tables over an axis of numbers, a line for each choice of the others.

    None where no line has three points.
    """
    lines: dict[str, list[tuple[float, Row]]] = {}
    for row in part.rows:
        if row.choices.get(numbers.axis) in numbers.of:
            others = [
                choice
                for other, choice in row.choices.items()
                if other != numbers.axis and len(contents.axes.get(other, ())) > 1
            ]
            number = numbers.of[row.choices[numbers.axis]]
            lines.setdefault("/".join(others), []).append((number, row))
    lines = {
        line: sorted(points, key=lambda p: p[0])
        for line, points in lines.items()
        if len(points) >= LEAST_POINTS
    }
    figures = [
        f
        for f in contents.figures
        if any(_known(row, f) for points in lines.values() for _, row in points)
    ]
    if not lines or not figures:
        return None
    columns = min(2, len(figures))
    rows = math.ceil(len(figures) / columns)
    with style():
        key = [(line, look_of(place, place)) for place, line in enumerate(lines)]
        figure = empty_figure(key if len(lines) > 1 else [], 7.6, 2.7 * rows)
        panels = figure.subplots(rows, columns, squeeze=False)
        for panel, which in zip(panels.flat, figures, strict=False):
            for place, points in enumerate(lines.values()):
                known = [(x, r.figures[which].interval) for x, r in points if _known(r, which)]
                colour, marker, filled = look_of(place, place)
                at = [x for x, _ in known]
                panel.plot(at, [i.mean for _, i in known], color=colour, linewidth=1.6,
                           marker=marker, markersize=4,
                           markerfacecolor=colour if filled else "none")  # fmt: skip
                panel.fill_between(
                    at, [i.low for _, i in known], [i.high for _, i in known],
                    color=colour, alpha=0.18, linewidth=0,
                )  # fmt: skip
            if base(which) == "rank_distance":
                means = [r.figures[which].interval.mean for p in lines.values() for _, r in p]
                make_logarithmic(panel, means, "y")
            dress(panel, numbers.label, figure_words(which))
        for panel in list(panels.flat)[len(figures) :]:
            panel.set_visible(False)
        return inline_svg(
            figure,
            name,
            f"Figures over {numbers.label} on {part.name}",
            _curve_words(lines, figures),
        )


def _curve_words(lines: Mapping[str, Sequence[tuple[float, Row]]], figures: Sequence[str]) -> str:
    texts = []
    for line, points in lines.items():
        ends = [
            f"{figure_words(f)} from {_text(points[0][1], f)} at {points[0][0]:g} to"
            f" {_text(points[-1][1], f)} at {points[-1][0]:g}"
            for f in figures
            if _known(points[0][1], f) and _known(points[-1][1], f)
        ]
        texts.append(f"{line + ': ' if line else ''}{', '.join(ends)}")
    return f"{'; '.join(texts)}."


def _dot(axes: Axes, row: Row, across: str, up: str, look: Look) -> None:
    x, y = row.figures[across].interval, row.figures[up].interval
    axes.hlines(y.mean, x.low, x.high, color=look.colour, linewidth=1.4)
    axes.vlines(x.mean, y.low, y.high, color=look.colour, linewidth=1.4)
    draw_marker(axes, x.mean, y.mean, look)


def cost_words(unit: str) -> str:
    """What the axis of a cost is called."""
    estimated = " (estimated from 16 steps)" if unit == "tokens" else ""
    return unit if unit == "parameters" else f"{unit} of one training run{estimated}"


def _known(row: Row, figure: str) -> bool:
    shown = row.figures.get(figure)
    return shown is not None and bool(np.isfinite(shown.interval.mean))


def _text(row: Row, figure: str) -> str:
    return figure_text(base(figure), row.figures[figure].interval.mean)


def costs_of(contents: Contents) -> dict[str, dict[str, float]]:
    """What one training run of each arm takes: unit -> arm -> mean over its runs."""
    found: dict[str, dict[str, float]] = {}
    for unit in ("parameters", "tokens", "seconds"):
        by_arm: dict[str, list[float]] = {}
        for one in contents.costs:
            value = getattr(one, unit)
            if value:
                by_arm.setdefault(one.arm, []).append(float(value))
        if by_arm:
            found[unit] = {arm: sum(values) / len(values) for arm, values in by_arm.items()}
    # Seconds at equal work tell how busy the computer was.
    if not any(_differ(costs) for unit, costs in found.items() if unit != "seconds"):
        found.pop("seconds", None)
    return found


def _differ(costs: Mapping[str, float]) -> bool:
    return max(costs.values()) >= LEAST_RATIO * min(costs.values())
