"""The filter: which records of a block have a text that stands in a benchmark."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
import pyarrow.compute as pc

from lingweave.benchmark import Benchmark
from lingweave.building.blocks import WHOLE, Block, Verdicts
from lingweave.building.decontamination.items import Items
from lingweave.building.decontamination.matching import matches
from lingweave.building.decontamination.options import Options
from lingweave.errors import LingweaveError
from lingweave.sources.fingerprints import fingerprint_of
from lingweave.table import SIDES

TEXTS = 2048
"""Texts that are looked at together: some tens of MB of passages with all that is made of them."""
SHOWN = 100
"""Characters of a text that a verdict shows."""
_VERSION = 1
"""Raised when what is found changes, so that stored verdicts are not taken for today's."""


class _Cells(NamedTuple):
    """Texts of one kind and language."""

    kind: str
    language: str
    rows: list[int]
    texts: list[str]


class InBenchmark:
    """Finds queries, passages and hard negatives that stand in a benchmark, in whatever language.

    The verdict is on the whole record: its other languages are translations of what was found.
    Reasons are ``<name>:<method>``, details ``query in de: ...``.
    """

    def __init__(self, benchmark: Benchmark, options: Options | None = None) -> None:
        """Takes a benchmark apart: once, before a table is walked.

        Raises:
            LingweaveError: the benchmark has no texts.
        """
        self.options = options or Options()
        self.benchmark = benchmark
        self.name = f"benchmark:{benchmark.name}"
        self.fingerprint = fingerprint_of(benchmark)
        self.items = Items(benchmark, self.options.corpus, self.options.shortest)
        if not self.items.items:
            raise LingweaveError(
                f"{benchmark.name}: no texts to look for: give a benchmark with queries"
            )

    @property
    def key(self) -> tuple[Any, ...]:
        """What its verdicts depend on but for the texts."""
        return (self.name, _VERSION, self.fingerprint, tuple(sorted(asdict(self.options).items())))

    def __call__(self, block: Block) -> Verdicts:
        """The records of the block that are to go."""
        rows: list[int] = []
        reasons: list[str] = []
        details: list[str] = []
        values: list[float] = []
        for cells in _cells(block):
            for start in range(0, len(cells.texts), TEXTS):
                some = cells.texts[start : start + TEXTS]
                for match in matches(some, cells.language, self.items, self.options):
                    item = self.items.items[match.item]
                    rows.append(cells.rows[start + match.text])
                    reasons.append(f"{self.name}:{match.method}")
                    shown = _short(some[match.text])
                    same = f" = {item}" if match.value == 1 else f" ~ {item} {_short(item.text)}"
                    details.append(f"{cells.kind} in {cells.language}: {shown}{same}")
                    values.append(match.value)
        return whole_records(rows, reasons, details, values)


def whole_records(
    rows: list[int], reasons: list[str], details: list[str], values: list[float]
) -> Verdicts:
    """Verdicts on records in all their languages, in the order of the records."""
    order = np.argsort(np.asarray(rows, np.int64), kind="stable")
    return Verdicts(
        np.asarray(rows, np.int64)[order],
        np.full(len(rows), WHOLE, np.int16),
        [reasons[place] for place in order],
        [details[place] for place in order],
        np.asarray(values, np.float32)[order],
    )


def _cells(block: Block) -> Iterator[_Cells]:
    first = block.rows.start
    records = block.table.records(block.rows)
    for language in block.table.languages:
        for side in SIDES:
            texts = block.texts(side, language)
            here = [row for row, text in enumerate(texts) if text is not None]
            yield _Cells(
                side, language, [first + row for row in here], [texts[row] or "" for row in here]
            )
        lists = records[f"negatives:{language}"].combine_chunks()
        rows = pc.add(pc.list_parent_indices(lists), first).to_pylist()
        yield _Cells("negative", language, rows, pc.list_flatten(lists).to_pylist())


def _short(text: str) -> str:
    text = " ".join(text.split())
    return repr(text if len(text) <= SHOWN else text[: SHOWN - 1] + "…")
