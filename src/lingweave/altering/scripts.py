"""Texts in the other script of their language, or in Latin letters.

Serbian is written in two alphabets that stand for each other letter by letter; Chinese in two sets
of characters (OpenCC). Other languages that are not written in Latin letters are, on keyboards that
lack theirs: here by `anyascii`, character by character, without tones and most vowels that their
script leaves out. Nobody writes quite so; it is a rule, not a sample of what people do.
"""

import importlib.metadata
import importlib.util
import re
from functools import lru_cache
from typing import Any

from lingweave.errors import LingweaveError
from lingweave.languages import script

PACKAGES = {"anyascii": "anyascii", "opencc": "opencc-py"}
"""The packages that are needed, by the name they are imported by: extra `scripts`."""

_CYRILLIC = "абвгдђежзијклљмнњопрстћуфхцчџш"
_LATIN = [*"abvgdđežzijkl", "lj", "m", "n", "nj", *"oprstćufhcč", "dž", "š"]
_TO_LATIN = dict(zip(_CYRILLIC, _LATIN, strict=True))
_TO_CYRILLIC = {latin: letter for letter, latin in _TO_LATIN.items()}
_SERBIAN = re.compile("|".join([*_CYRILLIC]), re.IGNORECASE)
_SERBIAN_LATIN = re.compile("|".join(sorted(_LATIN, key=len, reverse=True)), re.IGNORECASE)
_ALSO_SERBIAN = ("sr", "sh")


def check_installed() -> None:
    """Whether texts can be put into another script here.

    Raises:
        LingweaveError: a package is missing.
    """
    for name, package in PACKAGES.items():
        if importlib.util.find_spec(name) is None:
            raise LingweaveError(
                f"alter.kind other_script: {package} is not installed: pip install"
                ' "lingweave[scripts]"'
            )


def versions() -> str:
    """The packages with their versions, for provenance."""
    return ", ".join(f"{p} {importlib.metadata.version(p)}" for p in PACKAGES.values())


def in_other_script(text: str, language: str) -> str:
    """Serbian in its other alphabet, Chinese in its other characters, what is not in Latin letters
    in these; text of a language in Latin letters as it is."""
    base = language.split("-")[0]
    if base in _ALSO_SERBIAN:
        return _serbian(text)
    written = script(language)
    if written in ("Hans", "Hant"):
        converted: str = _chinese("s2t" if written == "Hans" else "t2s").convert(text)
        return converted
    if written == "Latn":
        return text
    from anyascii import anyascii

    return " ".join(str(anyascii(text)).split()) or text


@lru_cache
def _chinese(direction: str) -> Any:
    import opencc

    return opencc.OpenCC(direction)


def _serbian(text: str) -> str:
    cyrillic = len(_SERBIAN.findall(text))
    if cyrillic * 2 >= sum(character.isalpha() for character in text):
        return _SERBIAN.sub(lambda found: _cased(found[0], _TO_LATIN), text)
    return _SERBIAN_LATIN.sub(lambda found: _cased(found[0], _TO_CYRILLIC), text)


def _cased(letters: str, table: dict[str, str]) -> str:
    made = table[letters.lower()]
    return made if letters == letters.lower() else made[0].upper() + made[1:]
