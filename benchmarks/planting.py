"""Ten kinds of faults of translations, and a table with such faults planted in it."""

import random
from collections.abc import Callable
from typing import NamedTuple

import pyarrow as pa
import regex

from lingweave.building.filters.named import bare, named
from lingweave.building.filters.related import related
from lingweave.building.filters.script import scripts
from lingweave.table import ParallelTable

MEANT = {
    "wrong language": ("language",), "wrong script": ("script", "language"),
    "copied source": ("copied", "language", "script"),
    "truncated": ("unfinished", "length_ratio"), "padded": ("length_ratio",),
    "loop": ("repetition",), "numbers changed": ("numbers",), "name replaced": ("entities",),
    "another record's": ("similarity", "length_ratio", "numbers", "entities"),
    "encoding damaged": ("damage",),
}  # fmt: skip
"""The filters that each kind of fault is for."""
_CYRILLIC = str.maketrans("abcdefghijklmnopqrstuvwxyz", "абцдефгхийклмнопярстувшхыз")


class Cell(NamedTuple):
    """A translation that may be corrupted."""

    row: int
    language: str


class Texts(NamedTuple):
    """What a fault is made from."""

    table: dict[str, list[str | None]]
    """By language."""
    reference: str
    chance: random.Random

    def other(self, cell: Cell) -> str:
        """The text of another record in the cell's language."""
        while True:
            text = self.chance.choice(self.table[cell.language])
            if text and text != self.table[cell.language][cell.row]:
                return text

    def elsewhere(self, cell: Cell, fits: Callable[[str], bool]) -> str | None:
        """The record's text in another language, neither the source nor near to it."""
        found = [
            text
            for x, texts in self.table.items()
            if x != self.reference and not related(x, cell.language) and fits(x)
            if (text := texts[cell.row])
        ]
        return self.chance.choice(found) if found else None


def wrong_language(cell: Cell, text: str, source: str, texts: Texts) -> str | None:
    """The record's text in another language of the same script."""
    ours = {*scripts(cell.language)}
    return texts.elsewhere(cell, lambda x: bool({*scripts(x)} & ours))


def wrong_script(cell: Cell, text: str, source: str, texts: Texts) -> str | None:
    """Latin letters as Cyrillic ones, or the record's text in another script."""
    ours = {*scripts(cell.language)}
    if ours == {"Latn"}:
        return text.lower().translate(_CYRILLIC)
    return texts.elsewhere(cell, lambda x: not {*scripts(x)} & ours)


def copied(cell: Cell, text: str, source: str, texts: Texts) -> str | None:
    """The source."""
    return source


def truncated(cell: Cell, text: str, source: str, texts: Texts) -> str | None:
    """The first 30 to 70 % of the text, up to a blank where there is one."""
    cut = text[: round(len(text) * texts.chance.uniform(0.3, 0.7))]
    return cut.rsplit(" ", 1)[0] if cut.count(" ") > 3 else cut


def padded(cell: Cell, text: str, source: str, texts: Texts) -> str | None:
    """Followed by another record's text."""
    other = texts.other(cell)
    return f"{text} {other}" if len(other) >= len(text) / 2 else None


def loop(cell: Cell, text: str, source: str, texts: Texts) -> str | None:
    """The first half, whose end is said 4 to 12 times, as translation models do."""
    half = text[: len(text) // 2]
    blank = " " if half.count(" ") > 8 else ""
    parts = half.split(" ") if blank else list(half)
    phrase = parts[-texts.chance.randint(2, 8) :]
    return half + blank + blank.join(phrase * texts.chance.randint(4, 12))


def numbers(cell: Cell, text: str, source: str, texts: Texts) -> str | None:
    """One number of two digits or more that the source has too, with other digits."""
    found = [x for x in regex.findall(r"(?<![\d.,])[1-9]\d+(?![\d.,]*\d)", text) if x in source]
    if not found:
        return None
    old = texts.chance.choice(found)
    new = old
    while new.rstrip("0") == old.rstrip("0"):
        new = str(texts.chance.randint(10 ** (len(old) - 1), 10 ** len(old) - 1))
    return regex.sub(rf"(?<!\d){old}(?!\d)", new, text)


def name(cell: Cell, text: str, source: str, texts: Texts) -> str | None:
    """A name or code that source and translation share, replaced by one of another record."""
    if "Latn" not in scripts(cell.language):
        return None
    had = named(source)
    found = [x for x in (*had.codes, *had.names) if x in text]
    names = {x for x in named(texts.other(cell)).names if bare(x) not in bare(text)}
    if not found or not names:
        return None
    return text.replace(texts.chance.choice(found), texts.chance.choice(sorted(names)))


def another(cell: Cell, text: str, source: str, texts: Texts) -> str | None:
    """Another record's text."""
    return texts.other(cell)


def damaged(cell: Cell, text: str, source: str, texts: Texts) -> str | None:
    """UTF-8 read as Windows-1252 or Latin-1, or letters beyond ASCII lost."""
    if sum(x > "\x7f" for x in text) < 2:
        return None
    how = texts.chance.randrange(4)
    if how == 0:
        return text.encode().decode("cp1252", "replace")
    if how == 1:
        return text.encode().decode("latin-1")
    return regex.sub(r"[^\x00-\x7f]", "?" if how == 2 else "\ufffd", text)


KINDS: dict[str, Callable[[Cell, str, str, Texts], str | None]] = dict(
    zip(
        MEANT,
        (wrong_language, wrong_script, copied, truncated, padded, loop, numbers, name, another,
         damaged),
        strict=True,
    )
)  # fmt: skip


def planted(
    table: ParallelTable, reference: str, side: str, seed: int, each: int
) -> tuple[ParallelTable, dict[Cell, str]]:
    """The table with faults, and the kind of each cell that has one."""
    chance = random.Random(seed)
    names = table.languages
    columns = {f"{s}:{x}": table.column(s, x) for x in names for s in ("query", "passage")}
    texts = {x: columns[f"{side}:{x}"].to_pylist() for x in names}
    shortest = 60 if side == "passage" else 20
    cells = [
        Cell(row, x)
        for x in names
        if x != reference
        for row, text in enumerate(texts[x])
        if text and len(text) >= shortest / (3 if "Hani" in scripts(x) else 1)
        if texts[reference][row]
    ]
    chance.shuffle(cells)
    faults: dict[Cell, str] = {}
    new = {x: list(column) for x, column in texts.items()}
    made = Texts(texts, reference, chance)
    for kind, corrupt in KINDS.items():
        count = 0
        for cell in cells:
            if count == each:
                break
            if cell in faults:
                continue
            old = texts[cell.language][cell.row]
            text = corrupt(cell, old, texts[reference][cell.row], made)
            if text and text != old:
                faults[cell], new[cell.language][cell.row] = kind, text
                count += 1
    columns |= {f"{side}:{x}": pa.array(column, pa.large_string()) for x, column in new.items()}
    rows = range(len(table))
    datasets = pa.array([table.dataset(row) for row in rows])
    built = ParallelTable.build(table.ids(), datasets, table.groups(), names, columns)
    return built, faults
