"""A study's report on the terminal: the answer first, then a table a benchmark."""

from pathlib import Path

from rich.console import Console
from rich.text import Text

from lingweave.report.tables import Cell, Table, fitting_table
from lingweave.studies.reporting.answer import answer_sentence, answers
from lingweave.studies.reporting.contents import Contents
from lingweave.studies.reporting.display import figures_table
from lingweave.studies.reporting.words import counted

LEAST = 2
"""Columns that are shown on any terminal: the arm and one figure."""
LONG = 20
"""Letters of an arm's name from which it is broken after its first choice."""
COLOURS = {
    "supported": "green",
    "refuted": "red",
    "undecided": "yellow",
    "not measured": "dim",
}
"""Of the statuses; the word stands there too."""


def print_report(
    contents: Contents, written: tuple[Path, ...] = (), console: Console | None = None
) -> None:
    """Print each claim with its status, a table a benchmark, and where the report is."""
    console = console or Console()

    def say(text: str | Text, style: str = "") -> None:
        console.print(text, style=style, highlight=False, markup=False)

    say(contents.title, "bold")
    say(contents.question, "dim")
    console.print()
    say(answer_sentence(contents), "bold")
    for answer in answers(contents):
        line = Text()
        line.append(f"{answer.status:>12}  ", COLOURS[answer.status])
        line.append(f"({answer.number}) {answer.text}")
        console.print(_hanging(line, 14, console.width), highlight=False)
        if answer.status != "supported":
            why = Text(" " * 14 + answer.reason, "dim")
            console.print(_hanging(why, 14, console.width), highlight=False)
    for part in contents.parts:
        console.print()
        if part.rows:
            say(f"{part.name}: {counted(len(part.languages), 'language')}", "bold")
            table = _broken(figures_table(contents, part))
            console.print(fitting_table(table, console, LEAST))
        else:
            say(f"{part.name}: nothing measured yet", "bold")
        if part.rows and part.missing:
            say(f"Not measured: {', '.join(part.missing)}", "dim")
    for path in written:
        say(f"wrote {path}")


def _broken(table: Table) -> Table:
    """Long names over the two lines that a figure and its interval take anyway."""
    if all(len(row[0].text) <= LONG for row in table.rows):
        return table
    rows = [(Cell(row[0].text.replace("/", "/\n", 1)), *row[1:]) for row in table.rows]
    return table._replace(rows=tuple(rows))


def _hanging(text: Text, indent: int, width: int) -> Text:
    """The text broken into lines, of which all but the first are indented."""
    room = max(20, width - indent)
    head, rest = text[:indent], text[indent:]
    lines = rest.wrap(Console(width=room), room)
    out = head
    for place, line in enumerate(lines):
        if place:
            out = out + Text("\n" + " " * indent)
        line.rstrip()
        out = out + line
    return out
