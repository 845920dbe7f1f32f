"""Some languages of a table, as if the others had never been there."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from lingweave.errors import LingweaveError
from lingweave.languages import canonical
from lingweave.table import ParallelTable


def only(table: ParallelTable, languages: Sequence[str]) -> ParallelTable:
    """The records that have a text in one of some languages, in these languages.

    Raises:
        LingweaveError: the table lacks a language.
    """
    codes = sorted({canonical(code) for code in languages})
    for code in codes:
        if code not in table.languages:
            raise LingweaveError(
                f"--languages {code}: the pairs are in {', '.join(table.languages)}"
            )
    places = [table.languages.index(code) for code in codes]
    there = (table.present("query") | table.present("passage"))[:, places].any(axis=1)
    records = table.records(slice(None)).take(pa.array(np.flatnonzero(there)))
    kept = {
        name: records[name].combine_chunks()
        for name in records.column_names
        if name.rpartition(":")[2] in codes
    }
    ids, datasets, groups = (records[name].combine_chunks() for name in ("id", "dataset", "group"))
    return ParallelTable.build(
        ids, datasets, groups, codes, kept, origins=table.origins, unseen=table.unseen
    )
