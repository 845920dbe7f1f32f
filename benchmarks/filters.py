"""Claim: a million records × 9 languages are filtered on one core or two, and memory stays flat.

    python benchmarks/filters.py [--records 1000000] [--workers 2] [--folder DIR] [--tiny]
        [--only FILTER ... duplicates]

Writes a table of made-up records, block by block: words of CLDR's names in each language, the same
ones side by side, 40 to 300 characters a text; 1 % of the cells are copies of the source, 1 % lack
their second half, 2 % of the records repeat one of the 5,000 before them and 2 % nearly. Then every
filter judges all of it, each as a stage of its own, and duplicates are looked for, whose time and
memory are printed and not claimed. Prints the
records a second and the peak of memory by stage: anonymous memory of all processes, without the
pages of mapped files, which the system takes back when it needs them. With --records A B the table
is made in both sizes, and a stage's memory is flat if it is the same. The index of the duplicates
is printed in bytes a cell (a record in a language).
"""

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import babel
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Console
from rich.table import Table

from lingweave.building.duplicates import DuplicateOptions, find_duplicates
from lingweave.building.filters.standard import FilterOptions, judge, standard
from lingweave.building.verdict_files import read_verdicts
from lingweave.building.writer import TableWriter
from lingweave.table import ParallelTable

LANGUAGES = ("ar", "de", "en", "es", "hi", "ru", "th", "tr", "zh-CN")
REFERENCE = "en"
BLOCK = 5000
NUMBERS = 30
"""Words of each language that are numbers."""


class Memory:
    """The most anonymous memory that this process and its children held at once, as seen every 20
    milliseconds."""

    def __init__(self) -> None:
        self.peak, self._done = 0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.02):
            self.peak = max(self.peak, sum(map(_anonymous, _family(os.getpid()))))


def _family(process: int) -> Iterator[int]:
    yield process
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:
            continue
        for child in children:
            yield from _family(int(child))


def _anonymous(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))


def main() -> None:
    """Prints the stages of each size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", nargs="+", type=int, default=[250_000, 1_000_000])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where to work; a temporary folder by default")
    parser.add_argument("--tiny", action="store_true", help="2,000 records and 1 worker")
    parser.add_argument("--only", nargs="+", help="names of filters, and duplicates; else all")
    asked = parser.parse_args()
    if asked.tiny:
        asked.records, asked.workers = [2000], 1
    for records in asked.records:
        with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
            show(records, asked.workers, *stages(records, asked.workers, Path(folder), asked.only))


Stage = tuple[str, float, int]


def stages(
    records: int, workers: int, folder: Path, only: list[str] | None = None
) -> tuple[list[Stage], dict[str, Any]]:
    """Names, seconds and peaks of all stages, or of those named, and sizes."""
    done: list[Stage] = []

    @contextmanager
    def stage(name: str) -> Iterator[None]:
        start = time.perf_counter()
        with Memory() as memory:
            yield
        done.append((name, time.perf_counter() - start, memory.peak))
        print(f"{name}: {done[-1][1]:.0f} s, {memory.peak / 1e6:.0f} MB", flush=True)

    path, verdicts = folder / "table.arrow", folder / "verdicts"
    with stage("write the table"):
        write(path, records)
    table = ParallelTable.open(path)
    with stage("learn what is usual"):
        filters = [
            one
            for one in standard(table, FilterOptions(), REFERENCE)
            if only is None or one.name in only
        ]
    folders: list[Path] = []
    for one in filters:
        with stage(one.name):
            folders += judge(table, [one], verdicts, REFERENCE, workers)
    index: dict[str, int] = {}
    if only is None or "duplicates" in only:
        with stage("duplicates"), _watched(verdicts, index):
            folders.append(find_duplicates(table, DuplicateOptions(), verdicts, REFERENCE))
    with stage("read all verdicts"):
        count = sum(len(one.rows) for one in read_verdicts(folders))
    sizes = {"table": path.stat().st_size, "index": index.get("disk", 0), "verdicts": count}
    return done, sizes


@contextmanager
def _watched(folder: Path, index: dict[str, int]) -> Iterator[None]:
    """Notes the largest size of the files of keys."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            files = list(folder.glob("duplicates-*/keys-*/*"))
            try:
                size = sum(file.stat().st_size for file in files)
            except OSError:
                continue
            index["disk"] = max(index.get("disk", 0), size)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    yield
    done.set()
    thread.join()


def show(records: int, workers: int, done: list[Stage], sizes: dict[str, Any]) -> None:
    """One table of stages."""
    cells = records * len(LANGUAGES)
    shown = Table(title=f"{records:,} records × {len(LANGUAGES)} languages, {workers} workers")
    shown.add_column("stage")
    for heading in ("seconds", "records/s", "texts/s", "peak, MB"):
        shown.add_column(heading, justify="right")
    done = [*done, ("all", sum(x[1] for x in done), max(x[2] for x in done))]
    for name, seconds, peak in done:
        rates = (f"{records / seconds:,.0f}", f"{2 * cells / seconds:,.0f}")
        shown.add_row(name, f"{seconds:,.1f}", *rates, f"{peak / 1e6:,.0f}")
    Console(width=100).print(shown)
    peaks = {name: peak for name, _, peak in done}
    print(f"table {sizes['table'] / 1e9:.2f} GB; {sizes['verdicts']:,} verdicts")
    if {"duplicates", "length"} <= set(peaks):
        print(
            f"keys of duplicates {sizes['index'] / cells:.0f} bytes a cell on the disk, memory"
            f" {(peaks['duplicates'] - peaks['length']) / cells:.0f} bytes a cell more than a"
            " filter's"
        )


def write(path: Path, records: int) -> None:
    """Writes the table, block by block."""
    random = np.random.default_rng(0)
    words = vocabulary()
    recent: list[pa.RecordBatch] = []
    with TableWriter(path, LANGUAGES) as writer:
        for start in range(0, records, BLOCK):
            size = min(BLOCK, records - start)
            columns = {
                "id": pa.array([f"r{start + i}" for i in range(size)]),
                "dataset": pa.array(["made up"] * size),
                "group": pa.nulls(size, pa.string()),
            }
            for side, least, most in (("query", 5, 11), ("passage", 9, 37)):
                columns |= texts(random, words, side, size, least, most)
            batch = pa.record_batch(columns)
            again = random.permutation(size)[: size // 50]
            if recent and len(again):
                batch = _replaced(batch, recent[-1], again)
            recent = [batch]
            writer.add(batch)


def _replaced(batch: pa.RecordBatch, before: pa.RecordBatch, rows: np.ndarray) -> pa.RecordBatch:
    """The batch with texts of the batch before it in some rows, all of their columns but the id."""
    place = np.arange(len(batch))
    place[rows] = len(batch) + rows % len(before)
    columns = {"id": batch["id"]}
    for name in batch.schema.names[1:]:
        both = pa.concat_arrays([batch[name], before[name]])
        columns[name] = both.take(pa.array(place))
    return pa.record_batch(columns)


def texts(
    random: np.random.Generator,
    words: dict[str, pa.Array],
    side: str,
    size: int,
    least: int,
    most: int,
) -> dict[str, pa.Array]:
    """The columns of one side: in each language the same words, a full stop at the end."""
    counts = random.integers(least, most, size)
    # One text in fifty is nearly the one before it.
    near = np.flatnonzero(random.random(size) < 0.02)
    near = near[near > 0]
    for row in near.tolist():
        counts[row] = counts[row - 1]
    offsets = np.concatenate([[0], np.cumsum(counts)])
    vocabulary_size = len(words[REFERENCE])
    chosen = random.zipf(1.2, offsets[-1]) * 7919 % vocabulary_size
    for row in near.tolist():
        chosen[offsets[row] : offsets[row + 1] - 1] = chosen[offsets[row - 1] : offsets[row] - 1]
    found = {}
    copies = random.random((len(LANGUAGES), size)) < 0.01
    for number, language in enumerate(LANGUAGES):
        blank = "" if language in ("th", "zh-CN") else " "
        lists = pa.ListArray.from_arrays(
            pa.array(offsets, pa.int32()), words[language].take(pa.array(chosen))
        )
        joined = pc.binary_join(lists, blank)
        ends = pa.scalar("。" if language == "zh-CN" else ".")
        whole = pc.binary_join_element_wise(joined, ends, "")
        half = pc.utf8_slice_codeunits(whole, 0, 60 if side == "passage" else 20)
        cut = pa.array(random.random(size) < 0.01)
        column = pc.if_else(cut, half, whole)
        if language != REFERENCE and f"{side}:{REFERENCE}" in found:
            column = pc.if_else(
                pa.array(copies[number]), found[f"{side}:{REFERENCE}"].cast(pa.string()), column
            )
        found[f"{side}:{language}"] = column.cast(pa.large_string())
    return found


def vocabulary() -> dict[str, pa.Array]:
    """By language the same words at the same places: of names, in small letters, and numbers."""
    keys: list[tuple[str, str]] = []
    locales = {x: babel.Locale.parse(x.replace("-", "_")) for x in LANGUAGES}
    for kind in ("territories", "languages", "currencies"):
        names = [getattr(locale, kind) for locale in locales.values()]
        keys += [(kind, key) for key in sorted(set(names[0]).intersection(*names[1:]))]
    numbers = np.random.default_rng(1).integers(10, 10_000, NUMBERS).astype(str).tolist()
    return {
        x: pa.array([_word(getattr(locale, kind)[key]) for kind, key in keys] + numbers)
        for x, locale in locales.items()
    }


def _word(name: str) -> str:
    return max(name.replace("(", " ").replace(")", " ").split(), key=len).lower()


if __name__ == "__main__":
    main()
