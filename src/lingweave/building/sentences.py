"""Passages as sentences and what stands between them, which no translator sees.

Sentences are places in the passage: line breaks, list marks, tabs, white space and pieces without a
letter are whatever stands outside them, so they come back as they were.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import regex
import sentencex

from lingweave import languages

LIMIT = 500
"""Characters of the longest sentence: about 120 tokens of English, which every translator takes."""
DENSE_LIMIT = 200
"""The same where a character is a syllable or a word."""
_DENSE = frozenset({"Hans", "Hant", "Hani", "Jpan", "Kore"})
_WITHOUT_SPACES = frozenset({"Hans", "Hant", "Hani", "Jpan"})
"""Scripts that write no space between sentences."""

_LINE = regex.compile(r"[^\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")
_MARK = regex.compile(
    r"\s*(?:(?:[-*•·‣▪◦–—]|[#>]+|\(?\p{N}{1,3}[.)]|\(?[A-Za-z]\))\s+)?"  # "- ", "3. ", "b) "
)
_LETTER = regex.compile(r"\p{L}")
_CUTS = (
    regex.compile(r"[;:؛…–—]\s+|[；：。！？]"),
    regex.compile(r"[,،]\s+|[，、]"),
    regex.compile(r"\s+"),
)
"""Where an over-long sentence is cut, the best places first."""
_GRAPHEME = regex.compile(r"\X")
_FULL_STOPS = frozenset("。！？…；：，、」』”）》")
_THAI_CLAUSE = 40
"""Characters after which a space ends a Thai sentence, where no model is installed to tell."""


class Split(NamedTuple):
    """A text and its sentences."""

    text: str
    """The whole text."""
    spans: tuple[tuple[int, int], ...]
    """Where each sentence begins and ends, in order; none overlap."""

    def sentences(self) -> list[str]:
        """The sentences, without white space around them."""
        return [self.text[start:end] for start, end in self.spans]


class Joined(NamedTuple):
    """A text put together from the translations of its sentences."""

    text: str
    """The whole text."""
    starts: tuple[int, ...]
    """Where each sentence begins."""


def split(text: str, language: str, limit: int | None = None) -> Split:
    """The sentences of a text.

    Lines are never joined: a line break, a tab or a list mark is a boundary. What has no letter is
    no sentence.

    Args:
        text: a passage, a query or any text.
        language: the canonical code of its language.
        limit: characters of the longest sentence; longer ones are cut behind a clause, a comma, a
            space or, if there is nothing else, a character. None: by the language's script.
    """
    if limit is None:
        limit = DENSE_LIMIT if languages.script(language) in _DENSE else LIMIT
    spans: list[tuple[int, int]] = []
    for line in _LINE.finditer(text):
        mark = _MARK.match(line[0])
        start = line.start() + (mark.end() if mark else 0)
        for piece in _pieces(text[start : line.end()], language):
            for part in _cut(piece, limit):
                body = part.strip()
                if _LETTER.search(body):
                    begin = start + part.index(body)
                    spans.append((begin, begin + len(body)))
                start += len(part)
    return Split(text, tuple(spans))


def joined(whole: Split, made: Sequence[str], source: str, target: str) -> Joined:
    """The text with other sentences in place of its own.

    Everything between them stays, but for one thing: where a script writes no space between
    sentences and the other does, a space comes or goes.

    Args:
        whole: the text that was split.
        made: (sentences,) what takes their places.
        source: the canonical code of the text's language.
        target: that of ``made``.
    """
    spaceless = [languages.script(x) in _WITHOUT_SPACES for x in (source, target)]
    parts: list[str] = []
    starts: list[int] = []
    at = before = 0
    for number, ((start, end), sentence) in enumerate(zip(whole.spans, made, strict=True)):
        gap = whole.text[before:start]
        if number and spaceless[0] != spaceless[1]:
            if spaceless[0] and not gap:
                gap = " "
            elif spaceless[1] and gap == " " and parts[-1][-1:] in _FULL_STOPS:
                gap = ""
        parts += [gap, sentence]
        starts.append(at + len(gap))
        at, before = starts[-1] + len(sentence), end
    return Joined("".join([*parts, whole.text[before:]]), tuple(starts))


def _pieces(line: str, language: str) -> list[str]:
    """The sentences of a line, with the white space around them."""
    if not _LETTER.search(line):
        return [line]  # Models of sentences break at nothing.
    if languages.script(language) == "Thai":
        pieces = _thai()(line)
    else:
        pieces = sentencex.segment(language.partition("-")[0], line)
    return pieces if "".join(pieces) == line else [line]


@cache
def _thai() -> Callable[[str], list[str]]:
    """A model of Thai sentences where one is installed, else a rule."""
    try:
        from pythainlp.tokenize.crfcut import segment
    except ImportError:
        return thai_clauses
    found: Callable[[str], list[str]] = segment
    return found


def thai_clauses(line: str) -> list[str]:
    """Thai sentences by a rule: one ends behind white space once it is long enough, or behind
    ``!``, ``?`` or ``ฯ`` and white space."""
    pieces, start = [], 0
    for space in regex.finditer(r"\s+", line):
        if space.start() - start >= _THAI_CLAUSE or line[space.start() - 1] in "!?ฯ":
            pieces.append(line[start : space.end()])
            start = space.end()
    return [*pieces, line[start:]] if start < len(line) else pieces


def _cut(text: str, limit: int) -> list[str]:
    """The text in pieces of at most ``limit`` characters, cut at the best places."""
    pieces = []
    while len(text.rstrip()) > limit:
        end = _place(text, limit)
        pieces.append(text[:end])
        text = text[end:]
    return [*pieces, text]


def _place(text: str, limit: int) -> int:
    """Where to cut: at the best kind of place in the second half of what may be kept."""
    for cut in _CUTS:
        places: list[int] = [m.end() for m in cut.finditer(text, limit // 2, limit + 1)]
        # White space at the end does not count: it is no part of the sentence.
        places = [place for place in places if len(text[:place].rstrip()) <= limit]
        if places:
            return places[-1]
    whole: list[int] = [m.end() for m in _GRAPHEME.finditer(text, 0, limit + 1) if m.end() <= limit]
    # The last one may go on behind the limit: what is before it is whole for certain.
    return whole[-1] if whole else limit
