"""A table with the mates that mining found for its records."""

from typing import Any

import numpy as np
import pyarrow as pa

from lingweave.building.mining import SCORE, MiningOptions, MonoSet, mined
from lingweave.encoders.scores import Encoder
from lingweave.table import ParallelTable


def with_mates(
    table: ParallelTable,
    own: MonoSet,
    others: list[MonoSet],
    encoder: Encoder,
    options: MiningOptions,
) -> ParallelTable:
    """All records of a table, those that have mates with them in other languages.

    Args:
        table: with the origins of its cells.
        own: its records in the language that is compared, by ``mono_set``.
        others: sets in languages that the table lacks.
        encoder: puts translations close to each other.
        options: what counts as a translation.

    Raises:
        LingweaveError: see ``mined``.
    """
    found = mined([own, *others], encoder, options)
    several = len(table.datasets) > 1
    ids = table.ids().to_pylist()
    names = [f"{table.dataset(row)}/{id}" if several else id for row, id in enumerate(ids)]
    place = {id: row for row, id in enumerate(found.ids().to_pylist())}
    rows = pa.array([place.get(name) for name in names], pa.int64())
    records = table.records(slice(None))
    columns: dict[str, Any] = {
        name: records[name].combine_chunks() for name in records.column_names
    }
    ids, datasets, groups = (columns.pop(name) for name in ("id", "dataset", "group"))
    before = len(table.origins)
    for code in (other.language for other in others):
        for name in (f"query:{code}", f"passage:{code}", f"score:{SCORE}:{code}"):
            columns[name] = found.records(slice(None))[name].combine_chunks().take(rows)
        origin = found.origin(code)
        assert origin is not None
        moved = origin.take(rows).to_numpy(zero_copy_only=False)
        there = np.isfinite(moved.astype(np.float64))
        columns[f"origin:{code}"] = pa.array(
            np.where(there, np.nan_to_num(moved.astype(np.float64)) + before, 0).astype(np.int16),
            mask=~there,
        )
    return ParallelTable.build(
        ids,
        datasets,
        groups,
        [*table.languages, *(other.language for other in others)],
        columns,
        origins=(*table.origins, *found.origins),
    )
