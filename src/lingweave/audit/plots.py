"""What an audit shows beside the report's drawings, as inline SVG."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter
from numpy.typing import NDArray

from lingweave import languages
from lingweave.report.plots import ARM_COLOURS, NUMBERS_UP_TO, own_name
from lingweave.report.svg import INK, inline_svg, style

Floats = NDArray[np.float64]

BINS = 24
SHOWN = 12
"""Languages that get a colour of their own in a projection."""


def share_plot(codes: Sequence[str], found: Floats, held: Floats, depth: int, name: str) -> str:
    """Each language's share of the first places beside its share of the documents.

    Args:
        codes: (L,) languages.
        found: (L,) shares of the first ``depth`` places, summing to 1.
        held: (L,) shares of the documents, summing to 1.
        depth: how many places.
        name: of the drawing, unique on the page.
    """
    order = np.argsort(-(found - held), kind="stable")
    rows = np.arange(len(codes))
    with style():
        figure = Figure(figsize=(7.2, 1.2 + 0.28 * len(codes)), layout="constrained")
        axes = figure.add_subplot()
        axes.hlines(rows, 100 * held[order], 100 * found[order], color=INK, linewidth=1)
        axes.plot(100 * held[order], rows, "|", color=INK, markersize=11, label="of the documents")
        axes.plot(100 * found[order], rows, "o", color=ARM_COLOURS[0], markersize=6,
                  label=f"of the first {depth} places")  # fmt: skip
        axes.set_yticks(rows, [own_name(codes[i]) for i in order])
        axes.tick_params(axis="y", length=0, labelsize=7 if len(codes) > NUMBERS_UP_TO else 11)
        axes.invert_yaxis()
        axes.set_xlim(left=0)
        axes.set_xlabel("share, %")
        axes.spines[["top", "right", "left"]].set_visible(False)
        figure.legend(loc="outside upper left", ncols=2)
        most, least = (languages.name(codes[i]) for i in (order[0], order[-1]))
        words = (
            f"{most} gains most: {found[order[0]]:.1%} of the places for {held[order[0]]:.1%} of"
            f" the documents; {least} loses most: {found[order[-1]]:.1%} for"
            f" {held[order[-1]]:.1%}."
        )
        return inline_svg(figure, name, f"Share of the first {depth} places by language", words)


def distance_plot(distances: Floats, best: int, random: float, name: str) -> str | None:
    """How the rank distances of the queries are spread; None where there are none.

    Args:
        distances: (n,) in ranks; NaN is left out.
        best: the smallest that is possible for any of the queries.
        random: what a random ranking gives on average over the queries.
        name: of the drawing, unique on the page.
    """
    known = distances[np.isfinite(distances)]
    if not len(known):
        return None
    # Where most queries are far from the longest distances, steps of equal size would show one bar.
    spread = float(np.median(known)) < max(float(known.max()), random) / 10
    edges = distance_bins(known, best, random, spread)
    with style():
        figure = Figure(figsize=(7.2, 2.6), layout="constrained")
        axes = figure.add_subplot()
        axes.hist(known, bins=edges.tolist(), color=ARM_COLOURS[0])
        if spread:
            axes.set_xscale("log")
            axes.xaxis.set_minor_formatter(NullFormatter())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
        axes.axvline(random, color=INK, linestyle=":", label="a random ranking's mean")
        axes.axvline(np.median(known), color=ARM_COLOURS[1], label="median")
        axes.set_xlabel("rank distance of a query")
        axes.set_ylabel("queries")
        axes.spines[["top", "right"]].set_visible(False)
        figure.legend(loc="outside upper left", ncols=2)
        low, middle, high = np.quantile(known, (0.1, 0.5, 0.9))
        words = (
            f"Of {len(known):,} queries, a tenth are at {low:,.0f} or less, half at {middle:,.0f}"
            f" or less, a tenth at {high:,.0f} or more; a random ranking's mean is {random:,.0f}."
        )
        return inline_svg(figure, name, "How rank distances are spread", words)


def distance_bins(known: Floats, best: int, random: float, spread: bool) -> Floats:
    """(bins + 1,) rising edges of bars that hold every distance and the mean of a random ranking.

    Args:
        known: (n,) distances in ranks, 1 or more.
        best: where the first bar begins, if no distance is smaller.
        random: what a random ranking gives on average.
        spread: whether steps grow with the distance.
    """
    ends = np.geomspace if spread else np.linspace
    low = max(1.0, min(best, float(known.min())))
    high = max(float(known.max()), random, low) + 1
    edges: Floats = np.unique(ends(low, high, BINS + 1))
    return edges


def projection_plot(points: Mapping[str, Floats], name: str) -> str:
    """Two principal components of the documents' vectors; the languages with the most points have
    colours, the rest are grey.

    Args:
        points: (texts, 2) by language.
        name: of the drawing, unique on the page.
    """
    order = sorted(points, key=lambda code: (-len(points[code]), code))
    with style():
        figure = Figure(figsize=(7.2, 4.6), layout="constrained")
        axes = figure.add_subplot()
        for place, code in enumerate(order):
            own = place < SHOWN
            colour = ARM_COLOURS[place % len(ARM_COLOURS)] if own else "#8c8c8c"
            axes.plot(
                *points[code].T,
                "o^"[place // len(ARM_COLOURS) % 2] if own else ".",
                color=colour,
                markersize=3.5,
                alpha=0.7,
                label=own_name(code) if own else None,
            )
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_visible(False)
        figure.legend(loc="outside right upper", markerscale=2)
        words = f"{sum(map(len, points.values())):,} documents in {len(points)} languages."
        return inline_svg(figure, name, "Documents on two principal components", words)
