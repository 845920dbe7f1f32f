"""A study's drawings: quality against language bias, curves over numbers, quality against cost."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from lingweave.report.plots import ARM_COLOURS, ARM_MARKERS
from lingweave.report.svg import INK, inline_svg, style
from lingweave.report.tables import figure_text
from lingweave.studies.reporting.contents import Contents, Part, Row
from lingweave.studies.reporting.words import base, figure_words

LEAST_POINTS = 3
"""A curve over fewer numbers is none."""
LEAST_RATIO = 1.3
"""Costs closer together than this are one cost: seconds scatter."""
LEGEND_LETTERS = 76
"""What fits beside each other over a drawing."""
COLOUR_ALONE = "_"
"""In a legend, where the marker says something else."""
_NUMBER = re.compile(r"(?<![A-Za-z0-9.])(\d+\.?\d*|\.\d+)(?![\w.])")


class Look(NamedTuple):
    """How an arm is drawn."""

    colour: str
    marker: str
    filled: bool
    """Floors are hollow, and what comes after the last colour."""


def looks(rows: Sequence[Row], axes: Mapping[str, Sequence[str]]) -> dict[str, Look]:
    """One look an arm. With two axes or more, the first is the colour and the second the marker."""
    told, found, floors = _told(rows, axes), {}, 0
    for place, row in enumerate(rows):
        if not row.trained:
            found[row.name] = Look(INK, ARM_MARKERS[floors % len(ARM_MARKERS)], False)
            floors += 1
            continue
        first, second = place, place + place // len(ARM_COLOURS)
        if len(told) > 1:
            first, second = (told[axis].index(row.choices[axis]) for axis in list(told)[:2])
        found[row.name] = _look(first, second)
    return found


def key_of(rows: Sequence[Row], axes: Mapping[str, Sequence[str]]) -> list[tuple[str, Look]]:
    """What a legend says: arm by arm or, with two axes, choice by choice."""
    shapes, told = looks(rows, axes), _told(rows, axes)
    if len(told) < 2:
        return [(row.name, shapes[row.name]) for row in rows]
    colours, markers = list(told.values())[:2]
    key = [
        (choice, _look(place, 0)._replace(marker=COLOUR_ALONE))
        for place, choice in enumerate(colours)
    ]
    key += [(choice, _look(0, place)._replace(colour=INK)) for place, choice in enumerate(markers)]
    return key + [(row.name, shapes[row.name]) for row in rows if not row.trained]


def _told(rows: Sequence[Row], axes: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Axis -> its choices among these arms, where there are several."""
    found = {
        axis: [c for c in choices if any(row.choices.get(axis) == c for row in rows)]
        for axis, choices in axes.items()
    }
    return {axis: choices for axis, choices in found.items() if len(choices) > 1}


def _look(colour: int, marker: int) -> Look:
    return Look(
        ARM_COLOURS[colour % len(ARM_COLOURS)], ARM_MARKERS[marker % len(ARM_MARKERS)], True
    )


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
        figure = _figure(key_of(rows, contents.axes))
        axes = figure.add_subplot()
        for row in rows:
            _dot(axes, row, distance, quality, shapes[row.name])
        _logarithmic(axes, [row.figures[distance].interval.mean for row in rows])
        _dress(axes, "rank distance", figure_words(quality))
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
        figure = _figure(key_of(rows, contents.axes))
        axes = figure.add_subplot()
        for row in rows:
            look, interval = shapes[row.name], row.figures[quality].interval
            axes.vlines(costs[row.name], interval.low, interval.high, color=look.colour)
            _marker(axes, costs[row.name], interval.mean, look)
        _logarithmic(axes, known)
        _dress(axes, cost_words(unit), figure_words(quality))
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
        key = [(line, _look(place, place)) for place, line in enumerate(lines)]
        figure = _figure(key if len(lines) > 1 else [], 7.6, 2.7 * rows)
        panels = figure.subplots(rows, columns, squeeze=False)
        for panel, which in zip(panels.flat, figures, strict=False):
            for place, points in enumerate(lines.values()):
                known = [(x, r.figures[which].interval) for x, r in points if _known(r, which)]
                colour, marker, filled = _look(place, place)
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
                _logarithmic(panel, means, "y")
            _dress(panel, numbers.label, figure_words(which))
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
    _marker(axes, x.mean, y.mean, look)


def _marker(axes: Axes, x: float, y: float, look: Look) -> None:
    axes.plot([x], [y], look.marker, color=look.colour, markersize=7,
              markerfacecolor=look.colour if look.filled else "none")  # fmt: skip


def _logarithmic(axes: Axes, values: Sequence[float], which: str = "x") -> None:
    """A logarithmic scale where the values span more than one order of magnitude."""
    if min(values) <= 0 or max(values) < 10 * min(values):
        return
    if which == "x":
        axes.set_xscale("log")
    else:
        axes.set_yscale("log")
    scale = axes.xaxis if which == "x" else axes.yaxis
    scale.set_minor_formatter(NullFormatter())


def _dress(axes: Axes, across: str, up: str) -> None:
    for scale in (axes.xaxis, axes.yaxis):
        scale.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))
        if scale.get_scale() == "linear":
            scale.set_major_locator(MaxNLocator(5))
    logarithmic = axes.get_xscale() == "log"
    axes.set_xlabel(f"{across}{', logarithmic scale' if logarithmic else ''}")
    axes.set_ylabel(up)
    axes.grid(color=INK, alpha=0.15, linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)


def _figure(key: Sequence[tuple[str, Look]], width: float = 7.2, height: float = 4.0) -> Figure:
    """An empty drawing of that size below its legend, which may have many lines."""
    if not key:
        return Figure(figsize=(width, height), layout="constrained")
    longest = max(len(name) for name, _ in key) + 4
    columns = max(1, min(len(key), LEGEND_LETTERS // longest))
    height += 0.21 * -(-len(key) // columns)
    figure = Figure(figsize=(width, height), layout="constrained")
    handles = [
        Line2D([], [], linestyle="none", marker=look.marker, color=look.colour,
               markersize=11 if look.marker == COLOUR_ALONE else 7,
               markeredgewidth=5 if look.marker == COLOUR_ALONE else 1,
               markerfacecolor=look.colour if look.filled else "none", label=name)
        for name, look in key
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside upper left", ncols=columns, fontsize=10)
    return figure


def tick(value: float) -> str:
    """A number beside an axis: .25, 1,000, 3M, 2.5B."""
    for size, letter in ((1e9, "B"), (1e6, "M")):
        if abs(value) >= size:
            return f"{value / size:.4g}{letter}"
    return f"{value:,.10g}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:,.10g}"


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
