"""What the translation of a table needs of a translator."""

from collections.abc import Sequence
from typing import Any, Protocol


class Translator(Protocol):
    """Translates sentences between two languages."""

    batch_size: int
    """Sentences that it likes to be given together."""

    def check(self, source: str, targets: Sequence[str]) -> None:
        """Refuses a pair of languages that it lacks, before any work.

        Raises:
            LingweaveError: naming the language and what could be done.
        """
        ...

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """The translation of each text, in their order; ``""``: there is none.

        Args:
            texts: sentences or short texts, as long as it can take.
            source: the canonical code of their language.
            target: the canonical code of the language that is wanted.

        Raises:
            LingweaveError: the translator stopped working; what it gave before is kept.
        """
        ...

    def identity(self) -> dict[str, Any]:
        """``translator`` and ``version``, and all else that decides its output: plain JSON."""
        ...
