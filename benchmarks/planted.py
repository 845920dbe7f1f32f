"""Claim: filters catch planted faults: 1,000 corrupted cells of ten kinds in tables of real text.

    python benchmarks/planted.py [--data FOLDER] [--sets squad courses] [--seeds 10 11 12 13 14]
        [--model PATH] [--side passage] [--each 100] [--records N] [--samples N] [--tiny]

In each table 100 cells of each kind are corrupted, drawn by a seed among the translations, and the
standard filters judge the table. A kind's recall is the share of its cells that are condemned, by
any filter and by the filters that are meant for it; its precision is the share of its cells among
those that its filters condemn, faults of other kinds left out. What filters say of untouched cells
counts as wrong there, though real data has real faults: --samples N prints some to look at.

Thresholds were chosen on the sets tico and tldr with seeds 0 to 2; squad and courses with seeds 10
to 14 are what is reported. --model adds the filter of similarity by a sentence encoder. Where the
data is absent the atlas takes its place, whose facts are too short for some kinds of faults.
"""

import argparse
import random
import statistics
import subprocess
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import regex
from rich.console import Console
from rich.table import Table

from lingweave.building.filters.named import bare, named
from lingweave.building.filters.related import related
from lingweave.building.filters.script import scripts
from lingweave.building.filters.standard import FilterOptions, judge, standard
from lingweave.building.filters.summary import summary_of
from lingweave.building.verdict_files import read_verdicts
from lingweave.encoders.options import EncoderOptions
from lingweave.sources.atlas import atlas_table
from lingweave.sources.rows import read_table
from lingweave.table import ParallelTable

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "train"
SETS = {
    "squad": ("qp_squad.parquet", "es", ("en", "es", "it", "sv")),
    "courses": (
        "qp_courses.parquet", "en", ("en", "ar", "de", "es", "hi", "ru", "th", "tr", "zh-CN"),
    ),
    "tico": (
        "qp_tico.parquet", "en",
        ("en", "ar", "bn", "es", "fr", "hi", "id", "ru", "sw", "tl", "zh-CN", "fa"),
    ),
    "tldr": (
        "qp_tldr.parquet", "en", ("en", "de", "es", "fr", "id", "it", "ko", "nl", "pt-BR", "zh-CN"),
    ),
}  # fmt: skip
"""The file, the language translated from and the languages of each set."""
EACH = 100
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


class Judged(NamedTuple):
    """What the filters said of one planted table."""

    recall: dict[str, float]
    own: dict[str, float]
    """Recall by the filters meant for the kind."""
    precision: dict[str, float]
    counts: dict[str, int]
    innocent: Counter[str]
    """Untouched cells by the filter that condemned them."""
    untouched: int
    samples: list[str]


def judged(
    table: ParallelTable, faults: dict[Cell, str], options: FilterOptions, reference: str
) -> Judged:
    """Applies the filters to a planted table."""
    said: dict[Cell, dict[str, str]] = defaultdict(dict)
    with tempfile.TemporaryDirectory() as folder:
        filters = standard(table, options, reference)
        folders = judge(table, filters, Path(folder), reference)
        for verdicts in read_verdicts(folders):
            for row, x, reason, detail in zip(*verdicts[:4], strict=True):
                said[Cell(int(row), table.languages[x])].setdefault(reason, detail)
    recall, own, precision, counts = {}, {}, {}, {}
    for kind, meant in MEANT.items():
        cells = [cell for cell, its in faults.items() if its == kind]
        counts[kind] = len(cells)
        if not cells:
            continue
        caught = sum(not said.get(cell, {}).keys().isdisjoint(meant) for cell in cells)
        wrong = sum(
            not why.keys().isdisjoint(meant) for cell, why in said.items() if cell not in faults
        )
        recall[kind] = sum(cell in said for cell in cells) / len(cells)
        own[kind] = caught / len(cells)
        precision[kind] = caught / max(caught + wrong, 1)
    rest = {cell: why for cell, why in said.items() if cell not in faults}
    innocent = Counter(reason for why in rest.values() for reason in why)
    innocent["any"] = len(rest)
    samples = [
        f"{cell.language} {table.id(cell.row)} {reason}: {detail}"
        for cell, why in sorted(rest.items())
        for reason, detail in why.items()
    ]
    return Judged(
        recall, own, precision, counts, innocent, summary_of(table, []).cells - len(faults), samples
    )


def main() -> None:
    """Prints a table of kinds and one of filters for each set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=FOLDER)
    parser.add_argument("--sets", nargs="+", default=["squad", "courses"], choices=[*SETS, "atlas"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[10, 11, 12, 13, 14])
    parser.add_argument("--model", help="a sentence-transformers model for similarity")
    parser.add_argument("--cache", type=Path, help="keep its vectors here")
    parser.add_argument("--side", default="passage", choices=["query", "passage"])
    parser.add_argument("--each", type=int, default=EACH, help="cells a kind")
    parser.add_argument("--records", type=int, help="only the first so many records of a set")
    parser.add_argument("--samples", type=int, default=0, help="condemned untouched cells to print")
    parser.add_argument("--tiny", action="store_true", help="the atlas, 5 cells a kind, one seed")
    asked = parser.parse_args()
    if asked.tiny:
        asked.sets, asked.seeds, asked.each = ["atlas"], asked.seeds[:1], 5
    encoder = None
    if asked.model:
        encoder = EncoderOptions(model=asked.model, cache=asked.cache, progress=False)
    options = FilterOptions(encoder=encoder)
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False,
        cwd=Path(__file__).parent,
    ).stdout.strip()  # fmt: skip
    for chosen in asked.sets:
        chosen, table, reference = read(chosen, asked.data)
        table = shortened(table, asked.records)
        results = [
            judged(*planted(table, reference, asked.side, seed, asked.each), options,
                   reference)
            for seed in asked.seeds
        ]  # fmt: skip
        title = f"{chosen}, {asked.side}, seeds {' '.join(map(str, asked.seeds))}, {commit}"
        show(title, results)
        chance = random.Random(0)
        for line in chance.sample(results[0].samples, min(asked.samples, len(results[0].samples))):
            print("  " + line)


def read(chosen: str, folder: Path) -> tuple[str, ParallelTable, str]:
    """A set's name, table and reference; the atlas where the file is absent."""
    if chosen in SETS:
        file, reference, languages = SETS[chosen]
        if (folder / file).is_file():
            return chosen, read_table([folder / file], languages=languages, split=None), reference
        print(f"the atlas in place of {chosen} ({folder / file} is absent)")
    return "atlas", atlas_table("test"), "en"


def shortened(table: ParallelTable, records: int | None) -> ParallelTable:
    """The first records of a table."""
    if records is None or records >= len(table):
        return table
    rows = slice(0, records)
    columns = {
        f"{side}:{x}": table.column(side, x)[rows]
        for x in table.languages
        for side in ("query", "passage")
    }
    datasets = pa.array([table.dataset(row) for row in range(records)])
    groups = table.groups()[rows]
    return ParallelTable.build(table.ids()[rows], datasets, groups, table.languages, columns)


def show(title: str, results: list[Judged]) -> None:
    """Medians over the seeds, with the least and the greatest."""
    kinds = Table(title=title)
    for heading in ("fault", "cells", "recall", "by its filters", "precision"):
        kinds.add_column(heading, justify="left" if heading == "fault" else "right")
    for kind in MEANT:
        figures = [
            spread([getattr(result, field)[kind] for result in results if kind in result.recall])
            for field in ("recall", "own", "precision")
        ]
        kinds.add_row(kind, str(results[0].counts[kind]), *figures)
    wrong = Table(title=f"untouched cells condemned, of {results[0].untouched:,}")
    wrong.add_column("filter")
    wrong.add_column("cells", justify="right")
    wrong.add_column("share", justify="right")
    for reason, _ in sorted(results[0].innocent.items(), key=lambda pair: -pair[1]):
        counts = [result.innocent[reason] for result in results]
        share = statistics.median(counts) / results[0].untouched
        wrong.add_row(reason, f"{statistics.median(counts):.0f}", f"{share:.2%}")
    console = Console(width=100)
    console.print(kinds)
    console.print(wrong)


def spread(values: list[float]) -> str:
    """Median, least and greatest."""
    if not values:
        return "–"
    return f"{statistics.median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


if __name__ == "__main__":
    main()
