"""A pseudo-translator for tests: it can be told from its source, and be undone.

Letters of the basic Latin alphabet move on by as many places as the language says, and every word
is marked with the language; everything else stays. So texts of different languages differ, numbers
stay, and the translation of a part stands in the translation of the whole.
"""

import re
import string
import zlib
from collections.abc import Sequence
from typing import Any

from lingweave.errors import LingweaveError

BATCH = 256
MARK = "·"
"""Stands before the language after each word; one of the text's own is doubled."""

_WORD = re.compile(r"[^\W\d_]+")


class Pseudo:
    """Translates into any language."""

    batch_size = BATCH

    def check(self, source: str, targets: Sequence[str]) -> None:
        """Refuses a translation into the source itself."""
        if source in targets:
            raise LingweaveError(f"--translator pseudo: {source} is the source already")

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """Each text with its letters moved and its words marked."""
        return [translated(text, target) for text in texts]

    def identity(self) -> dict[str, Any]:
        """Its name and version."""
        return {"translator": "pseudo", "version": "1"}


def translated(text: str, target: str) -> str:
    """The text as it would be in a language."""
    moved = text.replace(MARK, MARK * 2).translate(_moves(target, 1))
    return _WORD.sub(rf"\g<0>{MARK}{target}", moved)


def untranslated(text: str, target: str) -> str:
    """What was translated into a language."""
    marks = re.compile(f"{MARK}(?:{MARK}|{re.escape(target)})")
    plain = marks.sub(lambda mark: MARK if mark[0] == MARK * 2 else "", text)
    return plain.translate(_moves(target, -1))


def _moves(target: str, way: int) -> dict[int, int]:
    step = (1 + zlib.crc32(target.encode()) % 25) * way
    moves = {}
    for letters in (string.ascii_lowercase, string.ascii_uppercase):
        for place, letter in enumerate(letters):
            moves[ord(letter)] = ord(letters[(place + step) % 26])
    return moves
