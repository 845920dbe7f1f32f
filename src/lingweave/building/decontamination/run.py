"""Decontamination of a table against a benchmark: texts by blocks, then ids and articles."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lingweave.building.blocks import RECORDS, Verdicts, blocks
from lingweave.building.decontamination.evidence import (
    Articles,
    Shared,
    shared_articles,
    shared_ids,
)
from lingweave.building.decontamination.report import Report, reported
from lingweave.building.decontamination.texts import InBenchmark, whole_records
from lingweave.table import ParallelTable


class Decontaminated(NamedTuple):
    """What was found of one benchmark in a table."""

    verdicts: tuple[Verdicts, ...]
    """The records that are to go."""
    report: Report
    """How many, by what, and what remains; ``report.unseen()`` is the table's new entry."""


def decontaminated(
    table: ParallelTable,
    filter: InBenchmark,
    known: Sequence[Articles] = (),
    records: int = RECORDS,
    advance: Callable[[int], object] = lambda records: None,
) -> Decontaminated:
    """Looks at all of a table; memory grows with what is found alone.

    Args:
        table: memory-mapped.
        filter: of one benchmark.
        known: articles that the benchmark is made of (``titles_of``).
        records: records of a block.
        advance: told of the records of each block that is done.
    """
    texts = []
    for block in blocks(table, records=records):
        texts.append(filter(block))
        advance(len(block))
    return with_evidence(table, filter, texts, known)


def with_evidence(
    table: ParallelTable,
    filter: InBenchmark,
    texts: Iterable[Verdicts],
    known: Sequence[Articles] = (),
) -> Decontaminated:
    """The same, from a filter's verdicts on all blocks, as another walk over the table left them.

    Ids and articles are looked at here: they need what all blocks found.
    """
    verdicts = [some for some in texts if len(some.rows)]
    ids = shared_ids(table, filter.benchmark)
    if len(ids.rows):
        verdicts.append(_condemned(table, filter, "ids", ids))
    found = (
        np.unique(np.concatenate([some.rows for some in verdicts]))
        if verdicts
        else np.empty(0, np.int64)
    )
    shared = shared_articles(table, filter.benchmark, found, known)
    if filter.options.articles == "remove":
        verdicts += [_condemned(table, filter, "articles", one) for one in shared]
    else:
        shared = [_without(one, found) for one in shared]
        shared = [one for one in shared if len(one.rows)]
    report = reported(filter, table, verdicts, shared)
    return Decontaminated(tuple(verdicts), report)


def _without(shared: Shared, found: NDArray[np.int64]) -> Shared:
    """What remains of shared articles once the records that were found are gone."""
    return shared._replace(rows=np.setdiff1d(shared.rows, found))


def _condemned(table: ParallelTable, filter: InBenchmark, method: str, shared: Shared) -> Verdicts:
    count = len(shared.rows)
    details = [f"{shared.evidence}: {table.id(row)}" for row in shared.rows.tolist()]
    return whole_records(
        shared.rows.tolist(), [f"{filter.name}:{method}"] * count, details, [float("nan")] * count
    )
