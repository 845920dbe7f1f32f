"""Tokens by language: ratios of sums, counted by hand."""

import pytest
from tiny import tiny_model

from lingweave.benchmark import Benchmark, Texts
from lingweave.errors import LingweaveError
from lingweave.evaluate.tokens import (
    Tokens,
    token_counter,
    tokens_of_translations,
    tokens_per_character,
)
from lingweave.significance import Resampling

FEW = Resampling(resamples=50)


def words(texts: list[str]) -> list[Tokens]:
    """One token a word; capitals are unknown."""
    return [Tokens(len(text.split()), sum(map(str.isupper, text))) for text in texts]


def test_tokens_are_counted_a_character_and_a_translation() -> None:
    made = Benchmark(
        "b",
        {
            "en": Texts(("q0", "q1"), ("a b", "c")),
            "de": Texts(("q1", "q0", "q2"), ("x y z", "x y", "only in German")),
            "th": Texts(("q2",), ("no translation",)),
        },
        {
            "en": Texts(("0", "1"), ("abc d", "efg")),
            "de": Texts(("0",), ("ABcdefghij",)),
        },
        (),
    )
    found, lost = tokens_per_character(words, made.corpora, FEW)
    assert {x: i.mean for x, i in lost.by_language.items()} == {"de": 0.2, "en": 0}
    assert "in de, 20.0%" in lost.users
    assert {x: i.mean for x, i in found.by_language.items()} == {"de": 0.1, "en": 3 / 8}
    assert found.value.mean == pytest.approx((0.1 + 3 / 8) / 2)
    assert "0.38 in en" in found.users
    # de: (3 + 2) tokens for queries that have (1 + 2) in English; q2 has no English.
    translations = tokens_of_translations(words, made, "en", FEW)
    assert {x: i.mean for x, i in translations.by_language.items()} == {"de": 5 / 3}
    assert translations.value.low <= 5 / 3 <= translations.value.high
    assert "1.7 times as many tokens in de" in translations.users
    assert tokens_of_translations(words, made, "fr", FEW) is None
    assert tokens_of_translations(words, made.select(["th", "de"]), "th", FEW).value.mean == 1.5


def test_long_corpora_are_sampled_evenly(monkeypatch) -> None:
    monkeypatch.setattr("lingweave.evaluate.tokens.SAMPLE", 10)
    ids = tuple(map(str, range(1000)))
    seen: list[str] = []

    def one(texts: list[str]) -> list[Tokens]:
        seen.extend(texts)
        return [Tokens(1, 0)] * len(texts)

    found, _ = tokens_per_character(one, {"en": Texts(ids, ids)}, FEW)
    assert seen == [str(111 * i) for i in range(10)]
    assert found.value.mean == pytest.approx(10 / sum(map(len, seen)))


def test_a_models_tokenizer_counts(tmp_path) -> None:
    count = token_counter(tiny_model(tmp_path / "model"))
    assert count(["sky grass snow", "", "sky: unheard of"]) == [
        (3, 0),
        (0, 0),
        (4, len("unheard") + len("of")),
    ]
    with pytest.raises(LingweaveError, match=r"holds no tokenizer\.json"):
        token_counter(tmp_path / "nothing")
