import copy
import pickle

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lingweave.benchmark import Benchmark, Gold, Texts, places
from lingweave.errors import LingweaveError
from lingweave.sources import columns
from lingweave.sources.columns import Column

CHUNKS = st.lists(st.lists(st.text(max_size=3), max_size=4), max_size=4)


def column(chunks: list[list[str]]) -> tuple[Column, list[str]]:
    arrays = [pa.array(chunk, pa.string()) for chunk in chunks]
    return Column(pa.chunked_array(arrays, pa.string())), [x for chunk in chunks for x in chunk]


@settings(deadline=None, max_examples=40)
@given(CHUNKS, st.integers(-9, 9), st.integers(-9, 9), st.sampled_from([1, 2, -1]))
def test_a_column_is_the_sequence_of_its_rows(
    chunks: list[list[str]], start: int, stop: int, step: int
) -> None:
    made, rows = column(chunks)
    assert len(made) == len(rows)
    assert list(made) == rows
    assert [made[i] for i in range(-len(rows), len(rows))] == rows + rows
    assert list(made[start:stop:step]) == rows[start:stop:step]
    assert made == Column(pa.array(rows, pa.string()))
    with pytest.raises(IndexError):
        made[len(rows)]
    with pytest.raises(IndexError):
        made[-len(rows) - 1]


@settings(deadline=None, max_examples=40)
@given(CHUNKS, st.lists(st.text(max_size=3), max_size=5, unique=True))
def test_rows_are_found_without_making_strings(chunks: list[list[str]], wanted: list[str]) -> None:
    made, rows = column(chunks)
    first = {row: i for i, row in reversed(list(enumerate(rows)))}
    assert made.places(wanted).tolist() == [first.get(x, -1) for x in wanted]
    twice = made.repeated()
    assert (twice is None) == (len(set(rows)) == len(rows))
    assert twice is None or rows.count(twice) > 1


def test_places_of_plain_sequences() -> None:
    assert places(("a", "b"), ("b", "z", "a")).tolist() == [1, -1, 0]


def test_a_walk_makes_few_rows_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "ROWS", 2)
    assert list(Column(pa.array(["a", "b", "c", "d", "e"]))) == ["a", "b", "c", "d", "e"]


def test_a_column_is_an_arrow_array_and_survives_a_trip() -> None:
    made = Column(pa.array(["a", "b"]))
    assert pa.chunked_array(pa.array(made)).to_pylist() == ["a", "b"]
    assert pickle.loads(pickle.dumps(made)) == made == copy.copy(made)
    assert made != ("a", "b")


def test_benchmarks_check_columns_as_they_check_tuples() -> None:
    queries = {"en": Texts(("1",), ("one?",))}
    corpora = {"en": Texts(Column(pa.array(["a", "b"])), Column(pa.array(["A", "B"])))}
    assert Benchmark("b", queries, corpora, (Gold("1", "en", "b"),)).gold[0].passage_id == "b"
    with pytest.raises(LingweaveError, match="gold passage 'c' of query '1' is not in the 'en'"):
        Benchmark("b", queries, corpora, (Gold("1", "en", "c"),))
    twice = {"en": Texts(Column(pa.array(["a", "a"])), Column(pa.array(["A", "B"])))}
    with pytest.raises(LingweaveError, match="'a' stands twice"):
        Benchmark("b", queries, twice, ())
