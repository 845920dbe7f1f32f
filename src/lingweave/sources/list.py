"""`lingweave data benchmarks`: the catalogue as a table."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from rich.console import Console
from rich.table import Table

from lingweave.errors import LingweaveError
from lingweave.sources.catalogue import CATALOGUE
from lingweave.sources.named import Named

HEADINGS = ("name", "what", "languages", "licence", "measures", "overlaps", "where from")


@dataclass(frozen=True)
class ListConfig:
    """Which benchmarks to list, and how."""

    POSITIONAL: ClassVar[str] = "words"

    words: list[str] | None = None
    """Only benchmarks with one of these in their names; families are then listed in full."""
    format: Literal["table", "markdown"] = "table"
    """A table for reading here, or one for a document."""


def print_benchmarks(config: ListConfig) -> None:
    """Prints the catalogue, one line a benchmark or family.

    Raises:
        LingweaveError: no benchmark has such a name.
    """
    rows = list(rows_of(config.words))
    if not rows:
        raise LingweaveError(f"no benchmark has {' or '.join(config.words or ())} in its name")
    if config.format == "markdown":
        print(f"| {' | '.join(HEADINGS)} |\n|{'---|' * len(HEADINGS)}")
        for row in rows:
            print(f"| `{row[0]}` | {' | '.join(row[1:])} |")
        return
    table = Table(*HEADINGS, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    console = Console()
    console.print(table)


def rows_of(words: list[str] | None = None) -> Iterator[tuple[str, ...]]:
    """The cells of each benchmark; a family is one row unless words choose."""
    seen: set[str] = set()
    for one in CATALOGUE.values():
        if words and not any(word in one.name for word in words):
            continue
        if words or one.family is None:
            yield _cells(one, one.name)
        elif one.family not in seen:
            seen.add(one.family)
            yield _family([x for x in CATALOGUE.values() if x.family == one.family])


def _cells(one: Named, name: str) -> tuple[str, ...]:
    return (
        name, f"{one.title}: {one.task}", one.languages, one.licence, ", ".join(one.metrics),
        ", ".join(one.overlaps) or "none known", one.published,
    )  # fmt: skip


def _family(members: list[Named]) -> tuple[str, ...]:
    first = members[0]
    title, _, _ = first.title.partition(":")
    published = {one.published for one in members}
    short = ", ".join(one.name.removeprefix(str(first.family)[:-1]) for one in members)
    return (
        str(first.family), f"{title}: {short}", first.languages, "by set",
        ", ".join(first.metrics), "by set",
        published.pop() if len(published) == 1 else "mteb tasks",
    )  # fmt: skip
