"""One property for every sentence that the plan promises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan.shapes import LANGUAGES, full, holed, plan, same
from scipy.stats import binom

from lingweave.errors import LingweaveError
from lingweave.plan import Repeats, TableShape
from lingweave.plan.balance import balance

MIXTURES = ["x-x-mono", "x-y", "hybrid", "x-x", "en-en", "mono=1:0,cross=0:1", "pivot(en,*)=1"]


@pytest.mark.parametrize("mixture", MIXTURES)
def test_a_batch_is_a_pure_function_of_the_step(mixture: str) -> None:
    shape = holed(0, 400, 700, share=0.8)
    whole = list(plan(shape, mixture).batches(0, 60))
    resumed = plan(shape, mixture)
    assert all(same(resumed.batch(step), whole[step]) for step in [*range(37, 60), 3, 59, 0])
    assert not same(plan(shape, mixture, seed=2).batch(5), whole[5])


def test_mono_has_one_language_a_batch_and_same_one_a_row() -> None:
    for batch in plan(full(500), "x-x-mono").batches(0, 50):
        assert len({*batch.query_languages.tolist(), *batch.passage_languages.tolist()}) == 1
    for batch in plan(full(500), "x-x").batches(0, 50):
        assert np.array_equal(batch.query_languages, batch.passage_languages)
        assert len(set(batch.query_languages.tolist())) > 1


def test_cross_rows_have_unequal_languages_and_each_batch_many_pairs() -> None:
    pairs = np.zeros((5, 5), int)
    for batch in plan(full(500), "x-y").batches(0, 500):
        assert (batch.query_languages != batch.passage_languages).all()
        assert len({*zip(batch.query_languages, batch.passage_languages, strict=True)}) > 5
        np.add.at(pairs, (batch.query_languages, batch.passage_languages), 1)
    low, high = binom.interval(1 - 1e-5, 500 * 16, 1 / 20)
    off_diagonal = pairs[~np.eye(5, dtype=bool)]
    assert off_diagonal.min() >= low
    assert off_diagonal.max() <= high


def test_a_pivot_fixes_one_side_and_en_en_both() -> None:
    for batch in plan(full(500), "pivot(en,*)=1").batches(0, 50):
        assert (batch.query_languages == 2).all()
        assert (batch.passage_languages != 2).all()
        assert len(set(batch.passage_languages.tolist())) > 1
    for batch in plan(full(500), "pivot(*,th)=1").batches(0, 50):
        assert (batch.passage_languages == 3).all()
        assert (batch.query_languages != 3).all()
    for batch in plan(full(500), "en-en").batches(0, 50):
        assert (batch.query_languages == 2).all()
        assert (batch.passage_languages == 2).all()


def test_ten_thousand_batches_keep_the_frequencies_of_kinds_and_languages() -> None:
    batches = list(plan(full(300), "mono=0.3,cross=0.7", batch_size=4).batches(0, 10_000))
    mono = [b for b in batches if b.kind == "mono"]
    low, high = binom.interval(1 - 1e-5, 10_000, 0.3)
    assert low <= len(mono) <= high
    counts = np.bincount([b.query_languages[0] for b in mono], minlength=5)
    low, high = binom.interval(1 - 1e-5, len(mono), 1 / 5)
    assert low <= counts.min()
    assert counts.max() <= high


def test_weights_follow_their_schedule() -> None:
    batches = list(plan(full(300), "mono=0:1,cross=1:0", batch_size=4, steps=6000).batches())
    mono = np.array([b.kind == "mono" for b in batches]).reshape(6, 1000).sum(1)
    expected = (np.arange(6) + 0.5) / 6
    low, high = binom.interval(1 - 1e-6, 1000, expected)
    assert ((low <= mono) & (mono <= high)).all()


@pytest.mark.parametrize("exponent", [0, 0.5, 1])
def test_data_sets_are_drawn_by_size_uniformly_or_tempered(exponent: float) -> None:
    sizes = np.array([100, 400, 2500])
    made = plan(full(*sizes), dataset_exponent=exponent, batch_size=4)
    drawn = np.bincount([b.dataset for b in made.batches(0, 10_000)], minlength=3)
    share = sizes**exponent / (sizes**exponent).sum()
    # Systematic sampling keeps the counts closer than independent draws would.
    low, high = binom.interval(1 - 1e-5, 10_000, share)
    assert ((low <= drawn) & (drawn <= high)).all()
    early = np.bincount([made.batch(s).dataset for s in range(2048, 3072)], minlength=3)
    assert np.abs(early - 1024 * share).max() <= 1


@pytest.mark.parametrize("exponent", [0, 0.5, 1])
def test_batches_draw_languages_uniformly_by_size_or_tempered(exponent: float) -> None:
    queries = np.zeros((1000, 5), bool)
    counts = np.array([1000, 640, 360, 160, 40])
    for language, count in enumerate(counts):
        queries[:count, language] = True
    shape = TableShape(LANGUAGES, ("a",), np.array([0, 1000]), queries, queries)
    made = plan(shape, "x-x-mono", batch_size=8, language_exponent=exponent)
    drawn = np.bincount([b.query_languages[0] for b in made.batches(0, 2000)], minlength=5)
    low, high = binom.interval(1 - 1e-5, 2000, counts**exponent / (counts**exponent).sum())
    assert ((low <= drawn) & (drawn <= high)).all()


@pytest.mark.parametrize("exponent", [0, 0.5, 1])
@pytest.mark.parametrize("kind", ["same", "cross"])
def test_rows_draw_languages_as_near_to_their_shares_as_holes_allow(
    exponent: float, kind: str
) -> None:
    # Every record has the first language and one of the other four, so those can have any shares.
    others = np.array([800, 400, 200, 100])
    queries = np.zeros((1500, 5), bool)
    queries[:, 0] = True
    queries[np.arange(1500), 1 + np.repeat(np.arange(4), others)] = True
    shape = TableShape(LANGUAGES, ("a",), np.array([0, 1500]), queries, queries)
    made = plan(shape, f"{kind}=1", batch_size=10, language_exponent=exponent)
    rows = np.concatenate([b.query_languages for b in made.batches(0, 3000)])
    drawn = np.bincount(rows, minlength=5)
    sizes = np.array([1500, *others])
    # A record of language l draws l rather than the first with odds (size_l / 1500) ** (e - 1).
    odds = (sizes / 1500.0) ** (exponent - 1)
    expected = others / 1500 * odds[1:] / (1 + odds[1:])
    low, high = binom.interval(1 - 1e-5, len(rows), expected)
    assert ((low <= drawn[1:]) & (drawn[1:] <= high)).all()
    # The smaller the exponent, the more of a rare language; with 1 shares follow the sizes.
    if exponent == 1:
        assert np.allclose(drawn[1:] / drawn[1], others / others[0], atol=0.05)


@given(size=st.integers(16, 200), other=st.integers(16, 200), seed=st.integers(0, 99))
@settings(deadline=None, max_examples=25)
def test_without_holes_and_groups_all_records_are_seen_before_any_repeats(
    size: int, other: int, seed: int
) -> None:
    visits = np.zeros(size + other, int)
    for batch in plan(full(size, other), seed=seed).batches(0, 60):
        visits[batch.rows] += 1
        for part in (visits[:size], visits[size:]):
            assert part.max() - part.min() <= 1


@given(seed=st.integers(0, 40), mixture=st.sampled_from(MIXTURES[:4]), world=st.integers(1, 2))
@settings(deadline=None, max_examples=40)
def test_no_record_and_no_text_stands_twice_in_a_batch(seed: int, mixture: str, world: int) -> None:
    shape = holed(seed, 150, 260)
    made = plan(shape, mixture, world_size=world, batch_size=8)
    for batch in made.batches(0, 12):
        assert len(set(batch.rows.tolist())) == len(batch.rows)
        start, stop = shape.offsets[batch.dataset : batch.dataset + 2]
        assert ((start <= batch.rows) & (batch.rows < stop)).all()
        assert shape.queries is not None
        assert shape.passages is not None
        assert shape.queries[batch.rows, batch.query_languages].all()
        assert shape.passages[batch.rows, batch.passage_languages].all()
        for repeats, languages in (
            (shape.query_repeats, batch.query_languages),
            (shape.passage_repeats, batch.passage_languages),
        ):
            texts = repeats.of(batch.rows, languages, 5)
            assert len(set(texts[texts >= 0].tolist())) == (texts >= 0).sum()


def test_ranks_share_the_kind_and_split_the_rows() -> None:
    made = plan(holed(3, 900), batch_size=8, world_size=4)
    for step in range(40):
        whole, parts = made.batch(step), [made.batch(step, rank) for rank in range(4)]
        assert {part.kind for part in parts} == {whole.kind}
        assert np.array_equal(np.concatenate([part.rows for part in parts]), whole.rows)
        assert len({len(part.rows) for part in parts}) == 1


def test_slots_that_a_language_cannot_use_are_refilled() -> None:
    queries = np.ones((400, 5), bool)
    queries[40:, 4] = False
    shape = TableShape(LANGUAGES, ("a",), np.array([0, 400]), queries, queries)
    rare = [b for b in plan(shape, "x-x-mono").batches(0, 300) if b.query_languages[0] == 4]
    assert len(rare) > 30
    assert all(len(b.rows) == 16 and (b.rows < 40).all() for b in rare)
    # Each of the 40 gets about its share of the refills: 16 of 40 a batch.
    visits = np.bincount(np.concatenate([b.rows for b in rare]), minlength=400)[:40]
    low, high = binom.interval(1 - 1e-4, len(rare), 16 / 40)
    assert low <= visits.min()
    assert visits.max() <= high


def test_visits_with_holes_stay_within_bounds() -> None:
    shape = holed(5, 600, share=0.7)
    made = plan(shape, steps=600)
    visits = made.visits()
    mean = 600 * 16 / 600
    assert visits.sum() == 600 * 16
    usable = (shape.queries & shape.passages).any(1)  # type: ignore[operator]
    assert visits[~usable].max(initial=0) <= visits[usable].mean()
    assert visits[usable].max() <= 4 * mean
    assert np.median(visits[usable]) >= mean / 2


def test_groups_are_spread_evenly_and_named_in_the_batch() -> None:
    groups = np.repeat(np.arange(50), 8)
    for batch in plan(full(400, groups=groups)).batches(0, 100):
        assert len(set(batch.groups.tolist())) == 16
        assert np.array_equal(batch.groups, groups[batch.rows])


def test_refilled_rows_respect_groups_too() -> None:
    groups = np.repeat(np.arange(100), 4)
    queries = np.zeros((400, 5), bool)
    queries[::3] = True
    shape = TableShape(LANGUAGES, ("a",), np.array([0, 400]), queries, queries, groups)
    for batch in plan(shape, "x-y", batch_size=40).batches(0, 60):
        assert np.unique(batch.groups, return_counts=True)[1].max() <= 2


def test_a_batch_is_short_only_where_nothing_more_fits() -> None:
    everything = np.arange(100 * 5)
    one_text = Repeats(everything, np.repeat(np.arange(10), 50))
    shape = TableShape(LANGUAGES, ("a",), np.array([0, 100]), passage_repeats=one_text)
    for batch in plan(shape, "x-y").batches(0, 20):
        assert len(batch.rows) == 10


def test_too_small_data_sets_are_refused_by_name() -> None:
    with pytest.raises(
        LingweaveError, match=r"'set1' has only 10 records for a 'mono' batch of 16"
    ):
        plan(full(100, 10))
    with pytest.raises(LingweaveError, match="of 32 rows"):
        plan(full(20), world_size=2)


def test_languages_too_rare_for_a_monolingual_batch_are_named_and_never_drawn() -> None:
    queries = np.ones((400, 5), bool)
    queries[10:, 3] = False
    made = plan(TableShape(LANGUAGES, ("a",), np.array([0, 400]), queries, queries))
    assert made.left_out() == {"a": ["th"]}
    for batch in made.batches(0, 100):
        assert batch.kind == "cross" or batch.query_languages[0] != 3


def test_queries_without_passages_serve_cross_batches() -> None:
    queries, passages = np.zeros((300, 5), bool), np.zeros((300, 5), bool)
    queries[:, [0, 3]], passages[:, 2] = True, True
    shape = TableShape(LANGUAGES, ("a",), np.array([0, 300]), queries, passages)
    batches = list(plan(shape, "x-y").batches(0, 30))
    assert {*np.concatenate([b.query_languages for b in batches]).tolist()} == {0, 3}
    assert {*np.concatenate([b.passage_languages for b in batches]).tolist()} == {2}


def test_a_run_is_told_what_holes_and_groups_do() -> None:
    assert list(balance(plan(full(400)))) == []
    queries = np.ones((400, 5), bool)
    queries[10:, 3] = False
    shape = TableShape(LANGUAGES, ("a",), np.array([0, 400]), queries, queries)
    left_out, visits, shares = balance(plan(shape, steps=50))
    assert left_out.startswith("a: too few records for a monolingual batch in th;")
    assert visits.startswith("visits to a record in 50 steps: ")
    assert visits.endswith("median 2")
    assert "(th) to " in shares
    one_text = Repeats(np.arange(400 * 5), np.repeat(np.arange(10), 200))
    short = TableShape(LANGUAGES, ("a",), np.array([0, 400]), passage_repeats=one_text)
    assert list(balance(plan(short, steps=50)))[-1].startswith("50 of 50 batches have fewer")
