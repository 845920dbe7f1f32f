"""Bias figures: by hand, by trying every order of equals, and by simulation."""

import itertools

import numpy as np
from data import benchmark
from hypothesis import given, settings
from hypothesis import strategies as st
from test_ranks import integer_scores, ranked

from lingweave import bias
from lingweave.benchmark import Benchmark, Gold, Texts
from lingweave.per_query import per_query
from lingweave.ranks import TIE_RULES, pessimistic


def two_languages(scores: list[float]) -> tuple[Benchmark, dict[str, np.ndarray]]:
    """One English query; pool: de0 de1 en0 en1; gold is de0 and en0."""
    made = Benchmark(
        "b", {"en": Texts(("q",), ("q",))},
        {y: Texts((f"{y}0", f"{y}1"), ("a", "b")) for y in ("de", "en")},
        (Gold("q", "de", "de0"), Gold("q", "en", "en0")),
    )  # fmt: skip
    return made, {"en": np.array([scores], dtype=np.float32)}


def test_same_language_first_counts_shares_of_ties() -> None:
    for scores, expected in (([1, 0, 2, 0], 1.0), ([2, 0, 1, 0], 0.0), ([1, 5, 1, 0], 0.5)):
        ranks, _ = ranked(*two_languages(scores))
        assert bias.same_language_first(ranks).tolist() == [expected]


def test_same_language_first_needs_answers_in_both() -> None:
    made, scores = two_languages([1, 0, 2, 0])
    for gold in made.gold:
        one = Benchmark("b", made.queries, made.corpora, (gold,))
        assert np.isnan(bias.same_language_first(ranked(one, scores)[0])).all()


def test_rank_distance_by_hand() -> None:
    ranks, _ = ranked(*two_languages([4, 3, 1, 2]))
    _, pools = per_query(ranks, pessimistic)
    assert pools.rank_distance.tolist() == [3]
    assert pools.rank_distance_ratio.tolist() == [3 / (1 / 3 * 5)]
    assert bias.tied_share(ranks) == 0


def test_a_constant_encoder_has_wide_bounds_under_every_rule() -> None:
    ranks, _ = ranked(*two_languages([0, 0, 0, 0]))
    low, high = bias.rank_distance_bounds(ranks)
    assert (low.tolist(), high.tolist()) == ([1], [3])
    assert bias.tied_share(ranks) == 1


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 2), min_size=6, max_size=6), st.sets(st.integers(0, 5), min_size=2))
def test_bounds_are_the_extremes_over_all_orders_of_equals(
    scores: list[int], golds: set[int]
) -> None:
    ids = tuple(map(str, range(6)))
    made = Benchmark(
        "b", {"en": Texts(("q",), ("q",))}, {"en": Texts(ids, ids)},
        tuple(Gold("q", "en", str(g)) for g in golds),
    )  # fmt: skip
    ranks, _ = ranked(made, {"en": np.array([scores], dtype=np.float32)})
    distances = []
    for order in itertools.permutations(range(6)):
        if all(scores[a] >= scores[b] for a, b in itertools.pairwise(order)):
            places = [place for place, candidate in enumerate(order) if candidate in golds]
            distances.append(places[-1] - places[0])
    low, high = bias.rank_distance_bounds(ranks)
    assert (low[0], high[0]) == (min(distances), max(distances))


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000), st.sampled_from([1, 3, 50]))
def test_bounds_hold_the_distance_of_every_rule(seed: int, values: int) -> None:
    made = benchmark(seed)
    ranks, _ = ranked(made, integer_scores(made, seed, values))
    low, high = bias.rank_distance_bounds(ranks)
    for rule in TIE_RULES.values():
        _, pools = per_query(ranks, rule)
        known = ~np.isnan(pools.rank_distance)
        np.testing.assert_array_equal(known, ~np.isnan(low))
        assert (pools.rank_distance[known] >= low[known]).all()
        assert (pools.rank_distance[known] <= high[known]).all()


def test_the_expected_distance_is_that_of_random_rankings() -> None:
    random = np.random.default_rng(0)
    draws = np.array([np.ptp(random.permutation(50)[:4]) for _ in range(4000)])
    expected = bias.expected_rank_distance(np.array([4, 1]), 50)
    assert abs(draws.mean() - expected[0]) < 4 * draws.std() / np.sqrt(len(draws))
    assert np.isnan(expected[1])
