"""Where the cells of a translated table come from."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lingweave.table import Origin, ParallelTable


def origins_of(
    table: ParallelTable, source: str, identity: Mapping[str, Any]
) -> tuple[list[Origin], dict[int, int]]:
    """All origins of the new table, and that of a translation by that of its source cell.

    Args:
        table: what is translated; if it knows of no origins, its cells are given by its data sets.
        source: the code of the language that is translated from.
        identity: the translator's.
    """
    before = list(table.origins) if table.extras.origin else _given(table)
    column = table.origin(source)
    used = range(len(before)) if column is None else pc.unique(column.drop_null()).to_pylist()
    made = [
        Origin(
            "translated",
            before[place].source,
            source,
            str(identity["translator"]),
            str(identity["version"]) if identity.get("version") is not None else None,
        )
        for place in used
    ]
    # Those of before keep their places.
    origins = [*before, *(one for one in dict.fromkeys(made) if one not in before)]
    return origins, {place: origins.index(one) for place, one in zip(used, made, strict=True)}


def with_origins(table: ParallelTable, rows: slice) -> pa.Table:
    """Some records; where the table does not tell, their cells are given by their data set."""
    records = table.records(rows)
    if table.extras.origin:
        return records
    place = pc.index_in(records["dataset"], value_set=pa.array(table.datasets, pa.string()))
    place = place.cast(pa.int16())
    for x in table.languages:
        there = pc.or_(*(pc.is_valid(records[f"{side}:{x}"]) for side in ("query", "passage")))
        column = pc.if_else(there, place, pa.scalar(None, pa.int16()))
        records = records.append_column(f"origin:{x}", column)
    return records


def _given(table: ParallelTable) -> list[Origin]:
    return [Origin("given", name) for name in table.datasets]
