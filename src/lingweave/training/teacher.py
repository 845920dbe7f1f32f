"""The vectors of a teacher, worked out once for each text of a table."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from lingweave.training.chunks import Ints


class Teacher:
    """A teacher's unit vectors of a table's queries (side 0) and passages (side 1)."""

    def __init__(self, columns: Sequence[Sequence[NDArray[np.float32]]]) -> None:
        """``columns[side][language]`` is (N, t): a row for each record of the table."""
        self._columns = columns

    def vectors(self, side: int, rows: Ints, languages: Ints) -> torch.Tensor:
        """(n, t): the vectors of the records ``rows`` in the languages of these columns."""
        columns = self._columns[side]
        found = np.empty((len(rows), columns[0].shape[1]), np.float32)
        for language in np.unique(languages):
            places = np.flatnonzero(languages == language)
            found[places] = columns[language][rows[places]]
        return torch.from_numpy(found)
