"""Where cells come from that nobody has said it of: from their data sets, as they are."""

import pyarrow as pa
import pyarrow.compute as pc

from lingweave.table import SIDES, Origin, ParallelTable
from lingweave.table.layout import Contents


def origins_before(table: ParallelTable) -> tuple[Origin, ...]:
    """The origins that the columns of `records_with_origins` count in."""
    if table.extras.origin:
        return table.origins
    return tuple(Origin("given", name) for name in table.datasets)


def records_with_origins(table: ParallelTable, rows: slice) -> pa.Table:
    """Some records; where the table does not tell, their cells are given by their data sets."""
    records = table.records(rows)
    if table.extras.origin:
        return records
    place = pc.index_in(records["dataset"], value_set=pa.array(table.datasets, pa.string()))
    place = place.cast(pa.int16())
    for x in table.languages:
        there = pc.or_(*(pc.is_valid(records[f"{side}:{x}"]) for side in SIDES))
        column = pc.if_else(there, place, pa.scalar(None, pa.int16()))
        records = records.append_column(f"origin:{x}", column)
    return records


def with_origins(table: ParallelTable) -> ParallelTable:
    """The same table, whose cells come from their data sets if they come from nowhere else.

    Texts are not copied. A new table has no path: its origins stand in no file yet.
    """
    if table.extras.origin:
        return table
    records = records_with_origins(table, slice(None))
    contents = Contents.of(records.schema)
    assert contents is not None
    metadata = contents._replace(origins=origins_before(table)).as_metadata()
    return ParallelTable(records.replace_schema_metadata(metadata))
