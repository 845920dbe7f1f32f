"""BM25: words of every script, and agreement with a loop over the definition."""

import math
from collections import Counter

import numpy as np
import pytest

from lingweave.benchmark import Benchmark, Texts
from lingweave.encoders.bm25 import K1, B, bm25_scores
from lingweave.encoders.words import words
from lingweave.errors import LingweaveError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Große Straße, x_1!", ["große", "straße", "x_1"]),
        ("ﬁne ＡＢＣ", ["fine", "abc"]),
        ("हिन्दी में पाठ", ["हिन्दी", "में", "पाठ"]),
        ("العَرَبِيّة لغة", ["العَرَبِيّة", "لغة"]),
        ("北京大学 2024年", ["北京", "京大", "大学", "2024", "年"]),
        ("東京タワー", ["東京", "京タ", "タワ", "ワー"]),
        ("ภาษาไทย", ["ภา", "าษ", "ษา", "าไ", "ไท", "ทย"]),
        ("ខ្មែរ", ["ខ្", "្ម", "មែ", "ែរ"]),
        ("ລາວ", ["ລາ", "າວ"]),
        ("မြန်", ["မြ", "ြန", "န်"]),
        ("iPhone手机", ["iphone", "手机"]),
        ("한국어 문장", ["한국어", "문장"]),
        ("…!?", []),
        ("", []),
    ],
)
def test_words_of_every_script(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def naive(query: str, passages: list[str]) -> list[float]:
    """BM25 by its definition."""
    bags = [Counter(words(text)) for text in passages]
    mean = sum(bag.total() for bag in bags) / len(bags)
    scores = []
    for bag in bags:
        score = 0.0
        for word in words(query):
            df = sum(word in other for other in bags)
            idf = math.log(1 + (len(bags) - df + 0.5) / (df + 0.5))
            tf = bag[word]
            score += idf * tf / (tf + K1 * (1 - B + B * bag.total() / mean)) if tf else 0
        scores.append(score)
    return scores


def random_benchmark(seed: int) -> Benchmark:
    random = np.random.default_rng(seed)
    letters = ["sky", "grass", "snow", "blue", "天", "空", "ไท"]

    def texts(number: int, longest: int) -> Texts:
        made = [
            " ".join(random.choice(letters, size=random.integers(0, longest)))
            for _ in range(number)
        ]
        return Texts(tuple(map(str, range(number))), tuple(made))

    corpora = {y: texts(random.integers(1, 12), 9) for y in ("de", "en", "zh")}
    corpora["th"] = Texts(("0", "1"), ("sky snow snow", "sky  SNOW snow"))
    queries = {x: texts(4, 5) for x in ("de", "en")}
    queries["en"] = Texts(("0", "1", "2"), ("unknown", "", "snow snow sky"))
    return Benchmark("b", queries, corpora, ())


@pytest.mark.parametrize("seed", range(5))
def test_scores_are_those_of_the_definition_over_the_pool(seed: int) -> None:
    made = random_benchmark(seed)
    scores = bm25_scores(made)
    passages = [text for y in sorted(made.corpora) for text in made.corpora[y].texts]
    for x, side in made.queries.items():
        block = scores.block(x, slice(0, len(side.ids)))
        assert block.dtype == np.float32
        expected = [naive(query, passages) for query in side.texts]
        np.testing.assert_allclose(block, expected, rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(scores.block(x, slice(1, 2)), block[1:2])


def test_equal_texts_tie_and_so_do_equal_words() -> None:
    texts = ("the snow is white", "grass", "the snow is white", "The snow: is WHITE!")
    made = Benchmark(
        "b", {"en": Texts(("q",), ("is snow white",))}, {"en": Texts(tuple("abcd"), texts)}, ()
    )
    scores = bm25_scores(made)
    assert scores.first_equal is not None
    assert scores.first_equal.tolist() == [0, 1, 0, 3]
    (row,) = scores.block("en", slice(0, 1))
    assert row[0] == row[2] == row[3] > row[1] == 0
    assert scores.provenance["variant"] == "lucene"
    assert (scores.provenance["k1"], scores.provenance["b"]) == (0.9, 0.4)


def test_nothing_to_rank_or_to_match() -> None:
    with pytest.raises(LingweaveError, match="no passages"):
        bm25_scores(Benchmark("b", {}, {}, ()))
    with pytest.raises(LingweaveError, match="no passage holds a word"):
        bm25_scores(Benchmark("b", {}, {"en": Texts(("a",), ("!",))}, ()))
