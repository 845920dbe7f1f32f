"""Sentences of a passage, and the passage out of its sentences."""

import sys

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lingweave.building import sentences
from lingweave.building.sentences import joined, split, thai_clauses

TEXTS = {
    "am": "ሰላም ነው። እንዴት ነህ?",
    "ar": "مرحبا بك. كيف حالك؟ جيد جدا.",
    "de": "Am 3. Mai kam Dr. Weiß. Er blieb z. B. bis zum 5. Juni!",
    "en": "Dr. Smith left, e.g. for the U.S. on Jan. 3. “Why? Nobody knows.” he said.",
    "hi": "यह वाक्य है। दूसरा वाक्य।",
    "ja": "これは文です。次の文「引用。はい」です。終わり！",
    "ru": "Он ушёл. Она осталась… Почему?",
    "th": "ฉันไปโรงเรียนเมื่อวานนี้ วันนี้อากาศดีมาก ฉันอยากไปเที่ยวทะเลกับเพื่อน",
    "zh-CN": "你好。再见！好吗？",
}
BETWEEN = (
    " ",
    "  ",
    "\n",
    "\r\n",
    "\n\n- ",
    "\t",
    "\n2) ",
    "\n## ",
    "\u2028",
    "\u3000",
    "\x85",
    "\x00",
)
ODD = ("👩‍👩‍👧", "e\u0301", "* * *", "1945")
PIECES = (*TEXTS.values(), *BETWEEN, *ODD)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.sampled_from(PIECES) | st.text(max_size=12), max_size=12).map("".join),
    st.sampled_from(sorted(TEXTS)),
    st.none() | st.integers(1, 60),
)
@example("", "en", None)
@example("\n\n- ", "th", None)
@example("a" * 50, "en", 7)
@example("e" + "\u0301" * 50, "en", 7)
def test_a_passage_comes_back_as_it_was(text: str, language: str, limit: int | None) -> None:
    text = text.encode("utf-8", "replace").decode()
    whole = split(text, language, limit)
    assert joined(whole, whole.sentences(), language, language).text == text
    ends = [0, *(end for span in whole.spans for end in span)]
    assert ends == sorted(ends)
    for sentence in whole.sentences():
        assert sentence == sentence.strip()
        assert regex.search(r"\p{L}", sentence)
        assert not regex.search(r"[\n\r\t\v\f\x85\u2028\u2029]", sentence)
        assert limit is None or len(sentence) <= limit
    # What is left outside is no text: no letter but one that counts the lines of a list.
    outside = joined(whole, ["\n"] * len(whole.spans), language, language).text
    assert not regex.search(r"\p{L}", regex.sub(r"\(?[A-Za-z]\)\s", "", outside))


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        (
            TEXTS["en"],
            "en",
            ["Dr. Smith left, e.g. for the U.S. on Jan. 3.", "“Why? Nobody knows.” he said."],
        ),
        (TEXTS["de"], "de", ["Am 3. Mai kam Dr. Weiß.", "Er blieb z. B. bis zum 5. Juni!"]),
        (TEXTS["zh-CN"], "zh-CN", ["你好。", "再见！", "好吗？"]),
        (TEXTS["hi"], "hi", ["यह वाक्य है।", "दूसरा वाक्य।"]),
        (
            "A list:\n- one thing\n\t2. another\n(c) last",
            "en",
            ["A list:", "one thing", "another", "last"],
        ),
        ("Name\tAge\nAnn\t31\n---\n", "en", ["Name", "Age", "Ann"]),
        ("# Title\n\nText. More", "en", ["Title", "Text.", "More"]),
    ],
)
def test_sentences(text: str, language: str, found: list[str]) -> None:
    assert split(text, language).sentences() == found


def test_long_sentences_are_cut_where_it_hurts_least() -> None:
    clauses = "one two three; four five six, seven eight nine ten eleven"
    assert split(clauses, "en", 20).sentences() == [
        "one two three;",
        "four five six,",
        "seven eight nine ten",
        "eleven",
    ]
    assert split("ab " * 100, "en", 50).sentences()[0] == ("ab " * 17).strip()
    family = "👩‍👩‍👧a" * 5
    assert split(family, "en", 13).sentences() == ["👩‍👩‍👧a👩‍👩‍👧a", "👩‍👩‍👧a👩‍👩‍👧a", "👩‍👩‍👧a"]
    dense = split("字" * 450, "ja").sentences()
    assert [len(sentence) for sentence in dense] == [200, 200, 50]


def test_scripts_without_spaces_between_sentences() -> None:
    whole = split("你好。再见！\n\n- 好吗？", "zh-CN")
    assert joined(whole, ["Hello.", "Bye!", "All right?"], "zh-CN", "en").text == (
        "Hello. Bye!\n\n- All right?"
    )
    whole = split("One. Two.  Three. Four", "en")
    text, starts = joined(whole, ["一。", "二。", "三", "四"], "en", "ja")
    assert text == "一。二。  三 四"
    assert [text[start] for start in starts] == ["一", "二", "三", "四"]
    assert joined(whole, ["ก", "ข", "ค", "ง"], "en", "th").text == "ก ข  ค ง"


def test_thai_with_and_without_its_model(monkeypatch: pytest.MonkeyPatch) -> None:
    text = TEXTS["th"] + " " + TEXTS["th"]
    with_model = split(text, "th").sentences()
    assert all(sentence in text for sentence in with_model)
    sentences._thai.cache_clear()
    monkeypatch.setitem(sys.modules, "pythainlp.tokenize.crfcut", None)
    by_rule = split(text, "th").sentences()
    sentences._thai.cache_clear()
    assert len(by_rule) > 1
    assert "".join(thai_clauses(text)) == text
    assert all(len(sentence) >= 40 for sentence in by_rule[:-1])
    assert thai_clauses("ไป! มา ") == ["ไป! ", "มา "]
