"""Answers found again in a translated passage.

The sentence that holds an answer is translated a second time with the answer between marks. The
passage keeps the plain translation, so that equal passages stay equal whatever is asked of them:
the marks only tell where the answer stands in it. Where they do not, the answer is translated alone
and looked for (both ways: Hu et al. 2020, XTREME, arXiv 2003.11080; marks: Chen et al. 2023,
EasyProject, arXiv 2211.15613).
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

_MARKS = (("[", "]"), ("{", "}"))
_AS_MARKS = str.maketrans("［］【】｛｝", "[][]{}")
"""What engines make of the marks in scripts of full width."""
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


def marked(sentence: str, place: Place) -> str | None:
    """The sentence with a part between marks; None where the part is all of it, or where it has
    all kinds of marks already."""
    if _is_whole(sentence, place):
        return None
    for left, right in _MARKS:
        if left not in sentence and right not in sentence:
            part = sentence[place.start : place.end]
            return f"{sentence[: place.start]}{left}{part}{right}{sentence[place.end :]}"
    return None


def found(
    sentence: str,
    place: Place,
    made: str,
    language: str,
    with_marks: str | None = None,
    alone: str | None = None,
) -> Found | None:
    """Where a part of a sentence is in its translation.

    Args:
        sentence: in the source language.
        place: the part of it.
        made: its translation.
        language: the code of the translation's language.
        with_marks: the translation of the sentence that ``marked`` gave, if there is one.
        alone: the translation of the part by itself, if there is one.
    """
    if _is_whole(sentence, place):
        return Found(0, len(made), "whole") if made else None
    near = place.start / len(sentence)
    unmarked = _unmarked(with_marks, sentence) if with_marks else None
    if unmarked is not None:
        text, start, end = unmarked
        span = _same_place(text, start, end, made)
        if span is not None:
            return Found(*span, "marked")
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


def _unmarked(text: str, sentence: str) -> tuple[str, int, int] | None:
    """The text without its one pair of marks, and where they stood."""
    plain = text.translate(_AS_MARKS)
    for left, right in _MARKS:
        if left in sentence or right in sentence:
            continue
        start, end = plain.find(left), plain.find(right)
        if 0 <= start < end and plain.count(left) == plain.count(right) == 1:
            return text[:start] + text[start + 1 : end] + text[end + 1 :], start, end - 1
        return None
    return None


def _same_place(text: str, start: int, end: int, made: str) -> tuple[int, int] | None:
    """A part of a text in another one that is the same but for white space, case and marks."""
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
