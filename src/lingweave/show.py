"""What a table holds, on a page of text: the first thing to look at before training on it."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lingweave import languages
from lingweave.errors import LingweaveError
from lingweave.plan.shape import Repeats
from lingweave.sources.rows import read_table
from lingweave.table import SIDES, ParallelTable

SAMPLES = 3


@dataclass(frozen=True)
class ShowConfig:
    """What to show."""

    POSITIONAL: ClassVar[str] = "paths"

    paths: list[str]
    """Parquet or JSON lines files, folders of them, or a packed table."""
    languages: list[str] | None = None
    """Only these languages."""
    datasets: list[str] | None = None
    """Only these data sets."""
    split: str | None = None
    """Only this split: train, validation or test."""


@dataclass(frozen=True)
class PackConfig:
    """What to pack."""

    POSITIONAL: ClassVar[str] = "paths"

    paths: list[str]
    """Parquet or JSON lines files, or folders of them."""
    out: str
    """The Arrow file to write, such as table.arrow."""
    languages: list[str] | None = None
    """Only these languages."""
    datasets: list[str] | None = None
    """Only these data sets."""
    one_of: list[list[str]] | None = None
    """Sets of near-identical languages, such as [zh-CN, zh-TW], of which each record keeps one."""
    split: str = "train"
    """Which split: train, validation or test."""


def show(config: ShowConfig) -> None:
    """`lingweave data show`: prints a table's page.

    Raises:
        LingweaveError: the table cannot be read.
    """
    table = read_table(
        config.paths,
        languages=config.languages,
        datasets=config.datasets,
        split=config.split,
        blank="keep",
    )
    # Other programs' pages may be wider than a terminal: no line is cut there.
    width = None if sys.stdout.isatty() else 160
    print_table(table, Console(width=width))


def pack(config: PackConfig) -> None:
    """`lingweave data pack`: writes one memory-mapped Arrow table.

    Raises:
        LingweaveError: the rows cannot be read, or the table not be written.
    """
    if not config.out.endswith(".arrow"):
        raise LingweaveError(f"--out {config.out}: a packed table is an .arrow file")
    table = read_table(
        config.paths,
        languages=config.languages,
        datasets=config.datasets,
        one_of=config.one_of or (),
        split=config.split,
    )
    print(table.write(config.out))


_SHOWN = 160


def print_table(table: ParallelTable, console: Console) -> None:
    """Prints languages, coverage, lengths, duplicates, blank cells and samples of a table."""
    shape = table.shape()
    cells = table.present("query") | table.present("passage")
    console.print(
        f"{len(table):,} records in {len(table.languages)} languages,"
        f" {int(cells.sum()):,} of {cells.size:,} cells filled; fingerprint {table.fingerprint}"
    )
    for line in (*_coverage(table, cells.sum(1)), *_duplicates(table), *_blanks(table)):
        console.print(line)
    console.print(_by_language(table))
    console.print(_by_dataset(table))
    for row in np.linspace(0, len(table) - 1, SAMPLES).astype(int).tolist():
        console.print(f"\n[bold]{escape(table.id(row))}[/bold] ({escape(table.dataset(row))})")
        for language in np.flatnonzero(cells[row])[:: max(1, int(cells[row].sum()) // 4)][:4]:
            text = escape(_cell(table, row, int(language)))
            console.print(f"  {table.languages[language]}  {text}", highlight=False)
    if shape.groups is not None:
        sizes = np.bincount(shape.groups[shape.groups >= 0])
        console.print(
            f"\n{len(sizes):,} groups (rows of one are spread over batches), the largest with"
            f" {sizes.max():,} records"
        )


def _cell(table: ParallelTable, row: int, language: int) -> str:
    code = table.languages[language]
    query, passage = (table.column(side, code)[row].as_py() for side in ("query", "passage"))
    return f"{_short(query)}\n      → {_short(passage)}"


def _short(text: str | None) -> str:
    if text is None:
        return "—"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _coverage(table: ParallelTable, languages_of: np.ndarray) -> Iterator[str]:
    counts = np.bincount(languages_of, minlength=len(table.languages) + 1)
    at_least = counts[::-1].cumsum()[::-1]
    steps = sorted({1, 2, 4, 8, 12, 20, 30, 40, 50, len(table.languages)})
    parts = [f"{at_least[k]:,} in ≥ {k}" for k in steps if k <= len(table.languages)]
    yield f"Records by number of languages: {', '.join(parts)}"


def _duplicates(table: ParallelTable) -> Iterator[str]:
    shape = table.shape()
    sides: tuple[tuple[str, Repeats], ...] = (
        ("queries", shape.query_repeats),
        ("passages", shape.passage_repeats),
    )
    parts = [f"{len(r.cells):,} {side} ({len(np.unique(r.texts)):,} texts)" for side, r in sides]
    yield f"Texts that more than one record has: {', '.join(parts)}; never twice in a batch"


def _blanks(table: ParallelTable) -> Iterator[str]:
    count = 0
    for side in SIDES:
        for code in table.languages:
            bare = pc.utf8_trim_whitespace(table.column(side, code))
            count += pc.sum(pc.equal(bare, "")).as_py() or 0
    yield f"Empty cells: {count:,}" + ("; training refuses them" if count else "")


def _by_language(table: ParallelTable) -> Table:
    view = Table("code", "language", "script", box=None)
    for heading in ("records", "query: median", "95 %", "passage: median", "95 % characters"):
        view.add_column(heading, justify="right")
    for code in table.languages:
        columns = [table.column(side, code) for side in SIDES]
        numbers = [f"{len(columns[0]) - max(c.null_count for c in columns):,}"]
        for column in columns:
            numbers += _lengths(column)
        view.add_row(code, languages.name(code), languages.script(code), *numbers)
    return view


def _lengths(column: pa.Array) -> list[str]:
    lengths = pc.utf8_length(column.drop_null()).to_numpy(False)
    return [f"{np.percentile(lengths, q):.0f}" if len(lengths) else "" for q in (50, 95)]


def _by_dataset(table: ParallelTable) -> Table:
    shape = table.shape()
    view = Table("data set", box=None)
    view.add_column("records", justify="right")
    for number, name in enumerate(table.datasets):
        view.add_row(name, f"{shape.size(number):,}")
    return view
