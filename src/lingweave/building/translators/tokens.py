"""From texts to the tokens that a sequence-to-sequence model reads, and back.

Transformers and CTranslate2 share this, so that they read and write the same. All kinds of models
that are known here read ``[language] text </s>``; those that are told the target otherwise begin
the output with it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from lingweave.building.translators.codes import Languages, languages_of
from lingweave.building.translators.folders import tokenizer_of

_NO_LIMIT = 100_000
"""What tokenizers say who know of no limit is far above."""


class Marks(NamedTuple):
    """The tokens that tell a model a pair of languages, by number; None: there is none."""

    before: int | None
    """Stands before the text."""
    first: int | None
    """The first token of the output."""


@dataclass(frozen=True)
class Tokens:
    """A tokenizer, and the languages of the model.

    Its languages are found among ``vocabulary`` where that is given, else among its own.
    """

    tokenizer: Any
    """As transformers has it."""
    languages: Languages
    """What the model knows."""
    limit: int | None
    """Tokens of a text that the model can read, all told; None: any number."""

    def marks(self, source: str, target: str) -> Marks:
        """How the model is told a pair, which it must know."""
        family = self.languages.family
        if family is None:
            return Marks(None, None)
        into = self._number(self.languages.token(target))
        if not family.source:
            return Marks(into, None)
        return Marks(self._number(self.languages.token(source)), into)

    def read(self, text: str, marks: Marks) -> list[int] | None:
        """The numbers of a text's tokens; None where there are more than the model can read.

        What looks like a token of the model's own in a text is text.
        """
        line = " ".join(text.split())
        if line.startswith(">>"):
            line = f" {line}"  # Marian's would take it for a language.
        numbers = self.tokenizer.encode(line, add_special_tokens=False, split_special_tokens=True)
        numbers = [*(() if marks.before is None else (marks.before,)), *numbers, self.end]
        return None if self.limit is not None and len(numbers) > self.limit else numbers

    def written(self, numbers: Sequence[int]) -> str:
        """The text of an output, which is without marks and end."""
        text: str = self.tokenizer.decode(
            numbers, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return " ".join(text.split())

    def names(self, numbers: Sequence[int]) -> list[str]:
        """Tokens in letters."""
        found: list[str] = self.tokenizer.convert_ids_to_tokens(list(numbers))
        return found

    def numbers(self, names: Iterable[str]) -> list[int]:
        """Tokens of an output by number."""
        # Marian's may have one vocabulary for each side, and looks in the source's.
        target = getattr(self.tokenizer, "target_encoder", None)
        if target is not None:
            return [target.get(name, self.tokenizer.unk_token_id) for name in names]
        found: list[int] = self.tokenizer.convert_tokens_to_ids(list(names))
        return found

    @property
    def end(self) -> int:
        """The token that ends a text."""
        return int(self.tokenizer.eos_token_id)

    def _number(self, token: str | None) -> int:
        assert token is not None, "a language that check would have refused"
        return int(self.tokenizer.convert_tokens_to_ids(token))


def tokens_of(
    folder: Path,
    what: str,
    model: str,
    vocabulary: Iterable[str] | None = None,
    limit: int | None = None,
) -> Tokens:
    """The tokens of a model.

    Args:
        folder: where the tokenizer's files are.
        what: how a message calls the model.
        model: its name, which may tell its languages.
        vocabulary: what the model knows; None: what its tokenizer does.
        limit: positions that the model has, if its settings say.

    Raises:
        LingweaveError: there is no tokenizer, or a package that it needs is not installed.
    """
    tokenizer = tokenizer_of(folder, what)
    own = set(tokenizer.get_vocab())
    known = own if vocabulary is None else own.intersection(vocabulary)
    said = tokenizer.init_kwargs
    languages = languages_of(known, said.get("source_lang"), said.get("target_lang"), model)
    limits = [n for n in (limit, tokenizer.model_max_length) if n is not None and n < _NO_LIMIT]
    return Tokens(tokenizer, languages, min(limits, default=None))
