"""Where the cells of a translated table come from."""

from collections.abc import Mapping
from typing import Any

import pyarrow.compute as pc

from lingweave.sources.training.origins import origins_before
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
    before = origins_before(table)
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
