"""Answers in translated passages: where they stand, by which way, and when they are let go."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lingweave.building.answers import Found, Located, Place, found, kept, located, marked
from lingweave.building.sentences import joined, split
from lingweave.building.translators.pseudo import translated
from lingweave.table import Answer

PASSAGE = "The king sat [sic] on a throne. It was red and big.\n- Paris is large. 1945"


def part(sentence: str, text: str) -> Place:
    return Place(0, sentence.index(text), sentence.index(text) + len(text))


@pytest.mark.parametrize(
    ("answer", "places"),
    [
        (Answer("king", 4), [(0, 4, 8)]),
        (Answer("king", -1), [(0, 4, 8)]),
        (Answer("king", 5), [(0, 4, 8)]),
        (Answer("KING.", 0), [(0, 4, 8)]),
        (Answer("throne. It was", 24), [(0, 24, 31), (1, 0, 6)]),
        (Answer("It was red and big.", 32), [(1, 0, 19)]),
        (Answer("queen", 4), "not in the passage"),
        (Answer("kin", -1), "not in the passage"),
        (Answer("", 4), "outside the sentences"),
        (Answer("- ", -1), "outside the sentences"),
        (Answer("1945", -1), "outside the sentences"),
        (Answer("- Paris", 52), "outside the sentences"),
    ],
)
def test_where_an_answer_stands(answer: Answer, places: list[tuple[int, int, int]] | str) -> None:
    there = located(split(PASSAGE, "en"), answer, "en")
    if isinstance(places, str):
        assert there == places
    else:
        assert isinstance(there, Located)
        assert list(there.places()) == [Place(*place) for place in places]


def test_of_several_places_the_nearest_counts() -> None:
    text = "one red cat saw one blue dog and one red bird"
    whole = split(text, "en")
    for start, expected in ((0, 0), (14, 16), (30, 33)):
        there = located(whole, Answer("one", start), "en")
        assert isinstance(there, Located)
        assert there.first.start == expected


def test_marks() -> None:
    plain = "The king sat."
    assert marked(plain, part(plain, "king")) == [
        'The "king" sat.',
        "The [king] sat.",
        "The {king} sat.",
    ]
    assert marked(plain, part(plain, plain)) == []
    taken = "The “king” 【sic】 sat."
    assert marked(taken, part(taken, "king")) == ["The “{king}” 【sic】 sat."]
    assert marked('a [b] {c} "d"', Place(0, 0, 1)) == []


@pytest.mark.parametrize(
    ("made", "with_marks", "alone", "text", "way"),
    [
        ("Der König saß.", ['Der "König" saß.'], None, "König", "marked"),
        ("Der König saß.", ["Der « König » saß ."], None, "König", "marked"),
        ("Der König saß.", ["der „König“ saß!"], None, "König", "marked"),
        ("Der König saß.", ["Der König saß.", "Der 【König】 saß."], None, "König", "marked"),
        ("Der König saß.", ['"König"? Er saß.', "Der [König] saß."], None, "König", "marked"),
        ("Der König saß dort.", ['Es saß der "König".'], None, "König", "found"),
        ("Der König saß dort.", ['Es saß der "könig,".'], None, "König", "found"),
        ("Der König saß.", ['Es saß ein "Fürst".', "[Er] saß."], "König", "König", "alone"),
        ("Der König saß.", [""], "der König", "Der König", "alone"),
        ("Der König saß.", ['"Der" "König" saß.'], "König", "König", "alone"),
        ("Der König saß.", ['Der "König saß.', "Der ]König[ saß."], "König", "König", "alone"),
        ("Der König saß.", ['Der ""König saß.'], None, None, None),
        ("Die Könige saßen.", ['Der "König" saß.'], "König", None, None),
        ("Es kostet 50 %.", ['Es kostet "50%".'], None, "50 %", "marked"),
        ("Es kostet 5.", ['Er zahlt "5%".'], "5%", None, None),
        ("", ['Der "König" saß.'], "König", None, None),
    ],
)
def test_an_answer_in_a_translated_sentence(
    made: str, with_marks: list[str], alone: str | None, text: str | None, way: str | None
) -> None:
    sentence = "The king sat."
    there = found(sentence, part(sentence, "king"), made, "de", with_marks, alone)
    if text is None:
        assert there is None
    else:
        assert there is not None
        assert (made[there.start : there.end], there.way) == (text, way)


def test_scripts_without_spaces_have_no_words_to_keep_whole() -> None:
    sentence = "The king sat."
    there = found(sentence, part(sentence, "king"), "国王坐下了。", "zh-CN", [], "国王")
    assert there == Found(0, 2, "alone")


def test_a_whole_sentence_needs_no_marks() -> None:
    assert found("He sat.", Place(0, 0, 7), "Er saß.", "de") == Found(0, 7, "whole")
    assert found("He sat.", Place(0, 0, 7), "", "de") is None


@settings(deadline=None)
@given(st.data())
def test_answers_are_where_they_are_said_to_be(data: st.DataObject) -> None:
    """Whatever is asked of a passage, over one sentence or more: by the pseudo-translator, whose
    translation of a part stands in the translation of the whole, it is found again."""
    words = st.sampled_from(["sky", "Grass", "snow", "12", "a-b", "king's"])
    lines = st.lists(words, min_size=1, max_size=4).map(lambda some: " ".join(some) + ".")
    text = data.draw(
        st.lists(lines, min_size=1, max_size=4).map(lambda some: "First. " + "\n".join(some))
    )
    spots = [match.span() for match in re.finditer(r"[^\s.]+", text)]
    first = data.draw(st.integers(0, len(spots) - 1))
    last = data.draw(st.integers(first, len(spots) - 1))
    start, end = spots[first][0], spots[last][1]
    whole = split(text, "en")
    there = located(whole, Answer(text[start:end], start), "en")
    if isinstance(there, str):
        assert there == "outside the sentences"
        return
    sentences = whole.sentences()
    passage = joined(whole, [translated(s, "de") for s in sentences], "en", "de")
    ends = []
    for place in there.places():
        sentence = sentences[place.sentence]
        with_marks = [translated(text, "de") for text in marked(sentence, place)[:1]]
        ends.append(found(sentence, place, translated(sentence, "de"), "de", with_marks))
    one = kept(there, ends, passage)
    assert one is not None
    assert one[0].text == translated(text[start:end], "de")
    assert passage.text[one[0].start :].startswith(one[0].text)
    assert one[1] in ("marked", "whole")


def test_an_answer_of_which_an_end_is_lost_is_lost() -> None:
    whole = split("One two. Three four.", "en")
    there = located(whole, Answer("two. Three", 4), "en")
    assert isinstance(there, Located)
    passage = joined(whole, ["Eins zwei.", "Drei vier."], "en", "de")
    assert kept(there, [Found(5, 10, "marked"), None], passage) is None
    assert kept(there, [Found(5, 10, "marked"), Found(0, 4, "alone")], passage) == (
        Answer("zwei. Drei", 5),
        "alone",
    )
