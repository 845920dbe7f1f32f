"""A parallel table as a benchmark: every record's query asks for its own passage."""

import os
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from lingweave.benchmark import Benchmark, Gold, Texts
from lingweave.sources.rows import read_table
from lingweave.table import ParallelTable


def parallel(paths: Sequence[str | os.PathLike[str]]) -> Benchmark:
    """The benchmark of one's own parallel rows: files as ``read_table`` takes them.

    Raises:
        LingweaveError: the rows cannot be read.
    """
    table = read_table(paths, split=None)
    name = "parallel " + ", ".join(Path(path).name for path in paths)
    source = {"folder": ", ".join(map(str, paths)), "fingerprint": table.fingerprint}
    return benchmark_of(table, name, source)


def record_id(table: ParallelTable, row: int) -> str:
    """A record's id in benchmarks: data sets may use the same ids."""
    return f"{table.dataset(row)}/{table.id(row)}"


def benchmark_of(
    table: ParallelTable, name: str, source: dict[str, str], rows: Sequence[int] | None = None
) -> Benchmark:
    """The retrieval benchmark that a table's records, or some of them, make.

    Records that share a passage share the candidate, so that a right answer never counts as a
    wrong one. Queries and passages are in the table's order.
    """
    rows = range(len(table)) if rows is None else rows
    taken = pa.array(rows, pa.int64())
    ids = [record_id(table, row) for row in rows]
    queries: dict[str, Texts] = {}
    corpora: dict[str, Texts] = {}
    gold: list[Gold] = []
    for language in table.languages:
        asked = table.column("query", language).take(taken)
        has = asked.is_valid().to_pylist()
        kept = [id for id, here in zip(ids, has, strict=True) if here]
        if kept:
            queries[language] = Texts(tuple(kept), tuple(asked.drop_null().to_pylist()))
        first: dict[str, str] = {}
        answers = table.column("passage", language).take(taken)
        for id, text in zip(ids, answers.to_pylist(), strict=True):
            if text is not None:
                gold.append(Gold(id, language, first.setdefault(text, id)))
        if first:
            corpora[language] = Texts(tuple(first.values()), tuple(first))
    everyone = {id for side in queries.values() for id in side.ids}
    groups = table.groups().take(taken).to_pylist()
    return Benchmark(
        name=name,
        queries=queries,
        corpora=corpora,
        gold=tuple(g for g in gold if g.query_id in everyone),
        groups={
            id: group
            for id, group in zip(ids, groups, strict=True)
            if group is not None and id in everyone
        },
        source=source,
    )
