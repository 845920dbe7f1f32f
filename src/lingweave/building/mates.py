"""A table with the mates that mining found for its records."""

import pyarrow as pa
import pyarrow.compute as pc

from lingweave.building.mining import SCORE, MiningOptions, MonoSet, mined, names_of
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
    place = {name: row for row, name in enumerate(found.ids().to_pylist())}
    rows = pa.array([place.get(name) for name in names_of(table, range(len(table)))], pa.int64())
    columns = _columns(table)
    new = _columns(found)
    ids, datasets, groups = (columns.pop(name) for name in ("id", "dataset", "group"))
    before = pa.scalar(len(table.origins), pa.int16())
    for code in (other.language for other in others):
        for name in (f"query:{code}", f"passage:{code}", f"score:{SCORE}:{code}"):
            columns[name] = new[name].take(rows)
        columns[f"origin:{code}"] = pc.add(new[f"origin:{code}"].take(rows), before)
    return ParallelTable.build(
        ids,
        datasets,
        groups,
        [*table.languages, *(other.language for other in others)],
        columns,
        origins=(*table.origins, *found.origins),
    )


def _columns(table: ParallelTable) -> dict[str, pa.Array]:
    records = table.records(slice(None))
    return {name: records[name].combine_chunks() for name in records.column_names}
