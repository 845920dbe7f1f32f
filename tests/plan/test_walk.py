import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lingweave.plan.walk import Walk


@settings(deadline=None, max_examples=40)
@given(data=st.data(), batch=st.integers(2, 40), key=st.integers(0, 99))
def test_every_record_is_seen_before_any_repeats(data: st.DataObject, batch: int, key: int) -> None:
    size = data.draw(st.integers(batch, 300))
    walk = Walk(size, batch, (key,))
    visits = np.zeros(size, int)
    for number in range(4 * size // batch + 1):
        rows = walk.records(number * batch, batch)
        assert len(set(rows.tolist())) == batch
        visits[rows] += 1
        assert visits.max() - visits.min() <= 1


@settings(deadline=None, max_examples=40)
@given(data=st.data(), batch=st.integers(2, 40), key=st.integers(0, 99))
def test_batches_of_unequal_sizes_are_served_as_evenly(
    data: st.DataObject, batch: int, key: int
) -> None:
    size = data.draw(st.integers(batch, 300))
    walk = Walk(size, batch, (key,), aligned=False)
    visits, start = np.zeros(size, int), 0
    for count in data.draw(st.lists(st.sampled_from([batch, batch // 2]), max_size=60)):
        rows = walk.records(start, count)
        assert len(set(rows.tolist())) == count
        visits[rows] += 1
        start += count
        assert visits.max() - visits.min() <= 1


def test_epochs_have_different_orders() -> None:
    walk = Walk(1000, 50, (1,))
    first, second = walk.records(0, 50), walk.records(1000, 50)
    assert len(np.intersect1d(first, second)) < 20


@settings(deadline=None)
@given(
    sizes=st.lists(st.integers(1, 30), min_size=3, max_size=40),
    batch=st.integers(2, 30),
    key=st.integers(0, 99),
)
def test_groups_are_spread_evenly(sizes: list[int], batch: int, key: int) -> None:
    groups = np.repeat(np.arange(len(sizes)), sizes)
    if len(groups) < batch:
        return
    walk = Walk(len(groups), batch, (key,), groups)
    visits = np.zeros(len(groups), int)
    counts = []
    for number in range(2 * len(groups) // batch):
        rows = walk.records(number * batch, batch)
        assert len(set(rows.tolist())) == batch
        visits[rows] += 1
        counts.append(np.bincount(groups[rows], minlength=len(sizes)))
    assert visits.max() - visits.min() <= 1
    # A group of m of n records has its even share, batch * m / n, give or take two rows.
    share = batch * np.array(sizes) / len(groups)
    assert (np.array(counts) <= np.ceil(share) + 2).all()


def test_groups_of_one_size_never_meet_where_a_batch_has_room_for_one_of_each() -> None:
    groups = np.repeat(np.arange(40), 5)
    walk = Walk(200, 20, (3,), groups)
    for number in range(100):
        assert len(set(groups[walk.records(number * 20, 20)].tolist())) == 20


def test_records_without_a_group_are_each_their_own() -> None:
    groups = np.concatenate([np.full(150, -1), np.zeros(50, int)])
    walk = Walk(200, 8, (3,), groups)
    in_group = [int((groups[walk.records(8 * n, 8)] == 0).sum()) for n in range(25)]
    assert max(in_group) <= 3
    assert sum(in_group) == 50
