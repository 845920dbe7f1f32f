"""The benchmarks that a table must not hold, and what was found of them."""

from collections.abc import Sequence
from pathlib import Path

from lingweave.benchmark import Benchmark
from lingweave.building.blocks import Verdicts
from lingweave.building.config import BuildConfig
from lingweave.building.decontamination import (
    Articles,
    Decontaminated,
    InBenchmark,
    Options,
    titles_of,
    with_evidence,
)
from lingweave.building.filters.standard import judge
from lingweave.building.verdict_files import read_verdicts
from lingweave.errors import LingweaveError
from lingweave.sources.catalogue import named
from lingweave.sources.named import Request
from lingweave.table import ParallelTable


class Against:
    """Benchmarks that were read, ready to look for their texts."""

    def __init__(self, config: BuildConfig) -> None:
        """Reads the benchmarks.

        Raises:
            LingweaveError: one has no such name, or cannot be read.
        """
        options = Options(config.same, corpus=config.corpus, articles=config.articles)
        self._filters = [InBenchmark(_read(one), options) for one in config.against]
        self._known: Sequence[Articles] = (
            [titles_of([Path(file) for file in config.titles])] if config.titles else []
        )

    def found(
        self, table: ParallelTable, folder: Path, workers: int, progress: bool
    ) -> list[Decontaminated]:
        """What stands of each benchmark in a table; blocks that were looked at are kept there.

        Raises:
            LingweaveError: the disk is full.
        """
        if not self._filters:
            return []
        folders = judge(table, self._filters, folder, workers=workers, progress=progress)
        return [
            with_evidence(table, one, read_verdicts([its]), self._known)
            for one, its in zip(self._filters, folders, strict=True)
        ]


def verdicts_of(found: Sequence[Decontaminated]) -> list[Verdicts]:
    """The records that are to go."""
    return [some for one in found for some in one.verdicts]


def _read(argument: str) -> Benchmark:
    """The benchmark of NAME or NAME=FOLDER."""
    name, equals, folder = argument.partition("=")
    if not name or bool(equals) != bool(folder):
        raise LingweaveError(f"--against {argument}: write a benchmark's name, or NAME=FOLDER")
    try:
        return named(name).load(Request(Path(folder) if folder else None))
    except LingweaveError as error:
        # The readers speak of the options of `evaluate`.
        told = str(error).replace("--benchmark ", "--against ")
        told = told.replace("--data:", f"--against {name}=FOLDER:")
        raise LingweaveError(told.replace("--data ", f"--against {name}=")) from None
