"""The bootstrap: nesting of the figures, pairing, coverage, and agreement with scipy."""

from dataclasses import fields, replace
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import bootstrap

from lingweave.errors import LingweaveError
from lingweave.significance import (
    FIGURES,
    Arm,
    Head,
    Interval,
    JointResampling,
    Resampling,
    Sample,
    StreamedSample,
    ValueSample,
    cluster_weights,
    language_intervals,
    macro_by_seed,
    macro_intervals,
    resampled_arms,
    seed_shares,
)


class Pairs(NamedTuple):
    query_language: np.ndarray
    passage_language: np.ndarray
    query: np.ndarray
    values: np.ndarray


class Pools(NamedTuple):
    query_language: np.ndarray
    query: np.ndarray
    values: np.ndarray
    rank_distance: np.ndarray
    rank_distance_ratio: np.ndarray
    same_language_first: np.ndarray


def sample(seed=0, count=3, queries=20, per_cluster=4, holes=0.0, noise=None, **fields):
    """An evaluation with values of ``seed``, and rows and holes that every seed shares."""
    values, shape = np.random.default_rng([seed, 1]), np.random.default_rng(0)
    x, y, q = (a.ravel() for a in np.indices((count, count, queries)))
    kept = shape.random(len(x)) >= holes
    x, y, q = x[kept], y[kept], q[kept]
    base = 0.5 if noise is None else noise[q][:, None]
    pool = np.flatnonzero(y == 0)
    pools = values.random((len(pool), 6))
    return Sample(
        **{
            "source": f"runs/{seed}",
            "benchmark": "toy",
            "ties": "pessimistic",
            "languages": tuple("abcdefghij"[:count]),
            "query_ids": tuple(f"q{i:04}" for i in range(queries)),
            "groups": np.arange(queries) // per_cluster,
            "pairs": Pairs(x, y, q, base + values.random((len(x), 6)) / 2),
            "pools": Pools(
                x[pool],
                q[pool],
                pools,
                np.where(pools[:, 0] < 0.3, np.nan, 100 * pools[:, 1]),
                pools[:, 2],
                pools[:, 3],
            ),
            **fields,
        }
    )


def arm(name, *samples, seeds=None):
    return Arm(name, tuple(seeds or (None,) * len(samples)), samples)


def naive_macro(sample, weight):
    """The macro figures by plain loops; ``weight`` is how often each query counts."""

    def mean(rows, values):
        w = weight[rows] * np.isfinite(values)
        return np.nansum(w * np.nan_to_num(values)) / w.sum() if w.sum() else np.nan

    pairs, pools, languages = sample.pairs, sample.pools, range(len(sample.languages))
    rows = []
    for x in languages:
        table = {}
        for y in languages:
            at = (pairs.query_language == x) & (pairs.passage_language == y)
            table[y] = [mean(pairs.query[at], pairs.values[at, m]) for m in range(6)]
        others = [table[y] for y in languages if y != x]
        at = pools.query_language == x
        columns = [*pools.values.T, *pools[3:]]
        multi = [mean(pools.query[at], column[at]) for column in columns]
        rows.append([*table[x], *np.nanmean(others, axis=0), *multi])
    return np.nanmean(rows, axis=0)


@given(st.integers(0, 99), st.integers(2, 5), st.integers(1, 5), st.sampled_from([0, 0.1, 0.3]))
@settings(max_examples=15, deadline=None)
def test_every_resample_is_the_nested_mean_of_the_drawn_clusters(seed, languages, size, holes):
    one = sample(seed, count=languages, per_cluster=size, holes=holes)
    (resampled,) = resampled_arms([arm("a", one)], Resampling(resamples=5, seed=seed))
    weights = cluster_weights(len(set(one.groups)), 5, seed)
    observed = [interval.mean for interval in macro_intervals(resampled).values()]
    np.testing.assert_allclose(observed, naive_macro(one, np.ones(20)), rtol=1e-12)
    for b in range(5):
        drawn = np.nanmean(resampled.draws[b], axis=0)
        expected = naive_macro(one, weights[b][one.groups].astype(float))
        np.testing.assert_allclose(drawn, expected, rtol=1e-12)


def test_an_arm_does_not_differ_from_itself():
    seeds = [sample(seed) for seed in (1, 2, 3)]
    a, b = resampled_arms(
        [arm("a", *seeds, seeds=(1, 2, 3)), arm("b", *seeds, seeds=(1, 2, 3))],
        Resampling(resamples=50),
    )
    assert set(macro_intervals(a, b).values()) == {Interval(0.0, 0.0, 0.0)}
    for figures in language_intervals(a, b).values():
        assert set(figures.values()) == {Interval(0.0, 0.0, 0.0)}


def test_the_order_of_queries_rows_and_cluster_numbers_has_no_say():
    one = sample(3, holes=0.2)
    shuffle = np.random.default_rng(5)
    order = shuffle.permutation(20)  # new place -> old place
    place = np.argsort(order)
    rows, pool_rows = (shuffle.permutation(len(t.query)) for t in (one.pairs, one.pools))
    pairs = Pairs(*(column[rows] for column in one.pairs))
    pools = Pools(*(column[pool_rows] for column in one.pools))
    other = replace(
        one,
        query_ids=tuple(one.query_ids[i] for i in order),
        groups=shuffle.permutation(50)[one.groups[order]],
        pairs=pairs._replace(query=place[pairs.query]),
        pools=pools._replace(query=place[pools.query]),
    )
    a, b = resampled_arms([arm("a", one), arm("b", other)], Resampling(resamples=50))
    np.testing.assert_allclose(a.draws, b.draws, rtol=1e-12)


def test_agrees_with_scipy_on_one_language_with_a_cluster_a_query():
    one = sample(1, count=1, queries=80, per_cluster=1)
    (resampled,) = resampled_arms([arm("a", one)], Resampling(resamples=4000))
    ours = macro_intervals(resampled)["mono.mAP"]
    theirs = bootstrap(
        (one.pairs.values[:, 0],), np.mean, n_resamples=4000, method="percentile", rng=1
    ).confidence_interval
    width = theirs.high - theirs.low
    assert ours.mean == pytest.approx(one.pairs.values[:, 0].mean())
    assert ours.low == pytest.approx(theirs.low, abs=0.08 * width)
    assert ours.high == pytest.approx(theirs.high, abs=0.08 * width)


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    held, runs = {True: 0, False: 0}, 200
    for run in range(runs):
        noise = np.repeat(np.random.default_rng([run, 9]).normal(0, 1, 40), 5)
        one = sample(run, count=1, queries=200, per_cluster=5, noise=noise)
        apart = replace(one, groups=np.arange(200))
        for clustered, each in ((True, one), (False, apart)):
            (resampled,) = resampled_arms([arm("a", each)], Resampling(resamples=300, seed=run))
            interval = macro_intervals(resampled)["mono.mAP"]
            held[clustered] += interval.low <= 0.25 <= interval.high
    assert 0.88 <= held[True] / runs <= 0.985
    assert held[False] / runs < 0.75  # what ignoring the clusters would claim


def test_pairing_narrows_the_difference_of_arms_that_fail_on_the_same_queries():
    noise = np.random.default_rng(2).random(100)
    one = sample(1, count=2, queries=100, per_cluster=2, noise=noise)
    two = sample(2, count=2, queries=100, per_cluster=2, noise=noise)
    a, b = resampled_arms([arm("a", one), arm("b", two)], Resampling(resamples=400))
    (apart,) = resampled_arms([arm("b", two)], Resampling(resamples=400, seed=1))

    def width(interval):
        return interval.high - interval.low

    paired = width(macro_intervals(a, b)["cross.mAP"])
    assert paired < 0.5 * width(macro_intervals(a, apart)["cross.mAP"])


def test_a_language_without_pool_figures_is_left_out_and_all_undefined_is_nan():
    one = sample(1, count=1)
    (resampled,) = resampled_arms([arm("a", one)], Resampling(resamples=10))
    assert np.isnan(macro_intervals(resampled)["cross.mAP"]).all()
    two = sample(1, count=2)
    kept = two.pools.query_language == 0
    two = replace(two, pools=Pools(*(column[kept] for column in two.pools)))
    (resampled,) = resampled_arms([arm("a", two)], Resampling(resamples=10))
    macro, by_language = macro_intervals(resampled), language_intervals(resampled)
    assert macro["multi.mAP"] == by_language["a"]["multi.mAP"]
    assert np.isnan(by_language["b"]["multi.mAP"]).all()
    assert not macro["cross.mAP"].excludes_zero or macro["cross.mAP"].low > 0


def test_seeds_are_drawn_too_and_paired_where_they_are_shared():
    samples = [sample(seed) for seed in (1, 2, 3)]
    a, b = arm("a", *samples, seeds=(1, 2, 3)), arm("b", *samples[::-1], seeds=(3, 2, 1))
    c, unknown = arm("c", *samples, seeds=(4, 5, 6)), arm("d", *samples)
    shares = {x.name: seed_shares(x, 500, 0) for x in (a, b, c, unknown)}
    np.testing.assert_array_equal(shares["a"], shares["b"][:, ::-1])
    for other in ("c", "d"):
        assert not np.array_equal(shares["a"], shares[other])
    for share in shares.values():
        np.testing.assert_allclose(share.sum(axis=1), 1)
        np.testing.assert_allclose(share.mean(axis=0), 1 / 3, atol=0.04)
    (three,) = resampled_arms([a], Resampling(resamples=100))
    singles = resampled_arms([arm(str(s), x) for s, x in enumerate(samples)])
    by_seed = [macro_intervals(one)["multi.mAP"].mean for one in singles]
    assert [figures["multi.mAP"] for figures in macro_by_seed(three)] == by_seed
    assert macro_intervals(three)["multi.mAP"].mean == pytest.approx(np.mean(by_seed))


def test_the_same_seed_gives_the_same_intervals_and_arms_do_not_disturb_each_other():
    a, b = arm("a", sample(1)), arm("b", sample(2), sample(3))
    alone = resampled_arms([b], Resampling(resamples=20))[0]
    beside = resampled_arms([a, b], Resampling(resamples=20))[1]
    np.testing.assert_array_equal(alone.draws, beside.draws)
    other = resampled_arms([b], Resampling(resamples=20, seed=1))[0]
    assert not np.array_equal(alone.draws, other.draws)


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"benchmark": "other"}, "benchmark 'toy' and 'other'"),
        ({"languages": ("a", "b", "x")}, "languages 'a b c' and 'a b x'"),
        ({"ties": "index"}, "tie rule 'pessimistic' and 'index'"),
        ({"query_ids": tuple(f"p{i:04}" for i in range(20))}, "20 and 20 queries"),
        ({"groups": np.arange(20)}, "clusters of queries differ"),
        ({"pairs": sample(2, holes=0.5).pairs}, "queries of the pairs differ"),
        ({"pools": sample(2, holes=0.5).pools}, "queries of the pool differ"),
    ],
)
def test_arms_that_were_not_measured_alike_are_refused(change, difference):
    with pytest.raises(LingweaveError) as error:
        resampled_arms([arm("a", sample(1)), arm("b", sample(2, **change))])
    message = str(error.value)
    assert difference in message
    assert "runs/1" in message
    assert "runs/2" in message
    assert "\n" not in message


def test_mistakes_in_arms_and_settings_are_one_line():
    with pytest.raises(LingweaveError, match="seed 1 twice: runs/1 and runs/2"):
        arm("a", sample(1), sample(2), seeds=(1, 1))
    with pytest.raises(LingweaveError, match="0 evaluations"):
        Arm("a", (), ())
    with pytest.raises(LingweaveError, match="nothing to compare"):
        resampled_arms([])
    with pytest.raises(LingweaveError, match="resamples is 1"):
        Resampling(resamples=1)
    with pytest.raises(LingweaveError, match="confidence is 95"):
        Resampling(confidence=95)


def test_fifty_languages_need_no_array_of_resamples_by_pairs():
    languages, queries = 50, 12
    x, y, q = (a.ravel() for a in np.indices((languages, languages, queries)))
    values = np.random.default_rng(1).random((len(x), 6))
    first = y == 0
    one = replace(
        sample(1, count=3, queries=queries),
        languages=tuple(f"l{i:02}" for i in range(languages)),
        pairs=Pairs(x, y, q, values),
        pools=Pools(x[first], q[first], values[first], *values[first].T[:3]),
    )
    (resampled,) = resampled_arms([arm("a", one)], Resampling(resamples=40))
    assert resampled.draws.shape == (40, languages, len(FIGURES))
    expected = naive_macro(one, np.ones(queries))
    observed = [interval.mean for interval in macro_intervals(resampled).values()]
    np.testing.assert_allclose(observed, expected, rtol=1e-12)


def streamed(one, order):
    """The same sample, its query languages read in some parts."""

    def parts():
        for languages in order:
            pairs, pools = (
                type(table)(*(column[np.isin(table.query_language, languages)] for column in table))
                for table in (one.pairs, one.pools)
            )
            yield pairs, pools

    head = {field.name: getattr(one, field.name) for field in fields(Head)}
    return StreamedSample(**head, parts=parts)


def test_values_that_are_read_in_parts_give_the_same_draws():
    samples = [sample(seed, count=4, holes=0.2) for seed in (1, 2)]
    (whole,) = resampled_arms([arm("a", *samples)], Resampling(resamples=20))
    apart = [streamed(samples[0], [[2, 0], [3], [1]]), streamed(samples[1], [[0, 1, 2, 3]])]
    (found,) = resampled_arms([arm("a", *apart)], Resampling(resamples=20))
    np.testing.assert_array_equal(found.draws, whole.draws)
    np.testing.assert_array_equal(found.by_seed, whole.by_seed)
    some = JointResampling(Resampling(resamples=20), ["rank_distance", "mono.R@10"])
    few = some.resampled(arm("a", *samples))
    assert few.figures == ("mono.R@10", "rank_distance")
    places = [FIGURES.index(name) for name in few.figures]
    np.testing.assert_allclose(few.draws, whole.draws[..., places])


def test_a_language_that_is_read_of_one_sample_only_is_told():
    one, other = sample(1), streamed(sample(2), [[0], [2]])
    for pair in ((one, other), (other, one)):
        with pytest.raises(LingweaveError, match=r"queries .*(differ|in b in one only)"):
            resampled_arms([arm("a", pair[0]), arm("b", pair[1])], Resampling(resamples=5))


def test_other_values_are_drawn_with_the_same_clusters_and_seeds():
    one = sample(1, count=2)
    mono = one.pairs.query_language == one.pairs.passage_language
    pairs = Pairs(*(column[mono] for column in one.pairs))
    head = {field.name: getattr(one, field.name) for field in fields(Head)}
    values = ValueSample(
        **head,
        names=("exact", "f1"),
        query_language=pairs.query_language,
        query=pairs.query,
        values=pairs.values[:, :2],
    )
    draw = JointResampling(Resampling(resamples=30))
    ranks = draw.resampled(arm("a", one, one, seeds=(1, 2)))
    found = draw.resampled(arm("a", values, values, seeds=(1, 2)))
    assert found.figures == ("exact", "f1")
    np.testing.assert_allclose(found.draws[..., 0], ranks.draws[..., FIGURES.index("mono.mAP")])
    assert macro_intervals(found)["f1"] == macro_intervals(ranks)["mono.R@1"]
