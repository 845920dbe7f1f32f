"""Counting over whole columns agrees with a loop over texts."""

import unicodedata

import numpy as np
import pyarrow as pa
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from lingweave.building.duplicates.sketch import keys_of, resemblance, shingles
from lingweave.building.filters.columns import column_of, members
from lingweave.building.filters.words import words_of
from lingweave.encoders.words import words

TEXTS = st.lists(
    st.none()
    | st.text(alphabet="aBb é\u0301ü,.1 ٣ सत्य ไทยก 漢字かなー한국어\U0001f600ﬁＡ?", max_size=30),
    max_size=8,
)


def plain(text):
    """A text as its words are told apart: by character, without ligatures taken to pieces."""
    return unicodedata.normalize("NFC", text or "")


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.integers(0, 3))
def test_columns_are_the_texts(texts, skipped):
    array = pa.array([*["x"] * skipped, *texts], pa.large_string())[skipped:]
    column = column_of(array)
    assert [column.text(i) for i in range(len(texts))] == [plain(text) for text in texts]
    assert column.present.tolist() == [text is not None for text in texts]
    for pattern in (r"\p{L}", r"\p{Nd}", r"[\p{Han}\p{Thai}]", r"[\p{L}&&[^\p{Lu}]]"):
        found = [len(regex.findall(pattern, plain(text), flags=regex.V1)) for text in texts]
        assert column.counts(members(pattern)).tolist() == found


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_words_are_those_of_the_floors(texts):
    texts = [None if text is None else text.replace("ﬁ", "") for text in texts]
    found = words_of(column_of(pa.array(texts, pa.large_string())))
    naive = [words(plain(text)) for text in texts]
    assert np.diff(found.starts).tolist() == [len(x) for x in naive]
    hashes = {}
    for word, value in zip((x for text in naive for x in text), found.hashes.tolist(), strict=True):
        assert hashes.setdefault(word, value) == value
    assert len({*hashes.values()}) == len(hashes)


def test_no_texts_at_all():
    column = column_of(pa.array([], pa.large_string()))
    assert column.counts(members(r"\p{L}")).tolist() == []
    assert len(words_of(column).hashes) == 0
    assert column_of(pa.array([None, None], pa.large_string())).lengths.tolist() == [0, 0]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(alphabet="ab cd ", max_size=25), min_size=2, max_size=6))
def test_resemblance_is_jaccard_of_sets_of_shingles(texts):
    def naive(text):
        found = words(text)
        return {*zip(found, found[1:], found[2:], strict=False)} or {*found}

    first, second = texts, [*texts[1:], texts[0]]
    expected = [
        len(a & b) / len(a | b) if a | b else 0.0
        for a, b in ((naive(x), naive(y)) for x, y in zip(first, second, strict=True))
    ]
    arrays = (pa.array(side, pa.large_string()) for side in (first, second))
    assert resemblance(*arrays).tolist() == pytest.approx(expected)


def test_whole_hashes_see_words_and_their_order_alone():
    texts = ["The red fox.", "the RED, fox", "red the fox", "", "…", "the red fox fox"]
    whole = shingles(pa.array(texts, pa.large_string())).whole.tolist()
    assert whole[0] == whole[1]
    assert len({*whole}) == 4
    assert whole[3] == whole[4] == 0


def test_keys_are_those_of_equal_cells_and_0_where_a_side_is_missing():
    queries = pa.array(["a b c d", "A b c, d", None, "a b c d", "!"], pa.large_string())
    passages = pa.array(["e f g h", "e f g h", "e f g h", "other words stand here", "e f g h"],
                        pa.large_string())  # fmt: skip
    keys = keys_of((queries, passages), near=True)
    assert (keys[:, 0] == keys[:, 1]).all()
    assert (keys[:, [2, 4]] == 0).all()
    assert (keys[:, 0] != keys[:, 3]).all()
    assert len(keys_of((queries,), near=False)) == 1
