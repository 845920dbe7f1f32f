"""The last pass: a table without the cells that were condemned."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lingweave.atomic import disk_errors_named, whole_file
from lingweave.building.blocks import WHOLE, Block, Verdicts, blocks
from lingweave.building.removed import TOO_FEW, RemovedFile, removed_beside
from lingweave.building.writer import TableWriter
from lingweave.errors import LingweaveError
from lingweave.table import SIDES, ParallelTable

Bits = NDArray[np.bool_]


def pruned(
    table: ParallelTable,
    verdicts: Iterable[Verdicts],
    out: Path,
    unseen: Sequence[dict[str, Any]] = (),
    least_languages: int = 1,
    removed: Path | None = None,
) -> ParallelTable:
    """Writes a table without condemned cells, and beside it why each of them went.

    A condemned cell loses its query, its passage and all that belongs to them. A record stays if
    in ``least_languages`` languages it still has a query with a passage. Memory holds one bit for
    each cell, and some records at a time. Both files appear when all is done, or neither.

    Args:
        table: the table that the verdicts are on.
        verdicts: in any order; looked at once.
        out: the Arrow file to write.
        unseen: joins what the table says of itself: benchmarks whose items the verdicts remove.
        least_languages: 1 keeps whatever can be trained on in one language; 2 is for recipes of
            cross batches alone.
        removed: the file of what was removed; beside ``out`` by default.

    Raises:
        LingweaveError: a verdict is on a cell that the table does not have, nothing is left, or the
            disk is full.
    """
    if not 1 <= least_languages <= len(table.languages):
        raise LingweaveError(
            f"least_languages {least_languages}: choose from 1 to {len(table.languages)}, the"
            " table's languages"
        )
    removed = removed_beside(out) if removed is None else removed
    with disk_errors_named(str(out)), ExitStack() as open_files:
        out.parent.mkdir(parents=True, exist_ok=True)
        file = RemovedFile(open_files.enter_context(whole_file(removed)), table)
        open_files.callback(file.close)
        condemned = _condemned(table, verdicts, file)

        def finish(fingerprint: str) -> None:
            file.finish(fingerprint)
            # It takes its name now, and the table after it: where the table is, all is there.
            open_files.close()

        with TableWriter(
            out,
            table.languages,
            table.origins,
            (*table.unseen, *unseen),
            table.score_names,
            table.extras.answers,
        ) as writer:
            left = _add_rest(writer, table, condemned, least_languages, file)
            if not left:
                often = ", ".join(f"{why} {n:,}" for why, n in file.reasons.most_common(4))
                raise LingweaveError(
                    f"{out}: no record of {len(table):,} is left ({often}): choose other filters,"
                    " or looser ones"
                )
            return writer.close(finish)


def _condemned(
    table: ParallelTable, verdicts: Iterable[Verdicts], file: RemovedFile
) -> NDArray[np.uint8]:
    """(N, ⌈L / 8⌉) a bit for each condemned cell."""
    bits = np.zeros((len(table), -(-len(table.languages) // 8)), np.uint8)
    for one in verdicts:
        rows, languages = one.rows, one.languages.astype(np.int64)
        wrong = (rows < 0) | (rows >= len(table)) | (languages >= len(table.languages))
        if wrong.any() or (languages < WHOLE).any():
            raise LingweaveError(
                f"{table.path or 'table'}: verdicts of {one.reasons[0]} are on cells that it does"
                " not have: they were given on another table"
            )
        file.add(one)
        whole = languages == WHOLE
        bits[rows[whole]] = 0xFF
        rows, languages = rows[~whole], languages[~whole]
        mask = np.left_shift(1, languages % 8).astype(np.uint8)
        np.bitwise_or.at(bits, (rows, languages // 8), mask)
    return bits


def _add_rest(
    writer: TableWriter,
    table: ParallelTable,
    condemned: NDArray[np.uint8],
    least: int,
    file: RemovedFile,
) -> int:
    """Writes what stays; returns how many records that is."""
    left = 0
    for block in blocks(table):
        bits = np.unpackbits(
            condemned[block.rows], axis=1, count=len(table.languages), bitorder="little"
        )
        gone = bits.astype(bool)
        rows = np.flatnonzero(_kept(block, gone, least, file))
        writer.add(_cleared(block, gone, rows))
        left += len(rows)
    return left


def _kept(block: Block, gone: Bits, least: int, file: RemovedFile) -> Bits:
    """(n,) which records stay; the file is told of those that no verdict condemned wholly."""
    asked, given = (block.table.present(side, block.rows) for side in SIDES)
    pairs = asked & given
    counts = (pairs & ~gone).sum(axis=1)
    kept: Bits = counts >= least
    places = np.flatnonzero(~kept & ~gone.all(axis=1))
    had = pairs.sum(axis=1)
    file.add(
        Verdicts(
            places + block.rows.start,
            np.full(len(places), WHOLE, np.int16),
            [TOO_FEW] * len(places),
            [f"{counts[i]} of {had[i]} languages left with a query and a passage" for i in places],
            counts[places].astype(np.float32),
        )
    )
    return kept


def _cleared(block: Block, gone: Bits, rows: NDArray[np.int64]) -> pa.Table:
    """Some records of the block, with nulls in place of condemned cells."""
    records, columns = block.table.records(block.rows), {}
    for name in records.column_names:
        code = name.rpartition(":")[2] if ":" in name else None
        mask = gone[rows, block.table.languages.index(code)] if code else None
        columns[name] = records[name].take(pa.array(rows, mask=mask))
    return pa.table(columns)
