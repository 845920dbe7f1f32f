"""What a check shows beside its tables, as inline SVG: grey, so that it prints."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from numpy.typing import NDArray

from lingweave import languages
from lingweave.check.spread import Spread
from lingweave.report.plots import ARM_COLOURS, ARM_MARKERS, NUMBERS_UP_TO, own_name
from lingweave.report.svg import INK, inline_svg, style

GREYS = LinearSegmentedColormap.from_list("ink", ["#f7f7f7", "#4a4a4a"])
"""No cell is black: a full table costs little ink, and is seen on a dark page."""
DARK = 0.6
"""From this share of the records on white figures stand out more."""


def coverage_heatmap(
    codes: Sequence[str], pairs: NDArray[np.int64], records: int, name: str
) -> str:
    """Shares of the records by language of the query and of the passage.

    Args:
        codes: (L,) languages.
        pairs: (L, L) records with a query in one and a passage in the other.
        records: of the table.
        name: of the drawing, unique on the page.
    """
    many = len(codes) > NUMBERS_UP_TO
    shares = pairs / max(1, records)
    inches = 1.6 + len(codes) * (0.16 if many else 0.46)
    with style():
        figure = Figure(figsize=(inches + (1.4 if many else 2.2), inches), layout="compressed")
        axes = figure.add_subplot()
        image = axes.imshow(shares, norm=Normalize(0, 1), cmap=GREYS, interpolation="none")
        size = 7 if many else 11
        axes.set_xticks(range(len(codes)), codes, rotation=90 if many else 0)
        axes.set_yticks(range(len(codes)), [c if many else own_name(c) for c in codes])
        axes.tick_params(length=0, labelsize=size)
        axes.set_xlabel("language of the passage")
        axes.set_ylabel("language of the query")
        # The palest cells would be lost on a white page.
        axes.spines[:].set_linewidth(0.5)
        bar = figure.colorbar(image, ax=axes, shrink=0.7, label="share of the records, %")
        bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f}"))
        bar.outline.set_linewidth(0.5)
        bar.ax.tick_params(labelsize=10)
        if not many:
            for (x, y), share in np.ndenumerate(shares):
                colour = "#ffffff" if share > DARK else "#000000"
                text = share_text(float(share))
                axes.text(y, x, text, ha="center", va="center", color=colour, fontsize=9)
        return inline_svg(
            figure,
            name,
            "Records by language of the query and of the passage",
            _words(codes, pairs),
        )


def share_text(share: float) -> str:
    """Per cent without the sign: 0 and 100 are exact, and <1 is not nothing."""
    if 0 < share < 0.01:
        return "<1"
    return ">99" if 0.99 < share < 1 else f"{100 * share:.0f}"


def _words(codes: Sequence[str], pairs: NDArray[np.int64]) -> str:
    if len(codes) < 2:
        return f"{int(pairs.sum()):,} records with a query and a passage in {codes[0]}."
    off = pairs.astype(float)
    np.fill_diagonal(off, np.nan)
    ends = []
    for word, place in (("fewest", np.nanargmin(off)), ("most", np.nanargmax(off))):
        x, y = np.unravel_index(int(place), off.shape)
        query, passage = (languages.name(codes[int(i)]) for i in (x, y))
        ends.append(f"{word} {pairs[x, y]:,} for {query} queries and {passage} passages")
    return f"Records that two languages share: {ends[1]}; {ends[0]}."


def spread_plot(
    spreads: Mapping[str, Mapping[str, Spread]], label: str, name: str, logarithmic: bool
) -> str | None:
    """A line from the lowest to the highest twentieth and a mark at the median, by language.

    Args:
        spreads: by what is shown (queries, passages, ...) and language.
        label: of the axis.
        name: of the drawing, unique on the page.
        logarithmic: whether the axis is, where all figures are above zero.
    """
    codes = list(dict.fromkeys(code for of in spreads.values() for code in of))
    if not codes:
        return None
    with style():
        figure = Figure(figsize=(7.2, 1.2 + 0.3 * len(codes)), layout="constrained")
        axes = figure.add_subplot()
        for place, (what, of) in enumerate(spreads.items()):
            shift = (place - (len(spreads) - 1) / 2) * 0.3
            heights = [codes.index(code) + shift for code in of]
            colour = ARM_COLOURS[place % len(ARM_COLOURS)]
            axes.hlines(heights, [s.low for s in of.values()], [s.high for s in of.values()],
                        color=colour, linewidth=1.5)  # fmt: skip
            axes.plot([s.middle for s in of.values()], heights, ARM_MARKERS[place], color=colour,
                      markersize=5, label=what)  # fmt: skip
        axes.set_yticks(range(len(codes)), [own_name(code) for code in codes])
        axes.tick_params(axis="y", length=0, labelsize=7 if len(codes) > NUMBERS_UP_TO else 11)
        axes.set_ylim(len(codes) - 0.5, -0.5)
        if logarithmic and all(s.low > 0 for of in spreads.values() for s in of.values()):
            axes.set_xscale("log")
            axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axes.xaxis.set_minor_formatter(NullFormatter())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
        axes.grid(axis="x", color=INK, alpha=0.15)
        axes.set_xlabel(label)
        axes.spines[["top", "right", "left"]].set_visible(False)
        if len(spreads) > 1:
            figure.legend(loc="outside upper left", ncols=len(spreads))
        title = f"{label[:1].upper()}{label[1:]} by language"
        return inline_svg(figure, name, title, _spread_words(spreads))


def _spread_words(spreads: Mapping[str, Mapping[str, Spread]]) -> str:
    parts = []
    for what, of in spreads.items():
        if of:
            least, most = (f(of, key=lambda code: of[code].middle) for f in (min, max))
            parts.append(
                f"The median of {what} is from {of[least].middle:,.4g} in {languages.name(least)}"
                f" to {of[most].middle:,.4g} in {languages.name(most)}."
            )
    return " ".join(parts)
