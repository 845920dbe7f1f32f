"""The filters that a build applies, and their run over a table."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from lingweave.atomic import disk_errors_named, remove_unfinished
from lingweave.building.blocks import RECORDS, Block, Filter, blocks
from lingweave.building.filters.copied import Copied
from lingweave.building.filters.damage import Damage
from lingweave.building.filters.entities import Entities
from lingweave.building.filters.estimation import Estimation
from lingweave.building.filters.expected import expected_lengths
from lingweave.building.filters.language import Language
from lingweave.building.filters.length import Length
from lingweave.building.filters.length_ratio import LengthRatio
from lingweave.building.filters.numbers import Numbers
from lingweave.building.filters.options import FilterOptions
from lingweave.building.filters.repetition import Repetition
from lingweave.building.filters.round_trip import RoundTrip
from lingweave.building.filters.script import Script
from lingweave.building.filters.similarity import Similarity
from lingweave.building.filters.unfinished import Unfinished
from lingweave.building.processes import Processes
from lingweave.building.verdict_files import VerdictFiles
from lingweave.encoders.cluster import driven
from lingweave.encoders.options import EncoderOptions
from lingweave.errors import LingweaveError
from lingweave.progress import progress_bar
from lingweave.table import ParallelTable

QUANTILE, CHANCE = 0.03, 0.9
"""The rule of similarity where options give none: an encoder that hardly knows a language puts many
good translations among the strangers, and takes no more than this share of them."""

__all__ = ["FilterOptions", "judge", "standard"]


def standard(
    table: ParallelTable, options: FilterOptions, reference: str | None = None
) -> tuple[Filter, ...]:
    """The filters of some options, for a table: what is usual in it is learned from a sample.

    Raises:
        LingweaveError: an option needs what is not there.
    """
    learned = lru_cache(maxsize=1)(lambda: expected_lengths(table, reference))
    wanted: dict[str, Callable[[], Filter]] = {
        "length": lambda: Length(options.query_length, options.passage_length),
        "length_ratio": lambda: LengthRatio(learned(), options.ratio_width),
        "unfinished": lambda: Unfinished(learned(), options.unfinished_width),
        "script": lambda: Script(options.script_share),
        "language": lambda: Language(sure=options.language_sure),
        "copied": lambda: Copied(options.copied_share),
        "repetition": lambda: Repetition(options.loop_times),
        "damage": lambda: Damage(),
        "numbers": lambda: Numbers(lost=options.numbers_lost),
        "entities": lambda: Entities.fitted(table, reference, options.witnesses),
    }
    filters = [make() for name, make in wanted.items() if name not in options.leave_out]
    if options.encoder is not None:
        filters.append(_similarity(table, options, reference, options.encoder))
    if options.back is not None:
        filters.append(RoundTrip(options.back, options.back_chrf))
    if options.estimation is not None:
        estimation = Estimation(options.estimation, options.estimation_least)
        estimation.check()
        filters.append(estimation)
    return tuple(filters)


def judge(
    table: ParallelTable,
    filters: Sequence[Filter],
    folder: Path,
    reference: str | None = None,
    workers: int = 1,
    records: int = RECORDS,
    progress: bool = False,
) -> tuple[Path, ...]:
    """Judges a table slice by slice; what the folder holds already is not judged again.

    Args:
        table: the records.
        filters: what judges them; pickled with more than one worker.
        folder: where verdicts go, one folder a filter and one file a slice: see `read_verdicts`.
        reference: the language that cells are compared with where the table does not say which
            one they were translated from.
        workers: processes that judge; more than one need a table that is a file.
        records: records of a slice.
        progress: whether to show progress, where the terminal can.

    Returns:
        The folders of the verdicts, one a filter: see `read_verdicts`, `summary_of`.

    Raises:
        LingweaveError: a filter cannot judge the table, or the disk is full; what was judged before
            is kept.
    """
    if workers > 1 and table.path is None:
        raise LingweaveError("--workers: the table is in memory only; write it, or give 1 worker")
    with disk_errors_named(f"verdicts to {folder}"), progress_bar(progress) as bar:
        files = tuple(
            VerdictFiles(folder, one.name, (one.key, records), table, reference).open()
            for one in filters
        )
        for one in files:
            remove_unfinished(one.folder)
        works = [
            _Work(number, filter, rows)
            for number, (filter, rows) in enumerate(_missing(files, table, records))
        ]
        task = bar.add_task("slices", total=len(works))
        hand = _Hand(table.path, tuple(filters), files, reference)
        if workers == 1:
            for work in works:
                hand.judged(table, work)
                bar.advance(task)
        else:
            with Processes[_Work, None](workers, hand) as processes:
                for _ in driven(processes, iter(works)):
                    bar.advance(task)
        return tuple(one.folder for one in files)


class _Work(NamedTuple):
    """One filter and one slice."""

    number: int
    filter: int
    rows: slice


@dataclass(frozen=True)
class _Hand:
    """What a process needs to judge."""

    path: Path | None
    filters: tuple[Filter, ...]
    files: tuple[VerdictFiles, ...]
    reference: str | None

    def __call__(self, work: _Work) -> None:
        assert self.path is not None
        self.judged(_opened(self.path), work)

    def judged(self, table: ParallelTable, work: _Work) -> None:
        verdicts = self.filters[work.filter](Block(table, work.rows, self.reference))
        self.files[work.filter].write(work.rows, verdicts)


def _missing(
    files: Sequence[VerdictFiles], table: ParallelTable, records: int
) -> Iterator[tuple[int, slice]]:
    """The filters and the slices that they have not judged."""
    for block in blocks(table, records=records):
        for filter, one in enumerate(files):
            if one.read(block.rows) is None:
                yield filter, block.rows


@lru_cache(maxsize=1)
def _opened(path: Path) -> ParallelTable:
    return ParallelTable.open(path)


def _similarity(
    table: ParallelTable, options: FilterOptions, reference: str | None, encoder: EncoderOptions
) -> Similarity:
    if options.similarity is not None:
        return Similarity(encoder, least=options.similarity)
    quantile, chance = options.similarity_quantile, options.similarity_chance
    if quantile is None and chance is None:
        quantile, chance = QUANTILE, CHANCE
    return Similarity.fitted(table, reference, encoder, quantile, chance)
