"""The language of a text, offline: py3langid (a naive Bayes over byte n-grams, 139 languages)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from lingweave.errors import LingweaveError
from lingweave.languages import canonical, is_language

NO_LANGUAGE = "zxx"
"""The code of texts without letters (ISO 639-2: no linguistic content)."""
READ = 300
"""Characters of a text that are looked at; more hardly ever change the answer."""
_RULES = 2
"""Told beside kept answers: 1 gave languages without the regions that they were asked with."""


@dataclass(frozen=True)
class Detector:
    """Tells languages with one choice of them, as `detected` does."""

    among: tuple[str, ...] | None = None
    """Codes to choose from; None: all that can be detected."""

    def __call__(self, texts: Sequence[str]) -> list[str]:
        """The canonical code of each text's language."""
        return detected(texts, self.among)

    @property
    def key(self) -> tuple[object, ...]:
        """What the answers depend on but for the texts, as JSON takes it."""
        choice = None if self.among is None else sorted(set(self.among))
        return ("py3langid", version("py3langid"), READ, _RULES, choice)


def detected(texts: Sequence[str], among: Sequence[str] | None = None) -> list[str]:
    """The canonical code of each text's language; ``zxx`` where a text has no letters.

    Short texts are often taken for a related language (2 % of XQuAD's Hindi questions, 10 % of its
    Chinese ones): say which languages there are where that is known.

    Args:
        texts: of any language each.
        among: codes to choose from; None: all 139. Only languages are told apart: of ``zh-TW``
            alone texts get that code, of ``zh-CN`` and ``zh-TW`` they get ``zh``.

    Raises:
        LingweaveError: one of ``among`` cannot be detected, so that its texts would be taken for
            another's.

    Source: py3langid, after Lui and Baldwin (2012), langid.py (ACL demonstrations).
    """
    choice = None if among is None else tuple(sorted({canonical(x) for x in among}))
    identifier, codes = _identifier(choice)
    return [_detected(identifier, codes, text[:READ]) for text in texts]


def _detected(identifier: Any, codes: Mapping[str, str], text: str) -> str:
    if not any(letter.isalpha() for letter in text):
        return NO_LANGUAGE
    return codes.get(str(identifier.classify(text)[0]), NO_LANGUAGE)


@lru_cache(maxsize=4)
def _identifier(among: tuple[str, ...] | None) -> tuple[Any, Mapping[str, str]]:
    """What tells languages, and the code of each label that it has for them."""
    # Imported here: the model takes half a second, and most commands know their languages.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    codes = {x: canonical(x) for x in identifier.labels if is_language(x)}
    if among is None:
        return identifier, codes
    asked: dict[str, list[str]] = {}
    for code in among:
        asked.setdefault(code.partition("-")[0], []).append(code)
    unknown = [code for base in asked.keys() - set(codes.values()) for code in asked[base]]
    if unknown:
        raise LingweaveError(
            f"languages: {', '.join(sorted(unknown))} cannot be detected; give the language of"
            " every text with the texts"
        )
    kept = {x: base for x, base in codes.items() if base in asked}
    identifier.set_languages(sorted(kept))
    return identifier, {
        x: asked[base][0] if len(asked[base]) == 1 else base for x, base in kept.items()
    }
