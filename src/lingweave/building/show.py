"""Printing what a build made, and what it took out."""

from rich.console import Console
from rich.table import Table

from lingweave.building.config import BuildConfig
from lingweave.building.removed import removed_beside
from lingweave.building.run import Built


def print_built(made: Built, config: BuildConfig) -> None:
    """Translation, losses by filter and language, benchmarks, and what was written."""
    console = Console()
    left_out = ", ".join(f"{count:,} {what}" for what, count in made.before.left_out.items())
    print(f"read as {made.before.format}" + (f"; left out: {left_out}" if left_out else ""))
    if made.before.translation is not None:
        counts = made.before.translation
        print(
            f"translated: {counts.cells:,} cells of {counts.sentences:,} sentences, of which"
            f" {counts.translated:,} were translated now and {counts.remembered:,} before"
            + (f"; {counts.rate:,.0f} sentences a second" if counts.translated else "")
        )
        holes = ", ".join(f"{count:,} {what}" for what, count in counts.failed.items())
        if holes:
            print(f"without a translation: {holes}")
        found = ", ".join(f"{count:,} {way}" for way, count in counts.answers.items())
        lost = ", ".join(f"{count:,} {why}" for why, count in counts.lost.items())
        if found or lost:
            print(f"answers: {found or 'none found'}" + (f"; left out: {lost}" if lost else ""))
    if made.before.join is not None:
        join = made.before.join
        got = ", ".join(f"{count:,} {code}" for code, count in join.joined.items())
        lacking = ", ".join(f"{count:,} {code}" for code, count in join.missing.items() if count)
        print(
            f"joined: {got or 'nothing'}; already there {join.kept:,}, of no record"
            f" {join.unknown:,}" + (f"; still without {lacking}" if lacking else "")
        )
    console.print(_losses(made))
    for report in made.reports:
        print(*report.lines(), sep="\n")
    print(
        f"{len(made.table):,} of {len(made.before.table):,} records left, in"
        f" {', '.join(made.table.languages)}"
    )
    for path in (config.out, removed_beside(config.out), config.record):
        print(f"wrote {path}")
    print(f"to look at it: lingweave data check {config.out}")


def _losses(made: Built) -> Table:
    """Cells that are to go, by filter and language."""
    languages = made.before.table.languages
    table = Table(title="cells taken out")
    for name in ("filter", *languages):
        table.add_column(name, justify="left" if name == "filter" else "right")
    for reason, cells in made.losses.reasons.items():
        table.add_row(reason, *(f"{cells.get(code, 0):,}" for code in languages))
    return table
