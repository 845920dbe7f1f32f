import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lingweave.plan.cycles import Cycles
from lingweave.plan.draws import Floats, Ints


def drifting(cycles: Ints) -> Floats:
    """Shares of three things, of which the first grows as the second shrinks."""
    way = np.minimum(cycles / 200, 1)
    return np.stack([0.7 * way, np.full(len(cycles), 0.7)])


@pytest.mark.parametrize("length", [16, 64])
def test_each_cycle_has_its_shares(length: int) -> None:
    cycles = Cycles(length, drifting, 3, (1, 2))
    for cycle in (0, 50, 100, 300):
        counts = np.bincount(cycles.drawn(cycle * length, length), minlength=3)
        edges = drifting(np.array([cycle]))[:, 0]
        shares = np.diff(edges, prepend=0, append=1)
        assert (np.abs(counts - length * shares) <= 1).all()
        assert (counts[shares == 0] == 0).all()


@settings(deadline=None)
@given(first=st.integers(0, 10_000), count=st.integers(1, 200), step=st.integers(0, 10_000))
def test_counts_and_draws_agree_wherever_one_looks(first: int, count: int, step: int) -> None:
    cycles, everything = Cycles(16, drifting, 3, (5,)), EVERYTHING
    assert np.array_equal(cycles.drawn(first, count), everything[first : first + count])
    assert np.array_equal(cycles.before(step), np.bincount(everything[:step], minlength=3))


def test_counts_far_out_are_sums_of_kept_parts() -> None:
    cycles = Cycles(16, drifting, 3, (5,))
    far = 16 * 4200 + 7
    stretch = np.bincount(cycles.drawn(16 * 4090, far - 16 * 4090), minlength=3)
    assert np.array_equal(cycles.before(far) - cycles.before(16 * 4090), stretch)


EVERYTHING = Cycles(16, drifting, 3, (5,)).drawn(0, 10_300)
