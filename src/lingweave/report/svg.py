"""Matplotlib figures as inline SVG: text stays text, and takes the page's colour and fonts."""

import io
import re
import warnings
from contextlib import AbstractContextManager
from html import escape
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

INK = "#010203"
"""Drawn in this colour, a line or text takes the colour of the page's text."""

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 11,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "legend.frameon": False,
    "text.parse_math": False,  # an arm may be called a$b$
}


def style() -> AbstractContextManager[None]:
    """The settings under which a figure must be made as well as written."""
    return rc_context(STYLE)


def inline_svg(figure: Figure, name: str, title: str, description: str) -> str:
    """The figure as one ``<svg>`` element without outside references.

    Args:
        name: unique on the page; ids within the drawing start with it.
        title: what the drawing is, read out in place of it.
        description: what it shows, for those who cannot see it.
    """
    buffer = io.StringIO()
    with rc_context({**STYLE, "svg.hashsalt": name}), warnings.catch_warnings():
        # The font that measures the text lacks many scripts; the reader's fonts have them.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.S)
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.S)
    svg = re.sub(r'\s+xmlns(:\w+)?="[^"]*"', "", svg)
    svg = svg.replace("xlink:href=", "href=").replace(INK, "currentColor")
    svg = re.sub(r"'DejaVu Sans'[^;\"]*", "inherit", svg)
    svg = _own_ids(svg, name)
    width, height = (float(x) for x in re.findall(r'(?:width|height)="([\d.]+)pt"', svg)[:2])
    svg = re.sub(r'\s(?:width|height)="[\d.]+pt"', "", svg, count=2)
    opening = (
        f'<svg role="img" aria-labelledby="{name}-title {name}-desc"'
        f' style="width:{width:.0f}pt;aspect-ratio:{width:.0f}/{height:.0f}"'
    )
    start = svg.index(">") + 1
    head = svg[:start].replace("<svg", opening, 1)
    labels = (
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(description)}</desc>'
    )
    return head + labels + svg[start:]


def _own_ids(svg: str, name: str) -> str:
    """Drop ids that nothing refers to, and make the others this drawing's own."""
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg))
    svg = re.sub(r'\sid="([^"]+)"', lambda m: f' id="{name}-{m[1]}"' if m[1] in used else "", svg)
    return re.sub(r'(href="#|url\(#)([^")]+)', rf"\1{name}-\2", svg)
