"""From one language to many: the cells that a table lacks, translated sentence by sentence.

The table is read window by window and written by one writer at the end of it. What takes long is
kept elsewhere: every sentence is in the translator's memory as soon as its batch is done, so a run
that was stopped, in whatever way, makes the same table from there and asks for nothing twice.
"""

import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from rich.progress import Progress, TaskID

from lingweave import languages
from lingweave.building.desk import Desk
from lingweave.building.memory import TranslationMemory
from lingweave.building.origins import origins_of
from lingweave.building.window import Scope, Window
from lingweave.building.workers import HERE, Make, WorkerOptions, described, translating
from lingweave.building.writer import TableWriter
from lingweave.errors import LingweaveError
from lingweave.progress import progress_bar
from lingweave.sources.training.origins import records_with_origins
from lingweave.table import ParallelTable

_RECORDS = 256
"""Windows are cut at multiples of this."""


@dataclass(frozen=True)
class TranslationOptions:
    """What is translated, and how it is cut."""

    negatives: bool = True
    """Translate the source's hard negatives too."""
    limit: int | None = None
    """Characters of the longest sentence; longer ones are cut. Default: by the source's script."""
    window: int = 2**22
    """Bytes of source texts that are translated together: what is held in memory, times the
    languages. More lets many workers wait less for each other."""
    retry_failed: bool = False
    """Ask again for the sentences that had no translation in an earlier run."""

    def __post_init__(self) -> None:
        for name in ("limit", "window"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise LingweaveError(f"{name} {value}: must be 1 or more")


class TranslationCounts(NamedTuple):
    """What a run did."""

    records: int
    """Records of the table."""
    cells: int
    """Cells of other languages that were made."""
    sentences: int
    """Sentences of their texts, repeats counted."""
    translated: int
    """Sentences that were translated now: different ones, those with marks and answers included."""
    remembered: int
    """Those that the memory had."""
    failed: dict[str, int]
    """Texts that became holes as a sentence of theirs had no translation: queries, passages and
    hard negatives."""
    answers: dict[str, int]
    """Answers in made cells by the way they were found; see ``answers.Way``."""
    lost: dict[str, int]
    """Answers that were left out, by reason."""
    seconds: float
    """How long it took."""

    @property
    def rate(self) -> float:
        """Sentences translated in a second."""
        return self.translated / self.seconds if self.seconds else 0.0


class Translation(NamedTuple):
    """A table, and how it came about."""

    table: ParallelTable
    """The table, memory-mapped."""
    counts: TranslationCounts
    """What the run did."""


def translated(
    table: ParallelTable,
    source: str,
    targets: Sequence[str],
    make: Make,
    out: Path,
    folder: Path,
    workers: WorkerOptions = HERE,
    options: TranslationOptions = TranslationOptions(),
    progress: bool = False,
) -> Translation:
    """The table with the cells of other languages that it lacks.

    Texts that are there stay as they are, and records without a text in the source language keep
    what they have. A text of which a sentence has no translation becomes a hole. What the table was
    cleared of stays said: translations are of texts that were looked at, and entries of ``unseen``
    name the languages of these.

    Args:
        table: the table.
        source: the language to translate from.
        targets: the languages to translate into.
        make: makes the translator; pickled where others than this process work.
        out: the file of the new table.
        folder: where translations are kept; several runs and translators may share it.
        workers: who works.
        options: what is translated.
        progress: whether to show progress, where the terminal can.

    Raises:
        LingweaveError: the table lacks the source language, the translator lacks another one or
            stops working, or the disk is full. What was translated is kept.
        KeyboardInterrupt: Ctrl-C, or SIGTERM. What was translated is kept.
    """
    begun = time.monotonic()
    source, targets = _checked(table, source, targets)
    counts: Counter[str] = Counter()
    with _stoppable(), translating(workers, make) as translate:
        translator = described(translate, source, targets)
        with closing(TranslationMemory(folder, translator.identity)) as memory:
            if options.retry_failed:
                memory.forget_failures()
            desk = Desk(translate, memory, source, translator)
            origins, made_of = origins_of(table, source, translator.identity)
            scope = Scope(source, tuple(targets), options.negatives, options.limit)
            writer = TableWriter(
                out,
                sorted({*table.languages, *targets}),
                origins,
                table.unseen,
                table.score_names,
                table.extras.answers,
            )
            with writer, progress_bar(progress) as bar:
                task = bar.add_task(f"records, {source} to {', '.join(targets)}", total=len(table))
                for rows in _windows(table, source, options.window):
                    window = Window(records_with_origins(table, rows), scope, counts)
                    made = desk(window.plain(), partial(_advance, bar, task, rows))
                    more = desk(window.more(made), partial(_advance, bar, task, slice(0, 0)))
                    writer.add(window.filled(made, more, made_of))
                    bar.update(task, completed=rows.stop)
    seconds = time.monotonic() - begun
    return Translation(
        ParallelTable.open(out),
        TranslationCounts(
            len(table),
            counts["cells"],
            counts["sentences"],
            desk.counts["translated"],
            desk.counts["remembered"],
            _named(counts, "failed: "),
            _named(counts, "kept: "),
            _named(counts, "lost: "),
            seconds,
        ),
    )


def _windows(table: ParallelTable, source: str, size: int) -> Iterator[slice]:
    """All records of a table, some at a time: as many as have ``size`` bytes of source texts."""
    names = [f"{kind}:{source}" for kind in ("query", "passage", "negatives")]
    start = held = 0
    for stop in range(_RECORDS, len(table) + _RECORDS, _RECORDS):
        held += table.records(slice(stop - _RECORDS, stop)).select(names).nbytes
        if held >= size or stop >= len(table):
            yield slice(start, min(stop, len(table)))
            start, held = stop, 0


def _advance(bar: Progress, task: TaskID, rows: slice, share: float) -> None:
    bar.advance(task, share * (rows.stop - rows.start))


def _checked(
    table: ParallelTable, source: str, targets: Sequence[str]
) -> tuple[str, tuple[str, ...]]:
    """The canonical codes."""
    source = languages.canonical(source)
    codes = tuple(dict.fromkeys(languages.canonical(target) for target in targets))
    if source not in table.languages:
        raise LingweaveError(
            f"{table.path or 'table'}: has no texts in {source}, only in"
            f" {', '.join(table.languages)}: translate from one of these"
        )
    if source in codes or not codes:
        raise LingweaveError(
            f"translation from {source} to {', '.join(codes) or 'nothing'}: give other languages"
            " to translate into"
        )
    return source, codes


def _named(counts: Counter[str], prefix: str) -> dict[str, int]:
    return {k.removeprefix(prefix): counts[k] for k in sorted(counts) if k.startswith(prefix)}


@contextmanager
def _stoppable() -> Iterator[None]:
    """Lets SIGTERM end the run as Ctrl-C does: with its processes ended and its files put away."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            "translation stopped; what was translated is kept: run the same command to go on"
        ) from None
    finally:
        signal.signal(signal.SIGTERM, before)
