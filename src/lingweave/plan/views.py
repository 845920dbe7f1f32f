"""Views: the texts of a batch's records once more, in other languages."""

import numpy as np

from lingweave.plan.draws import Ints, folded, uniform_at
from lingweave.plan.kinds import drawn_languages
from lingweave.plan.plan import Batch, BatchPlan
from lingweave.plan.purposes import VIEW


def other_languages(plan: BatchPlan, batch: Batch, side: int, fixed: int | None = None) -> Ints:
    """(n,): for each row another language in which its record has the text of one side.

    The language differs from the row's own on that side. It is drawn as the rows of ``cross``
    batches draw theirs, by numbers that depend on the seed, the step, the record and the row's own
    language alone, so that a rank sees the same views of its rows as all others do.

    Args:
        plan: the plan that made the batch.
        batch: a step's batch, whole or of one rank.
        side: 0 for queries, 1 for passages.
        fixed: a column of the table: that language wherever the record has it and it is not the
            row's own, and no other.

    Returns:
        Columns of the table; -1 where the record has no such text.
    """
    own = (batch.query_languages, batch.passage_languages)[side]
    cells = plan.shape.cells(batch.rows)[side].copy()
    cells[np.arange(len(own)), own] = False
    if fixed is not None:
        return np.where(cells[:, fixed], fixed, -1)
    width = len(plan.shape.languages)
    counters = (batch.rows * width + own)[:, None] * width + np.arange(width)
    numbers = uniform_at(counters, np.uint64(folded(plan.seed, VIEW, batch.step, side)))
    drawn = drawn_languages(cells, numbers, plan.row_weights[batch.dataset])[:, 0]
    return np.where(cells.any(1), drawn, -1)
