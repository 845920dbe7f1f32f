"""Asking for many answers when some of the questions break what answers them."""

from collections.abc import Callable, Sequence

from lingweave.errors import LingweaveError

PATIENCE = 5
"""Texts that may fail one after the other, each alone, before the translator counts as broken."""

Ask = Callable[[Sequence[str]], tuple[list[str | None], str]]
"""Texts to their translations, None for each that did not come, and why they did not."""


class Divided:
    """Finds the texts that a translator cannot take, and has all others translated.

    What did not come is asked for again in halves; a text that fails alone has no translation.

    Args:
        what: how a message calls the translator.
        ask: asks it once.
    """

    def __init__(self, what: str, ask: Ask) -> None:
        self._what, self._ask = what, ask
        self._failed = 0

    def __call__(self, texts: Sequence[str]) -> list[str]:
        """The translation of each text, ``""`` where there is none.

        Raises:
            LingweaveError: ``PATIENCE`` texts failed alone and nothing succeeded in between.
        """
        if not texts:
            return []
        answers, why = self._ask(texts)
        missing = [place for place, answer in enumerate(answers) if answer is None]
        if len(missing) < len(texts):
            self._failed = 0
        if len(texts) == 1 and missing:
            self._failed += 1
            if self._failed == PATIENCE:
                raise LingweaveError(
                    f"{self._what}: {PATIENCE} texts in a row came to nothing ({why}), the last one"
                    f" {texts[0][:40]!r}; what was translated before is kept"
                )
            return [""]
        found = {place: answer for place, answer in enumerate(answers) if answer is not None}
        middle = (len(missing) + 1) // 2
        for part in (missing[:middle], missing[middle:]):
            found |= zip(part, self([texts[place] for place in part]), strict=True)
        return [found[place] for place in range(len(texts))]
