"""Tables as rows of text: one source for the terminal and the page."""

import math
from typing import NamedTuple

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table as RichTable

from lingweave.report.comparison import ComparedArm, Comparison
from lingweave.significance import Interval

COLUMNS = {
    "mono.mAP": "mono mAP",
    "cross.mAP": "cross mAP",
    "multi.mAP": "multi mAP",
    "rank_distance": "rank distance",
    "rank_distance_ratio": "÷ random",
    "same_language_first": "same language first",
    "multi.R@10": "multi R@10",
}
"""Figures of the summary and what their columns are called; rank distance is beside mAP."""
LEAST_COLUMNS = 5
"""Name, the three mAPs and the rank distance: shown on any terminal."""


class Cell(NamedTuple):
    """A figure, and under it its interval."""

    text: str
    detail: str = ""
    unsure: bool = False
    """Whether this is a difference whose interval includes zero."""
    wide: bool = False
    """Whether this is running text, which may break over lines."""
    words: bool = False
    """Whether this is a name, not a figure: it starts at the left."""


class Table(NamedTuple):
    """A table with a row header in its first column."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def summary_table(comparison: Comparison) -> Table:
    """One row an arm: the macro figures and their intervals."""
    percent = f"{comparison.resampling.confidence:.0%}"
    return Table(
        f"Macro means over {len(comparison.languages)} languages, with {percent} intervals.",
        ("arm", *COLUMNS.values()),
        tuple(
            (Cell(arm_label(arm)), *(figure_cell(k, arm.macro[k]) for k in COLUMNS))
            for arm in comparison.arms
        ),
    )


def difference_table(comparison: Comparison) -> Table | None:
    """One row an arm but the baseline: its figures minus the baseline's; None with one arm."""
    others = [arm for arm in comparison.arms if arm.name != comparison.baseline]
    if not others:
        return None
    return Table(
        f"Each arm minus {comparison.baseline}. “≈” marks an interval that includes zero: the"
        " evaluation cannot tell which of the two is ahead.",
        (f"minus {comparison.baseline}", *COLUMNS.values()),
        tuple(
            (Cell(arm.name), *(difference_cell(k, arm.difference[k]) for k in COLUMNS))
            for arm in others
        ),
    )


def seed_table(comparison: Comparison) -> Table | None:
    """One row a seed: its macro figures; None where no arm has more than one."""
    if all(len(arm.seeds) < 2 for arm in comparison.arms):
        return None
    rows = [
        (
            Cell(f"{arm.name}, seed {'unknown' if seed is None else seed}"),
            *(Cell(figure_text(k, figures[k])) for k in COLUMNS),
        )
        for arm in comparison.arms
        if len(arm.seeds) > 1
        for seed, figures in zip(arm.seeds, arm.by_seed, strict=True)
    ]
    return Table("Macro figures of every training seed.", ("seed", *COLUMNS.values()), tuple(rows))


def arm_label(arm: ComparedArm) -> str:
    """The arm's name, with the number of seeds where there are several."""
    return arm.name if len(arm.seeds) == 1 else f"{arm.name} ({len(arm.seeds)} seeds)"


def figure_cell(figure: str, interval: Interval) -> Cell:
    """A figure with its interval."""
    if not math.isfinite(interval.low):
        return Cell(figure_text(figure, interval.mean))
    low, high = (figure_text(figure, end) for end in interval[1:])
    return Cell(figure_text(figure, interval.mean), f"{low}–{high}")


def difference_cell(figure: str, interval: Interval) -> Cell:
    """A signed difference with its interval; marked where that includes zero."""
    if not math.isfinite(interval.low):
        return Cell(figure_text(figure, interval.mean, sign=True))
    mean, low, high = (figure_text(figure, value, sign=True) for value in interval)
    unsure = not clear(figure, interval)
    return Cell(f"{'≈ ' if unsure else ''}{mean}", f"{low} to {high}", unsure)


def clear(figure: str, interval: Interval) -> bool:
    """Whether the interval of a difference excludes zero to the places that are shown.

    An end of −.0004 is shown as .000: to call that a difference would look wrong, and is no use.
    """
    nearest = min(abs(interval.low), abs(interval.high))
    return interval.excludes_zero and bool(figure_text(figure, nearest).strip("0."))


def figure_text(figure: str, value: float, sign: bool = False) -> str:
    """Fractions to three places (.604), rank distances to whole ranks (to a tenth below 100)."""
    if not math.isfinite(value):
        return "–"
    size = abs(value)
    if figure == "rank_distance":
        text = f"{size:,.1f}" if size < 99.95 else f"{size:,.0f}"
    else:
        # A good model's ratio in a large pool is so small that three places would hide it.
        text = f"{size:.4f}" if figure == "rank_distance_ratio" and size < 0.0095 else f"{size:.3f}"
        text = text.removeprefix("0")
    if not text.strip("0."):
        return text
    return f"{'−' if value < 0 else '+' if sign else ''}{text}"


def rich_table(table: Table, columns: int | None = None) -> RichTable:
    """The table for a terminal, or its first columns: each interval under its figure."""
    drawn = RichTable(
        caption=escape(table.caption),
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1),
    )
    for place, name in enumerate(table.header[:columns]):
        drawn.add_column(escape(name), justify="right" if place else "left", no_wrap=place > 0)
    for row in table.rows:
        cells = (
            escape(c.text) + (f"\n[dim]{c.detail}[/dim]" if c.detail else "") for c in row[:columns]
        )
        drawn.add_row(*cells)
    return drawn


def fitting_table(table: Table, console: Console, least: int = LEAST_COLUMNS) -> RichTable:
    """The table with as many columns as the terminal has room for, mAP and rank distance first."""
    for columns in range(len(table.header), least, -1):
        drawn = rich_table(table, columns)
        if (
            console.measure(drawn, options=console.options.update(width=500)).maximum
            <= console.width
        ):
            return drawn
    return rich_table(table, least)


def print_tables(comparison: Comparison, console: Console | None = None) -> None:
    """Print the summary, the differences and the seeds."""
    console = console or Console()
    title = f"{comparison.benchmark}, {len(comparison.languages)} languages"
    console.print(f"{title}, ties {comparison.ties}", style="bold", highlight=False, markup=False)
    for table in (summary_table(comparison), difference_table(comparison), seed_table(comparison)):
        if table is not None:
            console.print(fitting_table(table, console))
