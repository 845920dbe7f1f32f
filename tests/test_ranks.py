"""Ranks against a naive sort; what must hold for every scoring."""

from collections.abc import Mapping

import naive
import numpy as np
import pytest
import torch
from data import benchmark
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lingweave.benchmark import Benchmark, Gold, Texts
from lingweave.encoders import dense_scores
from lingweave.judgements import judgements_of
from lingweave.ranks import (
    TIE_RULES,
    GoldRanks,
    TopLists,
    columns_of,
    gold_ranks,
    ranks_by_language,
)
from lingweave.ranks import rows as rows_module
from lingweave.ranks import streamed as streamed_module

Floats = NDArray[np.float32]
SEEDS = st.integers(0, 10_000)


def integer_scores(made: Benchmark, seed: int, values: int) -> dict[str, Floats]:
    """Scores with many exact ties."""
    random = np.random.default_rng(seed)
    size = judgements_of(made).pool_size
    return {
        x: random.integers(0, values, (len(side.ids), size)).astype(np.float32)
        for x, side in made.queries.items()
    }


def ranked(
    made: Benchmark, scores: Mapping[str, Floats], **options: int
) -> tuple[GoldRanks, TopLists]:
    return gold_ranks(lambda x, rows: scores[x][rows].copy(), judgements_of(made), **options)


@settings(deadline=None, max_examples=40)
@given(SEEDS, st.sampled_from([1, 2, 5, 1000]), st.sampled_from(list(TIE_RULES)))
def test_ranks_are_those_of_a_naive_sort(seed: int, values: int, rule: str) -> None:
    made = benchmark(seed)
    scores = integer_scores(made, seed, values)
    ranks, _ = ranked(made, scores)
    expected = naive.lists(made, scores, rule)
    own, pool = TIE_RULES[rule](ranks.own), TIE_RULES[rule](ranks.pool)
    passages = [(y, id) for y in sorted(made.corpora) for id in made.corpora[y].ids]
    seen = set()
    for row in range(len(ranks)):
        x = ranks.languages[ranks.query_language[row]]
        y, passage = passages[ranks.position[row]]
        assert ranks.languages[ranks.passage_language[row]] == y
        query = ranks.query_ids[ranks.query[row]]
        for scope, rank in ((y, own[row]), ("pool", pool[row])):
            names, grades = expected[x, scope, query]
            assert names.index(f"{y}/{passage}") + 1 == rank
            assert grades[f"{y}/{passage}"] == ranks.grade[row]
            seen.add((x, scope, query, f"{y}/{passage}"))
    assert seen == {(*key, name) for key, (_, grades) in expected.items() for name in grades}


@settings(deadline=None, max_examples=20)
@given(SEEDS, st.sampled_from([1, 3, 1000]))
def test_top_lists_are_those_of_a_naive_sort(seed: int, values: int) -> None:
    made = benchmark(seed)
    scores = integer_scores(made, seed, values)
    _, top = ranked(made, scores, top=4)
    for x, row, positions, values_ in zip(*top, strict=True):
        line = scores[made.languages[x]][row]
        order = np.argsort(-line, kind="stable")[:4]
        assert positions.tolist() == order.tolist()
        assert values_.tolist() == line[order].tolist()
    assert len(top.row) == sum(len(side.ids) for side in made.queries.values())


def test_top_lists_of_large_pools_are_exact() -> None:
    random = np.random.default_rng(1)
    ids = tuple(map(str, range(3000)))
    made = Benchmark(
        "large", {"en": Texts(tuple("abcde"), tuple("abcde"))},
        {"en": Texts(ids, ids)}, (Gold("a", "en", "7"),),
    )  # fmt: skip
    scores = np.stack(
        [
            random.standard_normal(3000),
            random.integers(0, 3, 3000),
            np.zeros(3000),
            np.arange(3000) % 8 == 0,
            np.arange(3000) + 10_000 * (np.arange(3000) % 8 == 0),
        ]
    ).astype(np.float32)
    _, top = ranked(made, {"en": scores})
    np.testing.assert_array_equal(top.positions, np.argsort(-scores, kind="stable")[:, :100])


@settings(deadline=None, max_examples=15)
@given(SEEDS, st.sampled_from([2, 1000]), st.integers(1, 2000))
def test_neither_blocks_nor_the_way_of_counting_change_ranks(
    seed: int, values: int, block_bytes: int
) -> None:
    made = benchmark(seed)
    scores = integer_scores(made, seed, values)
    whole, top = ranked(made, scores)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows_module, "SORTED", 0)
        parts, top_parts = ranked(made, scores, block_bytes=block_bytes)
    assert_same(whole, parts)
    for one, other in zip(top, top_parts, strict=True):
        np.testing.assert_array_equal(one, other)


def assert_same(one: GoldRanks, other: GoldRanks) -> None:
    a, b = columns_of(one), columns_of(other)
    assert a.keys() == b.keys()
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)


def vectors_of(made: Benchmark, seed: int, dimension: int = 8) -> tuple[dict[str, Floats], ...]:
    """Spread-out vectors: rounding cannot swap two candidates."""
    random = np.random.default_rng(seed)
    return tuple(
        {
            x: random.standard_normal((len(side.ids), dimension)).astype(np.float32)
            for x, side in sides.items()
        }
        for sides in (made.queries, made.corpora)
    )


def dense_ranks(
    made: Benchmark, queries: dict[str, Floats], passages: dict[str, Floats]
) -> GoldRanks:
    scores = dense_scores(queries, passages, "cosine", {})
    return gold_ranks(scores.block, judgements_of(made), scores.first_equal)[0]


@settings(deadline=None, max_examples=20)
@given(SEEDS)
def test_a_rotation_of_all_vectors_changes_no_rank(seed: int) -> None:
    made = benchmark(seed)
    queries, passages = vectors_of(made, seed)
    # Signed permutations are rotations and reflections without rounding of the entries.
    random = np.random.default_rng(seed)
    turn = np.eye(8, dtype=np.float32)[random.permutation(8)] * random.choice([-1, 1], 8)
    turned = [{x: (v @ turn).astype(np.float32) for x, v in s.items()} for s in (queries, passages)]
    assert_same(dense_ranks(made, queries, passages), dense_ranks(made, *turned))


@settings(deadline=None, max_examples=20)
@given(SEEDS, st.sampled_from([2.0**-20, 0.25, 3.0, 2.0**20]))
def test_scaling_changes_no_rank(seed: int, scale: float) -> None:
    made = benchmark(seed)
    queries, passages = vectors_of(made, seed)
    scaled = [{x: v * np.float32(scale) for x, v in side.items()} for side in (queries, passages)]
    assert_same(dense_ranks(made, queries, passages), dense_ranks(made, *scaled))


@settings(deadline=None, max_examples=20)
@given(SEEDS)
def test_doubling_every_candidate_adds_one_tie_a_candidate(seed: int) -> None:
    made = benchmark(seed)
    queries, passages = vectors_of(made, seed)
    doubled = Benchmark(
        "doubled",
        made.queries,
        {
            y: Texts(side.ids + tuple(f"{id} again" for id in side.ids), side.texts * 2)
            for y, side in made.corpora.items()
        },
        made.gold,
    )
    twice = {y: np.concatenate([v, v]) for y, v in passages.items()}
    once, both = dense_ranks(made, queries, passages), dense_ranks(doubled, queries, twice)
    for a, b in ((once.own, both.own), (once.pool, both.pool)):
        np.testing.assert_array_equal(b.above, 2 * a.above)
        np.testing.assert_array_equal(b.tied, np.ones_like(a.tied))
        np.testing.assert_array_equal(b.tied_before, np.zeros_like(a.tied))
        np.testing.assert_array_equal(b.gold_before, a.gold_before)


def test_identical_candidates_tie_exactly_wherever_they_stand() -> None:
    random = np.random.default_rng(0)
    vector = random.standard_normal((1, 33)).astype(np.float32)
    n = 517  # Not a multiple of any tile: products round differently at the edge.
    ids = tuple(map(str, range(n)))
    made = Benchmark("b", {"en": Texts(("q",), ("q",))}, {"en": Texts(ids, ids)},
                     (Gold("q", "en", "5"),))  # fmt: skip
    ranks = dense_ranks(
        made,
        {"en": random.standard_normal((1, 33)).astype(np.float32)},
        {"en": vector.repeat(n, 0)},
    )
    assert ranks.pool.tied.tolist() == [n - 1]
    assert ranks.pool.tied_before.tolist() == [5]


def test_no_gold_at_all_gives_empty_tables() -> None:
    made = Benchmark("b", {"en": Texts(("q",), ("q",))}, {"en": Texts(("p",), ("p",))}, ())
    ranks, top = ranked(made, {"en": np.zeros((1, 1), np.float32)})
    assert len(ranks) == 0
    assert top.positions.tolist() == [[0]]


@settings(deadline=None, max_examples=20)
@given(
    SEEDS, st.sampled_from([1, 2, 5, 1000]), st.integers(1, 7), st.integers(3, 30),
    st.sampled_from([0, 1200]), st.booleans(),
)  # fmt: skip
def test_the_streamed_pass_gives_the_same(
    seed: int, values: int, queries: int, candidates: int, candidates_sorted: int, copied: bool
) -> None:
    made = benchmark(seed)
    scores, judgements = integer_scores(made, seed, values), judgements_of(made)
    kinds = judgements.pool_size // 2 if copied else 2**40
    kind = np.random.default_rng(seed).integers(0, kinds, judgements.pool_size)
    _, first, which = np.unique(kind, return_index=True, return_inverse=True)
    first_equal = first[which]

    def block(language: str, rows: slice, places: slice) -> torch.Tensor:
        # A copy has a score of its own here, which must not count.
        return torch.from_numpy(scores[language][rows, places].copy())

    expected = list(
        ranks_by_language(lambda x, rows: scores[x][rows].copy(), judgements, first_equal, top=4)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streamed_module, "SORTED", candidates_sorted)
        copies = streamed_module.Copies.of(first_equal)
        found = list(
            streamed_module.streamed_ranks(
                block, judgements, copies, top=4, queries=queries, candidates=candidates
            )
        )
    assert len(found) == len(expected)
    for one, other in zip(expected, found, strict=True):
        assert_same(one.ranks, other.ranks)
        for a, b in zip(one.top, other.top, strict=True):
            np.testing.assert_array_equal(a, b)


def test_no_query_has_to_share_memory_with_more_than_is_allowed() -> None:
    made = benchmark(3)
    judgements, scores = judgements_of(made), integer_scores(made, 3, 2)
    seen = []

    def block(language: str, rows: slice, places: slice) -> torch.Tensor:
        seen.append((rows.stop - rows.start, places.stop - places.start))
        return torch.from_numpy(scores[language][rows, places].copy())

    copies = streamed_module.Copies.of(np.arange(judgements.pool_size) % 10)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streamed_module, "SHARED_BYTES", 80)
        list(streamed_module.streamed_ranks(block, judgements, copies, candidates=5))
    assert max(rows for rows, _ in seen) == 2
    assert max(places for _, places in seen) == 5
