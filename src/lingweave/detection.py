"""The language of a text, offline: py3langid (a naive Bayes over byte n-grams, 139 languages)."""

from collections.abc import Sequence
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
        return ("py3langid", version("py3langid"), READ, choice)


def detected(texts: Sequence[str], among: Sequence[str] | None = None) -> list[str]:
    """The canonical code of each text's language; ``zxx`` where a text has no letters.

    Short texts are often taken for a related language (2 % of XQuAD's Hindi questions, 10 % of its
    Chinese ones): say which languages there are where that is known.

    Args:
        texts: of any language each.
        among: codes to choose from, by language alone (``zh`` for ``zh-TW``); None: all 139.

    Raises:
        LingweaveError: none of ``among`` can be detected.

    Source: py3langid, after Lui and Baldwin (2012), langid.py (ACL demonstrations).
    """
    identifier = _identifier(None if among is None else tuple(sorted(set(among))))
    return [_detected(identifier, text[:READ]) for text in texts]


def _detected(identifier: Any, text: str) -> str:
    if not any(letter.isalpha() for letter in text):
        return NO_LANGUAGE
    code = str(identifier.classify(text)[0])
    return canonical(code) if is_language(code) else NO_LANGUAGE


@lru_cache(maxsize=4)
def _identifier(among: tuple[str, ...] | None) -> Any:
    # Imported here: the model takes half a second, and most commands know their languages.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    if among is not None:
        codes = {canonical(x): x for x in identifier.labels if is_language(x)}
        kept = {codes[base] for x in among if (base := canonical(x).partition("-")[0]) in codes}
        if not kept:
            raise LingweaveError(
                f"languages: none of {', '.join(among)} can be detected; give them with the texts"
            )
        identifier.set_languages(sorted(kept))
    return identifier
