"""Encoders to scores: each text once, exact ties, similarity, bad vectors."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lingweave.benchmark import Benchmark, Texts
from lingweave.encoders import dense_scores, encoder_scores
from lingweave.encoders.random_vectors import RandomVectors
from lingweave.encoders.tfidf import padded, tfidf_scores
from lingweave.errors import LingweaveError

BENCHMARK = Benchmark(
    "b",
    {"de": Texts(("q",), ("frage",)), "en": Texts(("q", "r"), ("what", "frage"))},
    {
        "de": Texts(("a", "b"), ("Texas", "Berg")),
        "en": Texts(("a", "b", "c"), ("Texas", "hill", "texas")),
    },
    (),
)


class Counting:
    """An encoder that gives each call's texts different vectors, and remembers them."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def encode_queries(self, texts: Sequence[str], language: str) -> NDArray[np.float32]:
        self.seen += texts
        first = len(self.seen) - len(texts)
        return np.array([[np.cos(first + i), np.sin(first + i)] for i in range(len(texts))], "f4")

    encode_passages = encode_queries

    def describe(self) -> dict[str, Any]:
        return {"encoder": "counting"}


def test_each_distinct_text_is_encoded_once() -> None:
    encoder = Counting()
    scores = encoder_scores(encoder, BENCHMARK)
    assert encoder.seen == ["frage", "what", "Texas", "Berg", "hill", "texas"]
    assert scores.first_equal is not None
    assert scores.first_equal.tolist() == [0, 1, 0, 3, 4]
    assert scores.provenance == {"encoder": "counting", "similarity": "cosine", "dimension": 2}
    block = scores.block("en", slice(0, 2))
    assert block.shape == (2, 5)
    assert block[0, 0] == block[0, 2]


def test_random_vectors_depend_on_seed_and_text_only() -> None:
    encoder = RandomVectors(seed=3)
    one = encoder.encode_queries(["a", "b"], "en")
    other = encoder.encode_passages(["b"], "de")
    np.testing.assert_array_equal(one[1], other[0])
    assert (RandomVectors(seed=4).encode_queries(["a"], "en") != one[0]).all()
    assert one.dtype == np.float32
    assert encoder.describe()["seed"] == 3


def test_tfidf_normalises_and_ties_equal_texts() -> None:
    scores = tfidf_scores(BENCHMARK)
    assert scores.first_equal is not None
    assert scores.first_equal.tolist() == [0, 1, 0, 3, 0]
    block = scores.block("en", slice(0, 2))
    assert block.dtype == np.float32
    assert block[0, 0] == block[0, 2] == block[0, 4]
    assert padded("ﬁX") == " fix "


def test_tfidf_gives_a_text_itself_similarity_one() -> None:
    made = Benchmark(
        "b", {"en": Texts(("q",), ("Hill top",))}, {"en": Texts(("a", "b"), ("hill top", "x"))}, ()
    )
    np.testing.assert_allclose(tfidf_scores(made).block("en", slice(0, 1)), [[1, 0]], atol=1e-6)


def test_cosine_normalises_and_dot_does_not() -> None:
    queries = {"en": np.array([[1e20, 0]], np.float32)}
    passages = {"en": np.array([[3, 4], [1e-20, 0], [0, 0]], np.float32)}
    cosine = dense_scores(queries, passages, "cosine", {}).block("en", slice(0, 1))
    np.testing.assert_allclose(cosine, [[0.6, 1, 0]], rtol=1e-6)
    dot = dense_scores({"en": queries["en"] / 1e20}, passages, "dot", {})
    np.testing.assert_allclose(dot.block("en", slice(0, 1)), [[3, 1e-20, 0]], rtol=1e-6)


def test_bad_vectors_are_named() -> None:
    good, bad = np.ones((2, 3), np.float32), np.full((2, 3), np.nan, np.float32)
    with pytest.raises(LingweaveError, match="passages of th: 2 of 2 hold NaN"):
        dense_scores({"en": good}, {"th": bad}, "cosine", {})
    with pytest.raises(LingweaveError, match="queries of en have 2 dimensions, others 3"):
        dense_scores({"en": good[:, :2]}, {"th": good}, "cosine", {})
    with pytest.raises(LingweaveError, match="no passages"):
        dense_scores({"en": good}, {}, "cosine", {})
