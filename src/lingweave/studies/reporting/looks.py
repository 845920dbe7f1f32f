"""How a study's drawings look: colours and markers of arms, legends, axes."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from lingweave.report.plots import ARM_COLOURS, ARM_MARKERS
from lingweave.report.svg import INK
from lingweave.studies.reporting.contents import Row

LEGEND_LETTERS = 76
"""What fits beside each other over a drawing."""
COLOUR_ALONE = "_"
"""In a legend, where the marker says something else."""


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
        found[row.name] = look_of(first, second)
    return found


def key_of(rows: Sequence[Row], axes: Mapping[str, Sequence[str]]) -> list[tuple[str, Look]]:
    """What a legend says: arm by arm or, with two axes, choice by choice."""
    shapes, told = looks(rows, axes), _told(rows, axes)
    if len(told) < 2:
        return [(row.name, shapes[row.name]) for row in rows]
    colours, markers = list(told.values())[:2]
    key = [
        (choice, look_of(place, 0)._replace(marker=COLOUR_ALONE))
        for place, choice in enumerate(colours)
    ]
    key += [
        (choice, look_of(0, place)._replace(colour=INK)) for place, choice in enumerate(markers)
    ]
    return key + [(row.name, shapes[row.name]) for row in rows if not row.trained]


def _told(rows: Sequence[Row], axes: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Axis -> its choices among these arms, where there are several."""
    found = {
        axis: [c for c in choices if any(row.choices.get(axis) == c for row in rows)]
        for axis, choices in axes.items()
    }
    return {axis: choices for axis, choices in found.items() if len(choices) > 1}


def look_of(colour: int, marker: int) -> Look:
    return Look(
        ARM_COLOURS[colour % len(ARM_COLOURS)], ARM_MARKERS[marker % len(ARM_MARKERS)], True
    )


def draw_marker(axes: Axes, x: float, y: float, look: Look) -> None:
    axes.plot([x], [y], look.marker, color=look.colour, markersize=7,
              markerfacecolor=look.colour if look.filled else "none")  # fmt: skip


def make_logarithmic(axes: Axes, values: Sequence[float], which: str = "x") -> None:
    """A logarithmic scale where the values span more than one order of magnitude."""
    if min(values) <= 0 or max(values) < 10 * min(values):
        return
    if which == "x":
        axes.set_xscale("log")
    else:
        axes.set_yscale("log")
    scale = axes.xaxis if which == "x" else axes.yaxis
    scale.set_minor_formatter(NullFormatter())


def dress(axes: Axes, across: str, up: str) -> None:
    for scale in (axes.xaxis, axes.yaxis):
        scale.set_major_formatter(FuncFormatter(lambda value, _: tick(value)))
        if scale.get_scale() == "linear":
            scale.set_major_locator(MaxNLocator(5))
    logarithmic = axes.get_xscale() == "log"
    axes.set_xlabel(f"{across}{', logarithmic scale' if logarithmic else ''}")
    axes.set_ylabel(up)
    axes.grid(color=INK, alpha=0.15, linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)


def empty_figure(
    key: Sequence[tuple[str, Look]], width: float = 7.2, height: float = 4.0
) -> Figure:
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
