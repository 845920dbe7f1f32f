"""The official rules: by hand, one rule a case, and against precision and recall in loops."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lingweave.errors import LingweaveError
from lingweave.reading import MKQA, MLQA, RULES, SQUAD, TYDI

WORDS = st.lists(st.sampled_from(["The", "a", "sky,", "sky", "is", "(blue)", "BLUE", "an", ""]))


def naive_f1(given_tokens: list[str], right: list[str]) -> float:
    """Precision and recall, each right token used up once."""
    left, shared = list(right), 0
    for token in given_tokens:
        if token in left:
            left.remove(token)
            shared += 1
    if not shared:
        return 0.0
    precision, recall = shared / len(given_tokens), shared / len(right)
    return 2 * precision * recall / (precision + recall)


@settings(deadline=None, max_examples=200)
@given(WORDS, st.lists(WORDS, min_size=1, max_size=3))
def test_squad_agrees_with_loops(given_words: list[str], golds: list[list[str]]) -> None:
    def tokens(words: list[str]) -> list[str]:
        plain = [w.lower().strip(",()") for w in words]
        return [w for w in plain if w not in ("", "a", "an", "the")]

    score = SQUAD.score(" ".join(given_words), [" ".join(gold) for gold in golds], "en")
    assert score.exact == any(tokens(given_words) == tokens(gold) for gold in golds)
    expected = max(naive_f1(tokens(given_words), tokens(gold)) for gold in golds)
    assert score.f1 == pytest.approx(expected)


@pytest.mark.parametrize(
    ("rules", "language", "text", "normalised"),
    [
        # SQuAD: English articles and ASCII punctuation, whatever the language.
        (SQUAD, "en", "The  U.S., an Era", "us era"),
        (SQUAD, "de", "die «Ära» a", "die «ära»"),
        (SQUAD, "zh", "第一，章", "第一，章"),
        (SQUAD, "en", "Theatre", "theatre"),
        # MLQA: its languages' articles, all Unicode punctuation, Chinese by character.
        (MLQA, "en", "the «Era»", "era"),
        (MLQA, "de", "Eines der Häuser", "häuser"),
        (MLQA, "es", "¿Los años?", "años"),
        (MLQA, "hi", "वह है।", "वह है"),
        (MLQA, "vi", "Những con của sông", "con sông"),
        (MLQA, "ar", "التفاحة", "تفاحة"),
        (MLQA, "zh", "第1章 ABC，中", "第 1 章 abc 中"),
        # MKQA: articles of 14 languages, ASCII punctuation, four languages by character.
        (MKQA, "en", "the «Era»", "«era»"),
        (MKQA, "nl", "Het huis des konings", "huis konings"),
        (MKQA, "sv", "ett hus", "hus"),
        (MKQA, "da", "et hus", "hus"),
        (MKQA, "no", "ei bok", "bok"),
        (MKQA, "nb", "ei bok", "bok"),
        (MKQA, "fi", "se yksi talo", "talo"),
        (MKQA, "hu", "az egy alma", "alma"),
        (MKQA, "pt", "Os dias", "dias"),
        # No boundary behind French and Italian articles: beginnings of words go, too.
        (MKQA, "fr", "la lettre", "ttre"),
        (MKQA, "it", "gli uni", "i"),
        (MKQA, "ko", "그 a the", "그 a the"),
        (MKQA, "zh_cn", "第1章 A", "第 1 章 a"),
        (MKQA, "zh-TW", "ab", "a b"),
        (MKQA, "ja", "ab c", "a b c"),
        (MKQA, "th", "กข", "ก ข"),
        (MKQA, "km", "កខ", "ក ខ"),
        (TYDI, "fi", "an Era!", "era"),
    ],
)
def test_texts_are_normalised_by_the_rules(rules, language, text, normalised) -> None:
    assert rules.normalised(text, language) == normalised


def test_f1_counts_tokens_as_often_as_they_occur() -> None:
    # 2 of 3 tokens given, 2 of 4 right: 2 * 2 / (3 + 4).
    assert SQUAD.score("x x y", ["x x z z"], "en") == (0, pytest.approx(4 / 7))
    assert SQUAD.score("x y", ["q", "y x", "x y"], "en") == (1, 1)
    # The best F1 and an exact match may come of different answers.
    assert SQUAD.score("x y", ["x", "y z"], "en") == (0, pytest.approx(2 / 3))
    # By character: 3 of 4 given, 3 of 5 right.
    assert MKQA.score("一二三四", ["一二三五六"], "zh") == (0, pytest.approx(6 / 9))
    assert SQUAD.score("一二三四", ["一二三五六"], "zh") == (0, 0)


def test_empty_texts() -> None:
    assert MKQA.score("", [""], "en") == (1, 1)
    assert MKQA.score("the", [""], "en") == (1, 1)
    assert MKQA.score("", ["sky"], "en") == (0, 0)
    assert SQUAD.score("the", ["a"], "en") == (1, 0)
    with pytest.raises(LingweaveError, match="no right answer"):
        SQUAD.score("sky", [], "en")


def test_mlqa_says_which_languages_it_knows() -> None:
    with pytest.raises(LingweaveError, match="ar, de, en, es, hi, vi, zh and not 'fr'"):
        MLQA.score("x", ["x"], "fr")


def test_names_are_those_of_the_rules() -> None:
    assert {name: one.name for name, one in RULES.items()} == {
        name: name for name in ("squad", "mlqa", "mkqa", "tydi")
    }
