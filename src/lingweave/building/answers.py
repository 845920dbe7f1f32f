"""Answers found again in a translated passage.

The sentence that holds an answer is translated a second time with the answer between marks: quotes
as in MLQA (Lewis et al. 2020, arXiv 1910.07475), then brackets as in EasyProject (Chen et al. 2023,
arXiv 2211.15613). Marks make translations worse, and equal passages are to stay equal whatever is
asked of them: so the passage keeps the plain translation, and the marks only tell where the answer
stands in it. Where they do not, the answer is translated alone and looked for.
"""

import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple

from lingweave import languages
from lingweave.building.sentences import Joined, Split
from lingweave.table import Answer

Way = Literal["whole", "marked", "found", "alone"]
"""A sentence of its own; by the marks; what stood between the marks was found in the plain
translation; translated alone and found there. The last of them is the least certain."""
WAYS: tuple[Way, ...] = ("whole", "marked", "found", "alone")

_MARKS = (('"', '"'), ("[", "]"), ("{", "}"))
_AS_MARKS = str.maketrans("“”„‟«»‹›「」『』《》〝〞＂［］【】｛｝", '"' * 17 + "[][]{}")
"""What engines make of the marks in other languages and scripts."""
_MEANT = frozenset("%‰&#@§*/\\")
"""Punctuation that is part of a value."""
_BOUND_BY_SPACES_NOT = frozenset(
    {"Hans", "Hant", "Hani", "Jpan", "Thai", "Laoo", "Khmr", "Mymr", "Tibt"}
)
Fold = Callable[[str], str]


class Place(NamedTuple):
    """A part of a sentence."""

    sentence: int
    """Its number."""
    start: int
    """Where the part begins in it."""
    end: int
    """Where it ends."""


class Located(NamedTuple):
    """Where an answer stands among a passage's sentences."""

    first: Place
    """Its part in the sentence where it begins."""
    last: Place
    """Its part in the sentence where it ends; the same where that is one sentence."""

    def places(self) -> tuple[Place, ...]:
        """The one or two parts whose ends must be found."""
        return tuple(dict.fromkeys(self))


class Found(NamedTuple):
    """A part of a translated sentence."""

    start: int
    """Where it begins."""
    end: int
    """Where it ends."""
    way: Way
    """How it was found."""


def located(whole: Split, answer: Answer, language: str) -> Located | str:
    """Where an answer stands in a passage; else why that cannot be told.

    Args:
        whole: the passage.
        answer: with its place, or without one: then it is looked for.
        language: the code of the passage's language.
    """
    start, end = answer.start, answer.start + len(answer.text)
    if start < 0 or whole.text[start:end] != answer.text:
        near = max(0, start) / max(1, len(whole.text))
        span = _found_in(whole.text, answer.text, near, language)
        if span is None:
            return "not in the passage"
        start, end = span
    firsts = [first for first, _ in whole.spans]
    i = bisect_right(firsts, start) - 1
    j = bisect_right(firsts, end - 1) - 1
    if i < 0 or start >= whole.spans[i][1] or end > whole.spans[j][1] or start == end:
        return "outside the sentences"
    first = Place(i, start - firsts[i], min(end, whole.spans[i][1]) - firsts[i])
    return Located(first, first if i == j else Place(j, 0, end - firsts[j]))


def marked(sentence: str, place: Place) -> list[str]:
    """The sentence with a part between marks, once for each kind that it does not have already.

    The first is the likeliest to tell. There is none where the part is the whole sentence.
    """
    if _is_whole(sentence, place):
        return []
    part = sentence[place.start : place.end]
    return [
        f"{sentence[: place.start]}{left}{part}{right}{sentence[place.end :]}"
        for left, right in _marks_for(sentence)
    ]


def found(
    sentence: str,
    place: Place,
    made: str,
    language: str,
    with_marks: Sequence[str] = (),
    alone: str | None = None,
) -> Found | None:
    """Where a part of a sentence is in its translation.

    Args:
        sentence: in the source language.
        place: the part of it.
        made: its translation.
        language: the code of the translation's language.
        with_marks: the translations of the first of the sentences that ``marked`` gave.
        alone: the translation of the part by itself, if there is one.
    """
    if _is_whole(sentence, place):
        return Found(0, len(made), "whole") if made else None
    near = place.start / len(sentence)
    pairs = zip(with_marks, _marks_for(sentence), strict=False)
    unmarked = [one for text, pair in pairs if (one := _unmarked(text, pair)) is not None]
    for text, start, end in unmarked:
        span = _same_place(text, start, end, made)
        if span is not None:
            return Found(*span, "marked")
    for text, start, end in unmarked:
        span = _found_in(made, text[start:end], near, language)
        if span is not None:
            return Found(*span, "found")
    span = _found_in(made, alone, near, language) if alone else None
    return Found(*span, "alone") if span is not None else None


def kept(
    places: Located, ends: Sequence[Found | None], passage: Joined
) -> tuple[Answer, Way] | None:
    """An answer in a translated passage, and the less certain way of its ends; None: not found.

    Args:
        places: where it stands in the source.
        ends: what ``found`` said of each of ``places.places()``.
        passage: the translated passage.
    """
    if ends[0] is None or ends[-1] is None:
        return None
    start = passage.starts[places.first.sentence] + ends[0].start
    end = passage.starts[places.last.sentence] + ends[-1].end
    way = max((ends[0].way, ends[-1].way), key=WAYS.index)
    return Answer(passage.text[start:end], start), way


def _is_whole(sentence: str, place: Place) -> bool:
    return place.start == 0 and place.end == len(sentence)


def _marks_for(sentence: str) -> list[tuple[str, str]]:
    """The kinds of marks that a sentence has not, in whatever form."""
    there = set(sentence.translate(_AS_MARKS))
    return [pair for pair in _MARKS if not there.intersection(pair)]


def _unmarked(text: str, marks: tuple[str, str]) -> tuple[str, int, int] | None:
    """The text without its one pair of marks, and where they stood."""
    plain = text.translate(_AS_MARKS)
    places = [place for place, character in enumerate(plain) if character in marks]
    if len(places) != 2 or (plain[places[0]], plain[places[1]]) != marks:
        return None
    start, end = places
    return text[:start] + text[start + 1 : end] + text[end + 1 :], start, end - 1


def _same_place(text: str, start: int, end: int, made: str) -> tuple[int, int] | None:
    """A part of a text in another one that is the same but for white space, case and marks."""
    if text == made and text[start:end].strip() == text[start:end] != "":
        return start, end  # So it is most often, and what follows takes a while.
    for fold in (_spaceless, _loose):
        there, places = _folded(made, fold)
        if _folded(text, fold)[0] == there:
            first = len(_folded(text[:start], fold)[0])
            last = len(_folded(text[:end], fold)[0]) - 1
            if first <= last:
                return places[first], places[last] + 1
    return None


def _found_in(text: str, part: str, near: float, language: str) -> tuple[int, int] | None:
    """Where a part stands in a text, as whole words where words have spaces around them.

    Args:
        text: the text.
        part: what is looked for; white space, then also case and punctuation, need not be equal.
        near: the share of the text before the part that is likely: of several, the nearest counts.
        language: the code of the text's language.
    """
    words = languages.script(language) not in _BOUND_BY_SPACES_NOT
    for fold in (_spaceless, _loose):
        whole, places = _folded(text, fold)
        looked_for = _folded(part, fold)[0]
        spans = [
            (places[at], places[at + len(looked_for) - 1] + 1)
            for at in _occurrences(whole, looked_for)
        ]
        if words:
            spans = [s for s in spans if not any(_in_word(text, end) for end in s)]
        if spans:
            return min(spans, key=lambda span: abs(span[0] / len(text) - near))
    return None


def _occurrences(text: str, part: str) -> Iterator[int]:
    at = text.find(part) if part else -1
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _in_word(text: str, at: int) -> bool:
    """Whether a place is between two characters of a word."""
    return 0 < at < len(text) and all(
        unicodedata.category(c)[0] in "LMN" for c in text[at - 1 :][:2]
    )


def _folded(text: str, fold: Fold) -> tuple[str, list[int]]:
    """A text as it is compared, and where each of its characters comes from."""
    parts = [fold(character) for character in text]
    places = [place for place, part in enumerate(parts) for _ in part]
    return "".join(parts), places


def _spaceless(character: str) -> str:
    return "" if character.isspace() else character


def _loose(character: str) -> str:
    if character.isspace() or (
        unicodedata.category(character)[0] == "P" and character not in _MEANT
    ):
        return ""
    return unicodedata.normalize("NFKC", character).casefold()
