"""Mistakes of fingers: letters dropped, doubled and swapped, and keys hit beside the right one."""

import random
from collections.abc import Callable, Iterator, Mapping

import regex
from icu4py.breakers import WordBreaker

Mistake = Callable[[list[str]], Iterator[list[str]]]
"""All words that one mistake makes of a word, each as a list of characters that people see."""

_WORD = regex.compile(r"[\p{L}\p{M}'’ʼ\u200c\u200d-]*\p{L}[\p{L}\p{M}'’ʼ\u200c\u200d-]*")
"""Words with digits are names and numbers: a mistake there asks for something else."""
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
    """The text with a mistake in some of its words, as ICU cuts them.

    Args:
        mistake: what can happen to a word; a word to which nothing can stays as it is.
        share: how likely a word is to be hit.
        text: what was to be typed.
        language: its code.
        draw: a random stream for this text alone.
    """
    pieces = list(WordBreaker(text, language))
    for place, piece in enumerate(pieces):
        # Both are drawn for every piece, so that the share decides about no other word.
        hit, which = draw.random(), draw.random()
        if hit < share and _WORD.fullmatch(piece):
            made = ["".join(one) for one in mistake(regex.findall(r"\X", piece))]
            possible = [one for one in made if one != piece]
            if possible:
                pieces[place] = possible[int(which * len(possible))]
    return "".join(pieces)


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
