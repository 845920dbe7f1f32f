"""The filters that a build applies, by its options, and their run over a table."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
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
from lingweave.building.filters.repetition import Repetition
from lingweave.building.filters.round_trip import RoundTrip
from lingweave.building.filters.script import Script
from lingweave.building.filters.similarity import Similarity
from lingweave.building.filters.summary import Summary, summary_of
from lingweave.building.filters.unfinished import Unfinished
from lingweave.building.processes import Processes
from lingweave.building.verdict_files import VerdictFiles, read_verdicts
from lingweave.encoders.options import EncoderOptions
from lingweave.errors import LingweaveError
from lingweave.progress import progress_bar
from lingweave.table import ParallelTable

NAMES = (
    "length", "length_ratio", "unfinished", "script", "language", "copied", "repetition", "damage",
    "numbers", "entities",
)  # fmt: skip
"""The filters that need nothing but the table."""


@dataclass(frozen=True, kw_only=True)
class FilterOptions:
    """Which cells are taken for bad translations."""

    leave_out: list[str] = field(default_factory=list)
    """Filters that are not applied: length, length_ratio, unfinished, script, language, copied,
    repetition, damage, numbers, entities."""
    query_length: tuple[float, float] = (3.0, 1_000.0)
    """The shortest and the longest query, in characters of Latin script."""
    passage_length: tuple[float, float] = (12.0, 20_000.0)
    """The shortest and the longest passage, in characters of Latin script."""
    ratio_width: float = 4.5
    """Texts go that are longer or shorter, beside their source, than is usual for their pair of
    languages by so many standard deviations."""
    unfinished_width: float = 1.5
    """Passages without an end go that are shorter than usual by so many standard deviations."""
    script_share: float = 0.2
    """Texts go of which a smaller share of letters is of the language's script."""
    language_sure: float = 0.8
    """Texts go that the detector takes for another language with at least this probability."""
    copied_share: float = 0.75
    """Texts go that share this part of their words with their source or more."""
    loop_times: int = 3
    """Texts go that say a phrase so many times in a row."""
    numbers_lost: int = 2
    """Texts go that lack so many numbers of their source, and more than half of them; a single one
    is enough where another number stands in its place."""
    witnesses: int = 2
    """A name counts as lost if at least so many other languages of its record kept it, and all."""
    encoder: EncoderOptions | None = None
    """What tells how alike a text and its source are; by default nothing does."""
    similarity: float | None = None
    """With an encoder: the least similarity, for all pairs of languages alike."""
    similarity_quantile: float | None = None
    """With an encoder: the share of each pair's texts that go, those least alike."""
    similarity_chance: float | None = None
    """With an encoder: texts go that are no nearer to their source than the sources of other
    records are, but for this share of those (0.9: nine in ten are less alike); the default where
    no other rule is given is 0.9."""
    back: Path | None = None
    """A packed table of the same records with each cell translated back into its source's
    language."""
    back_chrf: float = 0.25
    """With translations back: the least chrF2 of one with the source, 0 to 1."""
    estimation: str | None = None
    """A COMET model that scores translations without references: its name, or its checkpoint."""
    estimation_least: float = 0.5
    """With such a model: the least score."""

    def __post_init__(self) -> None:
        for name in self.leave_out:
            if name not in NAMES:
                raise LingweaveError(f"--leave_out {name}: choose from {', '.join(NAMES)}")
        for name in ("script_share", "language_sure", "copied_share", "back_chrf"):
            if not 0 <= getattr(self, name) <= 1:
                raise LingweaveError(f"--{name} {getattr(self, name)}: must be 0 to 1")
        for name in ("similarity_quantile", "similarity_chance"):
            if getattr(self, name) is not None and not 0 <= getattr(self, name) <= 1:
                raise LingweaveError(f"--{name} {getattr(self, name)}: must be 0 to 1")
        for name in ("query_length", "passage_length"):
            least, most = getattr(self, name)
            if not 0 <= least <= most:
                raise LingweaveError(f"--{name} {least} {most}: give the shortest and the longest")
        for name in ("ratio_width", "unfinished_width"):
            if not getattr(self, name) > 0:
                raise LingweaveError(f"--{name} {getattr(self, name)}: must be above 0")
        for name, least in (("loop_times", 2), ("numbers_lost", 1), ("witnesses", 1)):
            if getattr(self, name) < least:
                raise LingweaveError(f"--{name} {getattr(self, name)}: must be {least} or more")
        rules = ("similarity", "similarity_quantile", "similarity_chance")
        given = [name for name in rules if getattr(self, name) is not None]
        if self.encoder is None and given:
            raise LingweaveError(f"--{given[0]}: needs an encoder, as --encoder.model MODEL")
        if self.similarity is not None and len(given) > 1:
            raise LingweaveError(f"give --similarity or --{given[1]}, not both")


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
) -> Summary:
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
        What the filters took; its ``folders`` are those of these filters.

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
            _Work(number, block.rows)
            for block in blocks(table, reference, records)
            for number, one in enumerate(files)
            if one.read(block.rows) is None
        ]
        task = bar.add_task("slices", total=len(works))
        hand = _Hand(table.path, tuple(filters), files, reference)
        if workers == 1:
            for work in works:
                hand.judged(table, work)
                bar.advance(task)
        else:
            with Processes[_Work, None](workers, hand) as processes:
                for _ in _driven(processes, works):
                    bar.advance(task)
        folders = tuple(one.folder for one in files)
        return summary_of(table, read_verdicts(folders), folders)


class _Work(NamedTuple):
    """One filter and one slice."""

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


def _driven(processes: "Processes[_Work, None]", works: Sequence[_Work]) -> Iterator[int]:
    left = iter(works)
    tasks = [processes.submit(work) for work, _ in zip(left, range(processes.room), strict=False)]
    while tasks:
        done, _ = processes.finished(tasks)
        tasks.remove(done)
        yield done
        for work in left:
            tasks.append(processes.submit(work))
            break


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
        chance = 0.9
    return Similarity.fitted(table, reference, encoder, quantile, chance)
