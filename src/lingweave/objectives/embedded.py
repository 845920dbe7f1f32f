"""What an objective sees: the vectors of one step, of all processes together."""

from typing import NamedTuple, TypeAlias

from torch import Tensor

from lingweave.objectives.ids import Ids

Rows: TypeAlias = Tensor | slice
"""Which rows of a batch: row numbers, int64 (n,), or a slice."""


class Embedded(NamedTuple):
    """One step's vectors: B queries and C candidates, d wide, every row of unit length."""

    queries: Tensor
    """(B, d)."""
    candidates: Tensor
    """(C, d): passages of the rows, and hard negatives, in any order."""
    positives: Tensor
    """(B,) int64: the position of each query's own passage among the candidates."""
    ids: Ids
    """What the candidates are, each (C,)."""
    other_queries: Tensor | None = None
    """(B, d): each row's query in another language; any finite row where there is none."""
    has_other_query: Tensor | None = None
    """(B,) bool."""
    other_passages: Tensor | None = None
    """(B, d): each row's passage in another language; any finite row where there is none."""
    has_other_passage: Tensor | None = None
    """(B,) bool."""
    teacher_queries: Tensor | None = None
    """(B, t), unit rows: a teacher's vectors for the same queries."""
    teacher_candidates: Tensor | None = None
    """(C, t), unit rows: the teacher's vectors for the same candidates."""
