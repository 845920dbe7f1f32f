"""Heatmaps by query and passage language, and rank distance by language, as inline SVG."""

import math
from collections.abc import Sequence

import langcodes
import numpy as np
from matplotlib.colors import Colormap, Normalize, TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter
from numpy.typing import NDArray

from lingweave import languages
from lingweave.report.comparison import ComparedArm, Comparison
from lingweave.report.svg import INK, inline_svg, style

NUMBERS_UP_TO = 20
"""With more languages, cells are too small for numbers and the axes for names."""

ARM_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B8860B", "#56B4E9", "#8C8C8C")
"""After Okabe and Ito (2008): told apart by the colour-blind, legible on white and on black."""
ARM_MARKERS = "osD^vPX"
LEAST_MAP, LEAST_DIFFERENCE = 0.1, 0.02
"""Scales reach at least as far: the full range of colours is not spent on noise."""


def own_name(code: str) -> str:
    """A language's name in the language itself, with its code: ``ไทย th``."""
    autonym = langcodes.get(code).autonym()
    return code if autonym.startswith("Unknown") else f"{autonym} {code}"


def map_heatmap(comparison: Comparison, arm: ComparedArm, name: str) -> str:
    """L x L mAP by query and passage language; all arms share one scale."""
    top = np.nanmax([np.nanmax(one.pair_map, initial=0) for one in comparison.arms])
    norm = Normalize(0, max(float(top), LEAST_MAP))
    title = f"mAP of {arm.name} by query and passage language"
    return _heatmap(comparison.languages, arm.pair_map, norm, "cividis", "mAP", title, name)


def difference_heatmap(comparison: Comparison, arm: ComparedArm, name: str) -> str:
    """L x L mAP minus the baseline's; all arms share one scale, with 0 in its middle.

    Where trained arms are among them the scale is theirs: beside a random encoder's distance all
    differences between them would look the same.
    """
    base = comparison.arm(comparison.baseline).pair_map
    trained = [one for one in comparison.arms if any(seed is not None for seed in one.seeds)]
    ruling = trained if len(trained) > 1 else comparison.arms
    gaps = [np.nanmax(np.abs(one.pair_map - base), initial=0) for one in ruling]
    widest = max(float(np.nanmax(gaps)), LEAST_DIFFERENCE)
    norm = TwoSlopeNorm(0, -widest, widest)
    title = f"mAP of {arm.name} minus {comparison.baseline} by query and passage language"
    cells = arm.pair_map - base
    return _heatmap(comparison.languages, cells, norm, "RdBu", "difference", title, name, sign=True)


def _heatmap(
    codes: Sequence[str],
    cells: NDArray[np.float64],
    norm: Normalize,
    colours: str,
    label: str,
    title: str,
    name: str,
    sign: bool = False,
) -> str:
    many = len(codes) > NUMBERS_UP_TO
    inches = 1.6 + len(codes) * (0.16 if many else 0.46)
    with style():
        figure = Figure(figsize=(inches + (1.4 if many else 2.2), inches), layout="compressed")
        axes = figure.add_subplot()
        image = axes.imshow(cells, norm=norm, cmap=colours, interpolation="none")
        size = 7 if many else 11
        axes.set_xticks(range(len(codes)), codes, rotation=90 if many else 0, fontsize=size)
        axes.set_yticks(range(len(codes)), [c if many else own_name(c) for c in codes])
        axes.tick_params(length=0, labelsize=size)
        axes.set_xlabel("language of the passage")
        axes.set_ylabel("language of the query")
        axes.spines[:].set_visible(False)
        beyond = bool(np.nanmax(np.abs(cells), initial=0) > (norm.vmax or 0) * 1.0001)
        bar = figure.colorbar(
            image, ax=axes, shrink=0.7, label=label, extend="both" if beyond else "neither"
        )
        bar.outline.set_visible(False)
        bar.ax.tick_params(labelsize=10)
        if not many:
            for (x, y), value in np.ndenumerate(cells):
                if math.isfinite(value):
                    colour = _on(image.cmap, norm(value))
                    text = _cell_text(float(value), sign)
                    axes.text(y, x, text, ha="center", va="center", color=colour, fontsize=9)
        return inline_svg(figure, name, title, _heatmap_words(codes, cells, label))


def _cell_text(value: float, sign: bool) -> str:
    """Two places without the leading zero, as ``.79``, ``+.02`` or ``1.0``."""
    text = f"{abs(value):.2f}"
    if text == "0.00":
        return "0" if sign else ".00"
    text = text[1:] if text.startswith("0") else text[:3]
    return f"{'−' if value < 0 else '+' if sign else ''}{text}"


def _on(colours: Colormap, place: float) -> str:
    """Black or white, whichever stands out more on a colour (WCAG relative luminance)."""
    red, green, blue, _ = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colours(float(place))
    )
    return "#000000" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 else "#ffffff"


def _heatmap_words(codes: Sequence[str], cells: NDArray[np.float64], label: str) -> str:
    if not np.isfinite(cells).any():
        return f"No {label} is defined."
    ends = []
    for word, place in (("lowest", np.nanargmin(cells)), ("highest", np.nanargmax(cells))):
        x, y = np.unravel_index(place, cells.shape)
        query, passage = (languages.name(codes[int(i)]) for i in (x, y))
        ends.append(f"{word} {cells[x, y]:.3f} for {query} queries and {passage} passages")
    return f"Of {np.isfinite(cells).sum()} language pairs, {label} is {ends[0]}; {ends[1]}."


def rank_distance_plot(comparison: Comparison, name: str) -> str | None:
    """Rank distance by query language, a dot with its interval for each arm; None if undefined."""
    codes, arms = comparison.languages, comparison.arms
    figures = {arm.name: [arm.by_language[code]["rank_distance"] for code in codes] for arm in arms}
    means = [i.mean for row in figures.values() for i in row if math.isfinite(i.mean)]
    if not means:
        return None
    logarithmic = min(means) > 0 and max(means) > 30 * min(means)
    with style():
        row = 0.12 * len(arms) + 0.18
        figure = Figure(figsize=(7.2, 1.2 + row * len(codes)), layout="constrained")
        axes = figure.add_subplot()
        for place, arm in enumerate(arms):
            intervals = figures[arm.name]
            height = np.arange(len(codes)) + (place - (len(arms) - 1) / 2) * 0.7 / len(arms)
            colour = ARM_COLOURS[place % len(ARM_COLOURS)]
            ends = np.array([(i.low, i.high) for i in intervals])
            axes.hlines(height, ends[:, 0], ends[:, 1], color=colour, linewidth=2)
            axes.plot(
                [i.mean for i in intervals],
                height,
                ARM_MARKERS[place % len(ARM_MARKERS)],
                color=colour,
                markersize=5,
                label=arm.name,
            )
        if logarithmic:
            axes.set_xscale("log")
            axes.xaxis.set_minor_formatter(NullFormatter())
        else:
            axes.set_xlim(left=0)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
        axes.set_yticks(range(len(codes)), [own_name(code) for code in codes])
        axes.tick_params(axis="y", length=0)
        if len(codes) > NUMBERS_UP_TO:  # the lower axis is out of sight
            axes.tick_params(axis="x", top=True, labeltop=True)
        axes.set_ylim(len(codes) - 0.5, -0.5)
        axes.grid(axis="x", color=INK, alpha=0.18, linewidth=0.8)
        for line in range(1, len(codes)):
            axes.axhline(line - 0.5, color=INK, alpha=0.12, linewidth=0.6)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.set_xlabel(f"rank distance{', logarithmic scale' if logarithmic else ''}")
        figure.legend(loc="outside upper left", ncols=min(4, len(arms)))
        title = "Rank distance by language of the query"
        return inline_svg(figure, name, title, _distance_words(comparison))


def _distance_words(comparison: Comparison) -> str:
    texts = []
    for arm in comparison.arms:
        known = {
            code: figures["rank_distance"].mean
            for code, figures in arm.by_language.items()
            if math.isfinite(figures["rank_distance"].mean)
        }
        if known:
            low, high = min(known, key=known.__getitem__), max(known, key=known.__getitem__)
            texts.append(
                f"{arm.name} from {known[low]:,.1f} ({languages.name(low)})"
                f" to {known[high]:,.1f} ({languages.name(high)})"
            )
    return f"{'; '.join(texts)}."
