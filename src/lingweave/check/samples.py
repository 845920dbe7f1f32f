"""Some records side by side, and a small table of some more."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lingweave import languages
from lingweave.check.coverage import Coverage
from lingweave.report.examples import direction
from lingweave.table import Origin, ParallelTable

SHOWN = 5
"""Languages of a sample that are shown."""
TEXT_LENGTH = 420
"""Longer texts are cut for the page."""


class SampleCell(NamedTuple):
    """A record in one language."""

    code: str
    name: str
    direction: str
    query: str | None
    passage: str | None
    answers: tuple[str, ...]
    origin: str
    """Where it is from, in words; empty: not known."""


class Sample(NamedTuple):
    """A record in some of its languages."""

    id: str
    dataset: str
    cells: tuple[SampleCell, ...]
    others: int
    """Languages that it has and that are not shown."""


def samples_of(
    table: ParallelTable, coverage: Coverage, reference: str, count: int, seed: int
) -> tuple[Sample, ...]:
    """Random records that are there in two languages or more, if there are any.

    Each shows the reference and the languages that were shown least so far.
    """
    most = int(coverage.languages_of.max(initial=0))
    candidates = np.flatnonzero(coverage.languages_of >= min(2, most))
    random = np.random.default_rng(seed)
    rows = random.choice(candidates, min(count, len(candidates)), replace=False)
    shown = dict.fromkeys(table.languages, 0)
    found = []
    for row in rows.tolist():
        had = [code for code in table.languages if _there(table, row, code)]
        order = sorted(had, key=lambda code: (code != reference, shown[code], code))
        for code in order[:SHOWN]:
            shown[code] += 1
        cells = tuple(_cell(table, row, code) for code in order[:SHOWN])
        found.append(Sample(table.id(row), table.dataset(row), cells, max(0, len(had) - SHOWN)))
    return tuple(found)


def origin_words(origin: Origin) -> str:
    """Where a cell comes from, for people."""
    made = " ".join(part for part in (origin.translator, origin.version) if part)
    parts = [origin.kind, f"from {origin.from_language}" if origin.from_language else ""]
    parts += [f"by {made}" if made else "", f"({origin.source})"]
    return " ".join(part for part in parts if part)


def random_rows(count: int, most: int, seed: int) -> NDArray[np.int64]:
    """At most so many of the places 0 ... count − 1, at random, in their order."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))


def part_of(table: ParallelTable, rows: NDArray[np.int64]) -> ParallelTable:
    """A table in memory of some records."""
    records = table.records(slice(None)).take(pa.array(rows))
    columns = {name: records[name].combine_chunks() for name in records.column_names}
    ids, datasets, groups = (columns.pop(name) for name in ("id", "dataset", "group"))
    return ParallelTable.build(ids, datasets, groups, table.languages, columns, table.origins)


def _there(table: ParallelTable, row: int, code: str) -> bool:
    return any(table.column(side, code)[row].is_valid for side in ("query", "passage"))


def _cell(table: ParallelTable, row: int, code: str) -> SampleCell:
    query, passage = (table.column(side, code)[row].as_py() for side in ("query", "passage"))
    answers = dict.fromkeys(one.text for one in table.answers(row, table.languages.index(code)))
    places = table.origin(code)
    place = places[row].as_py() if places is not None else None
    return SampleCell(
        code,
        languages.name(code),
        direction(code),
        _cut(query),
        _cut(passage),
        tuple(answers),
        origin_words(table.origins[place]) if place is not None else "",
    )


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= TEXT_LENGTH else text[: TEXT_LENGTH - 1] + "…"
