"""Texts without capitals or without diacritics, as hurried people write them."""

import unicodedata

import regex

_TURKISH = str.maketrans({"I": "ı", "İ": "i"})
_BARE = str.maketrans("đĐłŁøØħĦıŧŦёЁ", "dDlLoOhHitTеЕ")
"""Letters whose mark Unicode does not take apart, and the one Cyrillic letter whose mark people
leave out."""
_LETTER = regex.compile(
    r"(?V1)[\p{Latin}\p{Greek}\p{Arabic}\p{Hebrew}--[a-zA-Z]]\p{Mn}*|[a-zA-Z]\p{Mn}+"
)
_MARK = regex.compile(r"\p{Mn}")


def lower(text: str, language: str) -> str:
    """In small letters; Turkish and Azerbaijani have their own i."""
    if language.split("-")[0] in ("tr", "az"):
        text = text.translate(_TURKISH)
    return text.lower()


def without_marks(text: str, language: str) -> str:
    """Without the marks that people leave out: accents of Latin and Greek letters, vowel points and
    hamza signs of Arabic, points of Hebrew, and the dots of Russian ё.

    Marks of other scripts are letters to their readers (vowel signs, tones), and stay.
    """
    bare: str = _LETTER.sub(_bare, text.translate(_BARE))
    return bare


def _bare(letter: regex.Match[str]) -> str:
    return unicodedata.normalize("NFC", _MARK.sub("", unicodedata.normalize("NFD", letter[0])))
