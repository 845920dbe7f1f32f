"""What candidates are, and which of them are no negatives of one another.

Rows of different processes may stand in one matrix: a mask is built from ids, not from positions.
"""

from typing import NamedTuple

from torch import Tensor

NONE = -1
"""The id that matches nothing, itself included."""


class Ids(NamedTuple):
    """What the candidates of a batch are, as three int64 vectors (C,); ``NONE`` where unknown."""

    records: Tensor
    """Alignment ids: the same passage in another language has the same one."""
    groups: Tensor
    """Groups of records that answer each other's questions (the sentences of one paragraph)."""
    texts: Tensor
    """Ids of the texts themselves: equal texts have equal ids."""

    def of(self, positions: Tensor) -> "Ids":
        """The ids of the candidates at some positions, (n,) each."""
        return Ids(self.records[positions], self.groups[positions], self.texts[positions])


def matches(own: Tensor, others: Tensor) -> Tensor:
    """Which ids are equal and known: (n, m) bool for ids (n,) and (m,)."""
    return (own.unsqueeze(1) == others.unsqueeze(0)) & (own != NONE).unsqueeze(1)


def related(own: Ids, others: Ids) -> Tensor:
    """Which pairs share the record, the group or the text: (n, m) bool for n and m candidates."""
    left_out = matches(own.records, others.records)
    left_out |= matches(own.groups, others.groups)
    left_out |= matches(own.texts, others.texts)
    return left_out


def shared(ids: Ids, positives: Tensor) -> Tensor:
    """Which candidates are no negatives of which queries: (n, C), True = left out.

    A candidate is left out for a query when it shares the record, the group or the text of the
    query's positive. The positive itself is True as well; ``info_nce`` never leaves it out.

    Args:
        ids: ids of the C candidates. A hard negative carries ``NONE`` as record and group, because
            it was chosen as a negative of its own record; its text still counts.
        positives: (n,) the position of each query's positive among the candidates.
    """
    return related(ids.of(positives), ids)
