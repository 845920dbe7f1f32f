"""What an objective sees: the vectors of one step, of all processes together."""

from typing import NamedTuple, TypeAlias

import torch
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
    """(B, d): each row's query in another language; any finite row where there is none. None where
    no row has one, and likewise for passages."""
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
    passage_in_language: Tensor | None = None
    """(B,) bool: which rows' own passages are in the language that a term asks of the views, so
    that they have no view and need none. None: no row's."""
    query_texts: Tensor | None = None
    """(B,) int64 ids of the queries' texts: equal texts have equal ids. None: unknown."""
    other_query_texts: Tensor | None = None
    """(B,): those of the queries in another language, ``NONE`` where there is none."""
    other_passage_texts: Tensor | None = None
    """(B,): those of the passages in another language, told apart as ``ids.texts`` are."""

    def passages(self) -> Tensor:
        """(B, d): each row's own passage."""
        return self.candidates[self.positives]

    def passage_ids(self) -> Ids:
        """What the rows' own passages are, each (B,)."""
        return self.ids.of(self.positives)

    def numbers(self, rows: Rows) -> Tensor:
        """The row numbers of ``rows``, int64 (n,)."""
        everything = torch.arange(len(self.positives), device=self.positives.device)
        return everything[rows]

    def nothing(self, rows: Rows) -> Tensor:
        """(n,) zeros that depend on the queries, for a term that counts no row."""
        return 0 * self.queries[rows].sum(1)
