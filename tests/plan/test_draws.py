import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare, kstest

from lingweave.plan.draws import bits, folded, permuted, uniform


@given(size=st.integers(1, 5000), key=st.integers())
def test_a_permutation_is_a_bijection(size: int, key: int) -> None:
    image = permuted(np.arange(size), size, key)
    assert np.array_equal(np.sort(image), np.arange(size))


def test_permutations_of_a_large_table_stay_inside_and_need_no_table_of_it() -> None:
    size = 40_000_000
    image = permuted(np.arange(size - 1000, size), size, 7)
    assert len(set(image.tolist())) == 1000
    assert image.min() >= 0
    assert image.max() < size


@pytest.mark.parametrize("size", [5, 24, 1000])
def test_permutations_put_every_record_everywhere(size: int) -> None:
    first = np.array([permuted(np.array([0]), size, 1, epoch)[0] for epoch in range(4000)])
    counts = np.bincount(first * min(size, 24) // size, minlength=min(size, 24))
    widths = np.bincount(np.arange(size) * min(size, 24) // size)
    assert chisquare(counts, 4000 * widths / size).pvalue > 1e-4


def test_draws_are_uniform_and_differ_by_key() -> None:
    assert kstest(uniform(20_000, 3, 1), "uniform").pvalue > 1e-4
    # One number of each of many keys is as random as many numbers of one.
    assert kstest([uniform(1, 3, step)[0] for step in range(5000)], "uniform").pvalue > 1e-4
    assert len({folded(a, b) for a in range(100) for b in range(100)}) == 10_000
    assert abs(np.corrcoef(uniform(9999, 1), uniform(9999, 2))[0, 1]) < 0.05


def test_draws_are_the_same_on_every_platform() -> None:
    assert bits(2, 1, 2).tolist() == bits(3, 1, 2)[:2].tolist()
    # Values of an independent implementation in plain Python integers.
    mask = (1 << 64) - 1

    def mixed(x: int) -> int:
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & mask
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB & mask
        return x ^ (x >> 31)

    state = 0
    for part in (1, 2):
        state = mixed(((state ^ part) + 0x9E3779B97F4A7C15) & mask)
    assert bits(2, 1, 2).tolist() == [
        mixed((state + n * 0x9E3779B97F4A7C15) & mask) for n in (1, 2)
    ]
