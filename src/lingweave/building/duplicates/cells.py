"""The cells that are compared: their numbers, their texts, and files of their keys."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lingweave.building.blocks import Block, blocks
from lingweave.building.duplicates.sketch import BANDS, keys_of
from lingweave.table import SIDES, ParallelTable, Side

Part = Literal["pair", "query", "passage"]


class Cells:
    """The cells of a table as one row of numbers: record times languages plus language.

    Args:
        table: the records.
        part: what of a cell is compared: its query and its passage, or one of them.
    """

    def __init__(self, table: ParallelTable, part: Part) -> None:
        self._table = table
        self._sides: tuple[Side, ...] = SIDES if part == "pair" else (part,)
        self.width = len(table.languages)

    def texts(self, language: str, rows: slice | NDArray[np.int64]) -> list[pa.Array]:
        """The texts of a language, an array a side, null where there is none."""
        columns = [self._table.column(side, language) for side in self._sides]
        return [
            column[rows] if isinstance(rows, slice) else column.take(pa.array(rows))
            for column in columns
        ]

    def of(self, numbers: NDArray[np.int64]) -> list[pa.Array]:
        """The texts of cells, by their numbers, an array a side."""
        rows, languages = numbers // self.width, numbers % self.width
        parts, places = [], []
        for language in np.unique(languages).tolist():
            here = np.flatnonzero(languages == language)
            parts.append(self.texts(self._table.languages[language], rows[here]))
            places.append(here)
        back = pa.array(np.argsort(np.concatenate(places)))
        return [pa.concat_arrays(side).take(back) for side in zip(*parts, strict=True)]

    def keys(self, folder: Path, near: bool, records: int, advance: Callable[[int], object]) -> int:
        """Writes files ``numbers`` and ``keys-0`` to ``keys-16`` of all cells, in their order.

        Args:
            folder: where to.
            near: whether to write the keys of near-duplicates too.
            records: records that are looked at together.
            advance: told of records that are done.

        Returns:
            How many cells there are.
        """
        count = 0
        paths = [folder / f"keys-{k}" for k in range(1 + BANDS * near)]
        files = [path.open("wb") for path in (folder / "numbers", *paths)]
        try:
            for block in blocks(self._table, None, records):
                numbers, keys = self._block(block, near)
                for file, values in zip(files, (numbers, *keys), strict=True):
                    file.write(np.ascontiguousarray(values).tobytes())
                count += len(numbers)
                advance(len(block))
        finally:
            for file in files:
                file.close()
        return count

    def _block(self, block: Block, near: bool) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        numbers, keys = [], []
        for number, language in enumerate(self._table.languages):
            found = keys_of(self.texts(language, block.rows), near)
            there = np.flatnonzero(found[0])
            numbers.append((block.rows.start + there) * self.width + number)
            keys.append(found[:, there])
        order = np.argsort(np.concatenate(numbers), kind="stable")
        return np.concatenate(numbers)[order], np.concatenate(keys, axis=1)[:, order]
