"""Words as ICU cuts them: by Unicode's rules, and by dictionaries where there are no blanks."""

import regex
from icu4py.breakers import WordBreaker

from lingweave.building.decontamination.normal import folded

_BETWEEN = "\x00"
_SIGNS = regex.compile(r"[^\p{L}\p{M}\p{N}\x00]+|\u0640")


def words(text: str, language: str) -> list[str]:
    """The words of a text in normal form, without punctuation and blanks.

    Source: ICU's word boundaries (UAX 29; dictionaries for Chinese, Japanese, Thai, Lao, Khmer and
    Burmese) through icu4py.
    """
    cut = folded(_BETWEEN.join(segments(text, language)))
    return [word for word in _SIGNS.sub("", cut).split(_BETWEEN) if word]


def segments(text: str, language: str) -> list[str]:
    """All of a text, cut at ICU's word boundaries: words, blanks and signs."""
    return list(WordBreaker(text.replace(_BETWEEN, " "), language))
