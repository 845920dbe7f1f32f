"""Batches in which a record stands in several rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan.shapes import LANGUAGES, full, holed, plan, same
from scipy.stats import binom

from lingweave.plan import Batch, Repeats, TableShape


def records(batch: Batch) -> np.ndarray:
    """The records of a batch, each once."""
    per = int(batch.kind[6:-1]) if batch.kind.startswith("multi") else 1
    return batch.rows[::per]


@given(seed=st.integers(0, 40), per=st.sampled_from([2, 3]), world=st.integers(1, 2))
@settings(deadline=None, max_examples=25)
def test_a_record_stands_in_neighbouring_rows_of_different_languages(
    seed: int, per: int, world: int
) -> None:
    shape = holed(seed, 150, 260, share=0.8)
    made = plan(shape, f"multi({per})=1", world_size=world, batch_size=12)
    assert shape.queries is not None
    assert shape.passages is not None
    for batch in made.batches(0, 8):
        rows = batch.rows.reshape(-1, per)
        assert (rows == rows[:, :1]).all()
        assert len(set(rows[:, 0].tolist())) == len(rows)
        assert len(rows) % world == 0
        for cells, repeats, languages in (
            (shape.queries, shape.query_repeats, batch.query_languages),
            (shape.passages, shape.passage_repeats, batch.passage_languages),
        ):
            assert cells[batch.rows, languages].all()
            assert all(len(set(own)) == per for own in languages.reshape(-1, per).tolist())
            texts = repeats.of(batch.rows, languages, 5).reshape(-1, per)
            distinct = [set(own) - {-1} for own in texts.tolist()]
            assert sum(map(len, distinct)) == len(set().union(*distinct))


def test_a_text_may_stand_in_two_languages_of_one_record() -> None:
    # Every record has one text in all of its languages: different records never share it.
    cells = np.arange(100 * 5)
    repeats = Repeats(cells, cells // 5 % 20)
    shape = TableShape(LANGUAGES, ("a",), np.array([0, 100]), query_repeats=repeats)
    for batch in plan(shape, "multi(2)=1").batches(0, 20):
        assert len(batch.rows) == 16
        assert len(set((batch.rows[::2] % 20).tolist())) == 8


def test_languages_are_drawn_in_pairs_uniformly_and_the_sides_independently() -> None:
    counts = np.zeros((2, 5, 5), int)
    both = np.zeros((5, 5), int)
    for batch in plan(full(500), "multi(2)=1").batches(0, 800):
        for side, languages in enumerate((batch.query_languages, batch.passage_languages)):
            np.add.at(counts[side], tuple(languages.reshape(-1, 2).T), 1)
        np.add.at(both, (batch.query_languages[::2], batch.passage_languages[::2]), 1)
    low, high = binom.interval(1 - 1e-6, 800 * 8, 1 / 20)
    off_diagonal = counts[:, ~np.eye(5, dtype=bool)]
    assert off_diagonal.min() >= low
    assert off_diagonal.max() <= high
    assert (counts[:, np.eye(5, dtype=bool)] == 0).all()
    low, high = binom.interval(1 - 1e-6, 800 * 8, 1 / 25)
    assert low <= both.min()
    assert both.max() <= high


def test_rare_languages_are_drawn_more_often_where_they_are_weighted_so() -> None:
    queries = np.ones((400, 5), bool)
    queries[100:, 3] = False
    shape = TableShape(LANGUAGES, ("a",), np.array([0, 400]), queries, queries)
    shares = []
    for exponent in (0, 1):
        made = plan(shape, "multi(2)=1", language_exponent=exponent)
        drawn = np.concatenate([b.query_languages for b in made.batches(0, 400)])
        shares.append((drawn == 3).mean())
    assert shares[0] > 1.4 * shares[1]


def test_records_with_too_few_languages_are_replaced() -> None:
    passages = np.ones((300, 5), bool)
    passages[:200, 1:] = False
    shape = TableShape(LANGUAGES, ("a",), np.array([0, 300]), None, passages)
    for batch in plan(shape, "multi(2)=1").batches(0, 30):
        assert len(batch.rows) == 16
        assert (batch.rows >= 200).all()


@given(
    size=st.integers(16, 200),
    other=st.integers(16, 90),
    seed=st.integers(0, 99),
    mixture=st.sampled_from(
        ["multi=1", "multi-hybrid", "multi-annealed", "multi(4)=1,multi(2)=0:1,mono=0.5"]
    ),
)
@settings(deadline=None, max_examples=40)
def test_all_records_are_seen_before_any_repeats(
    size: int, other: int, seed: int, mixture: str
) -> None:
    visits = np.zeros(size + other, int)
    for batch in plan(full(size, other), mixture, seed=seed, steps=60).batches(0, 60):
        seen = records(batch)
        assert len(set(seen.tolist())) == len(seen)
        visits[seen] += 1
        for part in (visits[:size], visits[size:]):
            assert part.max() - part.min() <= 1


@pytest.mark.parametrize("mixture", ["multi-hybrid", "multi-annealed", "multi(4)=1,cross=1"])
def test_a_batch_is_a_pure_function_of_the_step(mixture: str) -> None:
    shape = holed(0, 400, 700, share=0.8)
    whole = list(plan(shape, mixture).batches(0, 90))
    resumed = plan(shape, mixture)
    assert all(same(resumed.batch(step), whole[step]) for step in [*range(67, 90), 3, 89, 0])


def test_where_the_walk_stands_is_known_far_out() -> None:
    """The same counts as by adding up what every step before used."""
    made = plan(full(5000, 900), "multi-annealed", batch_size=4, steps=4000)
    used = np.zeros(2, int)
    agenda = made._agenda
    for first in range(0, 4000, 500):
        _, kinds, datasets, starts = agenda.entries(first, 500)
        for kind, dataset, start in zip(kinds, datasets, starts, strict=True):
            assert start == used[dataset]
            used[dataset] += (2, 4)[kind]


def test_kinds_of_a_mixture_follow_its_weights_in_every_data_set() -> None:
    made = plan(full(5000, 900), "multi-annealed", batch_size=4, steps=6000)
    _, kinds, datasets, _ = made._agenda.entries(0, 6000)
    for dataset in (0, 1):
        mono = kinds[datasets == dataset]
        for number, tenth in enumerate(np.array_split(mono, 10)):
            assert abs(tenth.mean() - (number + 0.5) / 10) < 0.03


def test_a_small_data_set_meets_the_schedule_at_its_middle() -> None:
    kinds = []
    for seed in range(40):
        made = plan(full(5000, 40), "multi-annealed", seed=seed, batch_size=4, steps=1000)
        _, drawn, datasets, _ = made._agenda.entries(0, 1000)
        kinds.append(drawn[datasets == 1])
    turns = np.concatenate(kinds)
    low, high = binom.interval(1 - 1e-4, len(turns), 0.5)
    assert 40 * 6 <= len(turns) <= 40 * 10
    assert low <= turns.sum() <= high


def test_ranks_have_whole_records() -> None:
    made = plan(holed(3, 900, share=0.8), "multi-hybrid", batch_size=8, world_size=3)
    for step in range(30):
        whole, parts = made.batch(step), [made.batch(step, rank) for rank in range(3)]
        assert np.array_equal(np.concatenate([part.rows for part in parts]), whole.rows)
        assert len({len(part.rows) for part in parts}) == 1
        seen = np.concatenate([records(part) for part in parts])
        assert len(set(seen.tolist())) == len(seen)
