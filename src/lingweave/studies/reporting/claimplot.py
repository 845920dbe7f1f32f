"""The comparisons of a claim as a drawing: differences with both intervals and what is asked."""

import math
import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from lingweave.report.plots import ARM_COLOURS
from lingweave.report.svg import INK, inline_svg, style
from lingweave.significance import Interval
from lingweave.studies.judging.verdicts import Compared, Verdict
from lingweave.studies.reporting.display import decisive_cell, difference_words
from lingweave.studies.reporting.looks import tick
from lingweave.studies.reporting.words import base, figure_words

COLOURS = {"supported": ARM_COLOURS[2], "refuted": ARM_COLOURS[1], "undecided": ARM_COLOURS[6]}
"""Of a comparison's status; the table names it too."""
MOST = 60
"""Rows of one drawing; with more the table serves better."""

LINE = 52
"""Letters of a line beside a drawing."""


def claim_plot(verdict: Verdict, name: str) -> str | None:
    """One panel a kind of figure, one row a comparison; None with no comparison made, or one."""
    made = [one for one in verdict.comparisons if math.isfinite(_shown(one).mean)]
    if not 1 < len(made) <= MOST:
        return None
    panels: dict[str, list[Compared]] = {}
    for one in made:
        panels.setdefault(_scale(one), []).append(one)
    labels = dict(zip(map(id, made), _labels(made), strict=True))
    lines = [line for label in labels.values() for line in label.split("\n")]
    row = 0.1 + 0.14 * max(label.count("\n") + 1 for label in labels.values())
    heights = [row * len(rows) + 0.62 for rows in panels.values()]
    with style():
        width = 5.2 + 0.072 * max(map(len, lines))
        figure = Figure(figsize=(width, sum(heights)), layout="constrained")
        drawn = figure.subplots(
            len(panels), 1, squeeze=False, gridspec_kw={"height_ratios": heights}
        )
        for axes, (scale, rows) in zip(drawn[:, 0], panels.items(), strict=True):
            _panel(axes, scale, rows, [labels[id(one)] for one in rows])
        words = "; ".join(
            f"{_label(one)}: {decisive_cell(one).text} ({one.status})" for one in made
        )
        return inline_svg(figure, name, f"Comparisons of: {verdict.claim.text}", f"{words}.")


def _panel(axes: Axes, scale: str, rows: Sequence[Compared], labels: Sequence[str]) -> None:
    heights = np.arange(len(rows))
    factor = 100 if rows[0].share is not None else 1
    for height, one in zip(heights, rows, strict=True):
        colour, interval = COLOURS.get(one.status, INK), _shown(one)
        axes.hlines(height, factor * interval.low, factor * interval.high, color=colour, lw=1.2)
        if one.share is None:
            axes.hlines(height, one.plain.low, one.plain.high, color=colour, linewidth=3.5)
        axes.plot([factor * interval.mean], [height], "o", color=colour, markersize=5)
    thresholds = {(factor * one.threshold, one.side) for one in rows}
    axes.margins(x=0.06)
    axes.axvline(0, color=INK, linewidth=0.8, alpha=0.6)
    left, right = axes.get_xlim()
    for threshold, _ in sorted(thresholds):
        axes.axvline(threshold, color=INK, linewidth=1, linestyle=(0, (4, 3)))
        left, right = min(left, threshold), max(right, threshold)
    axes.set_xlim(left, right)
    if len(thresholds) == 1:
        threshold, side = thresholds.pop()
        ends = (threshold, right) if side == "above" else (left, threshold)
        axes.axvspan(*ends, color=INK, alpha=0.05, linewidth=0)
    axes.set_yticks(heights, labels, fontsize=9)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(FuncFormatter(_signed))
    axes.set_xlabel(scale, fontsize=10)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.grid(axis="x", color=INK, alpha=0.15, linewidth=0.8)


def _signed(value: float, _: float | None = None) -> str:
    text = tick(abs(float(f"{value:.6g}")))
    return text if not float(f"{value:.6g}") else f"{'−' if value < 0 else '+'}{text}"


def _shown(one: Compared) -> Interval:
    return one.difference if one.share is None else one.share


def _scale(one: Compared) -> str:
    """What the panel's axis measures: comparisons on one axis must be of one size."""
    if one.share is not None:
        return f"{figure_words(base(one.figure))}, difference in % of right"
    if base(one.figure) in ("rank_distance", "rank_distance_ratio"):
        return f"{figure_words(base(one.figure))}, difference"
    return "difference"


def _labels(rows: Sequence[Compared]) -> list[str]:
    """What tells the comparisons apart, in lines that leave room for the drawing."""
    elsewhere = len({one.benchmark for one in rows}) > 1
    labels = []
    for one in rows:
        place = one.benchmark if elsewhere else ""
        text = ", ".join(filter(None, (difference_words(one), place, figure_words(one.figure))))
        halves = text.replace(" − ", " −\n", 1).split("\n") if len(text) > LINE else [text]
        folded = (textwrap.fill(half, LINE + 8, break_on_hyphens=False) for half in halves)
        labels.append("\n".join(folded))
    return labels


def _label(one: Compared) -> str:
    return f"{difference_words(one)}, {one.benchmark}, {figure_words(one.figure)}"
