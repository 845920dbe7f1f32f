"""Mistakes of fingers: letters dropped, doubled and swapped, and keys hit beside the right one."""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping

import regex
from icu4py.breakers import WordBreaker

from lingweave.languages import script

Mistake = Callable[[list[str]], Iterator[list[str]]]
"""All words that one mistake makes of a word, each as a list of characters that people see."""

_CUT = regex.compile(r"[\p{L}\p{M}\p{N}'’ʼ\u200c\u200d]+|[^\p{L}\p{M}\p{N}'’ʼ\u200c\u200d]+")
_WORD = regex.compile(r"[\p{L}\p{M}'’ʼ\u200c\u200d]*\p{L}[\p{L}\p{M}'’ʼ\u200c\u200d]*")
"""Words with digits are names and numbers: a mistake there asks for something else."""
_SEEN_AS_ONE = regex.compile(r"\X")
_NO_BLANKS = frozenset({"Hans", "Hant", "Jpan", "Khmr", "Laoo", "Mymr", "Thai"})
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def _neighbours() -> dict[str, str]:
    """Key -> the keys that touch it, on a US keyboard."""
    places = {
        key: (row, column) for row, keys in enumerate(_ROWS) for column, key in enumerate(keys)
    }
    touching = {(0, -1), (0, 1), (1, 0), (1, -1), (-1, 0), (-1, 1)}
    return {
        key: "".join(k for k, (r, c) in places.items() if (r - row, c - column) in touching)
        for key, (row, column) in places.items()
    }


NEIGHBOURS: Mapping[str, str] = _neighbours()


def mistyped(mistake: Mistake, share: float, text: str, language: str, draw: random.Random) -> str:
    """The text with a mistake in some of its words.

    Args:
        mistake: what can happen to a word; a word to which nothing can stays as it is.
        share: how likely a word is to be hit.
        text: what was to be typed.
        language: its code; where no blanks are written, ICU finds the words.
        draw: a random stream for this text alone.
    """
    made = []
    for piece in _pieces(text, language):
        # Both are drawn for every piece, so that the share decides about no other word.
        hit, which = draw.random(), draw.random()
        if hit < share and _WORD.fullmatch(piece):
            wrong = ("".join(one) for one in mistake(_SEEN_AS_ONE.findall(piece)))
            possible = [one for one in wrong if one != piece]
            piece = possible[int(which * len(possible))] if possible else piece
        made.append(piece)
    return "".join(made)


def _pieces(text: str, language: str) -> Iterable[str]:
    """All of a text, cut before and after words."""
    return WordBreaker(text, language) if script(language) in _NO_BLANKS else _CUT.findall(text)


def slips(word: list[str]) -> Iterator[list[str]]:
    """One character dropped, doubled or swapped with the next; the only one is not dropped."""
    for place, character in enumerate(word):
        if len(word) > 1:
            yield word[:place] + word[place + 1 :]
        yield [*word[:place], character, *word[place:]]
        if place + 1 < len(word):
            yield [*word[:place], word[place + 1], character, *word[place + 2 :]]


def wrong_keys(word: list[str]) -> Iterator[list[str]]:
    """One plain Latin letter replaced by the key beside it; capitals stay capitals."""
    for place, character in enumerate(word):
        for key in NEIGHBOURS.get(character.lower(), ""):
            typed = key.upper() if character.isupper() else key
            yield [*word[:place], typed, *word[place + 1 :]]


MISTAKES: Mapping[str, Mistake] = {"typos": slips, "keyboard": wrong_keys}
"""The kinds of an `Altered` that hit some of the words."""
