"""The texts of a table's cells, each distinct one numbered once."""

import numpy as np
import pyarrow as pa

from lingweave.encoders.scores import by_language
from lingweave.plan.draws import Ints
from lingweave.table import SIDES, ParallelTable, Side


class Texts:
    """Which text stands in which cell of one side; texts are numbered by first appearance,
    language by language."""

    def __init__(self, table: ParallelTable, side: Side, apart: bool = False) -> None:
        """
        Args:
            table: the texts.
            side: of queries or of passages.
            apart: whether a text that stands in several languages is another one in each of them,
                as it is to an encoder that goes by language.
        """
        self.table, self.side = table, side
        columns = [table.column(side, x) for x in table.languages]
        height, known = len(table), 0
        numbers: list[Ints] = []
        for some in [[column] for column in columns] if apart else [columns]:
            coded = pa.chunked_array(some).combine_chunks().dictionary_encode()
            found = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
            numbers.append(np.where(found < 0, -1, found + known))
            known += len(coded.dictionary)
        self.numbers: Ints = np.concatenate(numbers).reshape(len(table.languages), height)
        """(L, N) the number of each cell's text, -1 at holes."""
        cells = np.flatnonzero(self.numbers >= 0)
        self._cells = cells[np.unique(self.numbers.ravel()[cells], return_index=True)[1]]
        ends = np.searchsorted(self._cells, np.arange(len(table.languages) + 1) * height)
        self.spans = list(zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True))
        """For each language the numbers of the texts that appear in it first."""

    def __len__(self) -> int:
        return len(self._cells)

    def of(self, start: int, end: int) -> list[str]:
        """The texts with these numbers, all of one language's span."""
        cells = self._cells[start:end]
        if not len(cells):
            return []
        language, height = int(cells[0]) // len(self.table), len(self.table)
        column = self.table.column(self.side, self.table.languages[language])
        texts: list[str] = column.take(pa.array(cells % height)).to_pylist()
        return texts

    def all(self) -> list[str]:
        """All texts, in the order of their numbers."""
        return [text for start, end in self.spans for text in self.of(start, end)]


def texts_of(table: ParallelTable, encoder: object = None) -> dict[Side, Texts]:
    """The texts of both sides, as the encoder, if there is one, tells them apart."""
    return {side: Texts(table, side, by_language(encoder)) for side in SIDES}
