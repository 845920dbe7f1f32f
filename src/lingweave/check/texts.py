"""Lengths of texts, texts that stand in several records, and texts that were not translated."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lingweave.check.spread import Spread, spread_of
from lingweave.evaluate.tokens import Counter
from lingweave.table import SIDES, ParallelTable, Side

LOOKED_AT = 200_000
"""Texts of a column that are compared with each other at most."""
COUNTED = 500
"""Texts of a column whose tokens are counted at most."""


class Lengths(NamedTuple):
    """How long the texts of a side and language are."""

    characters: Spread | None
    """Of all texts; None: there are none."""
    tokens: Spread | None = None
    """Of some; None: nothing counts them."""
    lost: float = 0.0
    """Share of their characters in unknown tokens."""


class Repeated(NamedTuple):
    """Texts of a side and language that more than one record has."""

    looked_at: int
    """Texts that were compared."""
    copies: int
    """Those of them that an earlier record has too."""
    part: int
    """One in so many texts was looked at."""


def lengths_of(table: ParallelTable, side: Side, language: str) -> Lengths:
    """Lengths of all texts of a column, in characters."""
    lengths = pc.utf8_length(table.column(side, language)).drop_null()
    return Lengths(spread_of(lengths.to_numpy(zero_copy_only=False)))


def with_tokens(lengths: Lengths, texts: Sequence[str], count: Counter) -> Lengths:
    """The same with the tokens of some texts."""
    counted = count(texts)
    characters = sum(map(len, texts))
    return lengths._replace(
        tokens=spread_of(np.array([one.number for one in counted], np.int64)),
        lost=sum(one.lost for one in counted) / max(1, characters),
    )


def repeated_of(table: ParallelTable, side: Side, language: str) -> Repeated:
    """How often a text of a column stands in another record of that column too.

    Of large columns only texts of some lengths are looked at: equal texts are equally long, so
    that none is torn from its copies, and what is found is an estimate for the rest.
    """
    column = table.column(side, language).drop_null()
    part = -(-len(column) // LOOKED_AT)
    if part > 1:
        classes = pc.binary_length(column).to_numpy() % part
        sizes = np.bincount(classes, minlength=part)
        nearest = int(np.argmin(np.abs(sizes - len(column) / part)))
        column = column.filter(pa.array(classes == nearest))
    distinct = pc.count_distinct(column).as_py()
    return Repeated(len(column), len(column) - distinct, max(1, part))


def same_as(table: ParallelTable, language: str, reference: str) -> dict[Side, int]:
    """Records whose text in a language is the reference's, letter by letter."""
    return {
        side: pc.sum(pc.equal(table.column(side, language), table.column(side, reference))).as_py()
        or 0
        for side in SIDES
    }
