"""Printing what a correction changes."""

from rich.console import Console
from rich.table import Table

from lingweave.debias.run import Debiased
from lingweave.report.tables import print_tables


def print_debiased(made: Debiased) -> None:
    """Quality before and after, then every bias figure with its change, then what was written."""
    console = Console()
    if made.comparison is not None:
        print_tables(made.comparison, console)
        console.print(_changes(made))
    for path in made.written:
        print(f"wrote {path}")


def _changes(made: Debiased) -> Table:
    table = Table(title="bias, and its change with a 95% interval")
    for name in ("figure", "before", "after", "change", "at chance", "fairer"):
        table.add_column(name, justify="left" if name in ("figure", "fairer") else "right")
    for one, before, after in zip(made.changes, made.before, made.after, strict=True):
        digits = 1 if one.figure.unit == "ranks" else 4
        change = one.difference
        table.add_row(
            one.figure.name,
            f"{before.value.mean:.{digits}f}",
            f"{after.value.mean:.{digits}f}",
            f"{change.mean:+.{digits}f} [{change.low:+.{digits}f}, {change.high:+.{digits}f}]",
            f"{before.chance:.{digits}f}",
            one.figure.better,
        )
    return table
