import numpy as np
import pytest
from plan.shapes import LANGUAGES, full, holed, plan
from scipy.stats import binom

from lingweave.plan import TableShape, other_languages


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("fixed", [None, 2])
def test_a_view_is_in_another_language_that_the_record_has(side: int, fixed: int | None) -> None:
    shape = holed(0, 400, 700, share=0.4)
    cells = (shape.queries, shape.passages)[side]
    assert cells is not None
    none = 0
    for batch in plan(shape, "same=1,cross=1,multi=1").batches(0, 40):
        own = (batch.query_languages, batch.passage_languages)[side]
        for row, mine, other in zip(
            batch.rows, own, other_languages(plan(shape), batch, side, fixed), strict=True
        ):
            has = set(np.flatnonzero(cells[row]).tolist()) - {int(mine)}
            if fixed is not None:
                has &= {fixed}
            assert (int(other) in has) if has else other == -1
            none += not has
    assert none > 20


def test_views_are_drawn_uniformly_and_anew_for_each_side_and_step() -> None:
    made = plan(full(400), "x-x-mono", batch_size=100)
    counts = np.zeros((5, 5), int)
    alike = []
    for batch in made.batches(0, 200):
        queries, passages = (other_languages(made, batch, side) for side in (0, 1))
        np.add.at(counts, (batch.query_languages, queries), 1)
        alike.append((queries == passages).mean())
    assert (np.diag(counts) == 0).all()
    for own in range(5):
        others = np.delete(counts[own], own)
        low, high = binom.interval(1 - 1e-6, others.sum(), 1 / 4)
        assert low <= others.min()
        assert others.max() <= high
    assert abs(np.mean(alike) - 1 / 4) < 0.02


def test_every_rank_sees_the_same_views() -> None:
    made = plan(holed(3, 900, share=0.8), "multi-hybrid", batch_size=8, world_size=3)
    for step in range(20):
        whole = other_languages(made, made.batch(step), 0)
        parts = [other_languages(made, made.batch(step, rank), 0) for rank in range(3)]
        assert np.array_equal(np.concatenate(parts), whole)


def test_a_side_without_holes_of_its_own_has_views_everywhere() -> None:
    passages = np.zeros((100, 5), bool)
    passages[:, 2] = True
    shape = TableShape(LANGUAGES, ("a",), np.array([0, 100]), None, passages)
    made = plan(shape, "pivot(*,en)=1")
    batch = made.batch(0)
    assert (other_languages(made, batch, 0) >= 0).all()
    assert (other_languages(made, batch, 1) == -1).all()
