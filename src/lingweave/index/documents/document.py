"""A document on its way into an index."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from lingweave.errors import LingweaveError
from lingweave.index.passages import Value
from lingweave.languages import canonical


class Document(NamedTuple):
    """One document, as a file tells it."""

    id: str
    """Of the whole index one."""
    text: str
    """Without the title; may be empty."""
    title: str | None = None
    """Put before the text of each of its passages."""
    language: str | None = None
    """Canonical code; None: to be detected."""
    parallel: str | None = None
    """Id that its versions in other languages share."""
    metadata: Mapping[str, Value] = {}
    """Its other fields."""
    where: str = ""
    """File and line, for messages."""


@dataclass(frozen=True)
class Reading:
    """How documents are read."""

    language: str | None = None
    """The language of all documents, whatever they say; by default each one's own, detected where
    it has none."""
    languages: list[str] | None = None
    """Only documents in these languages; and only they are detected."""
    metadata: list[str] | None = None
    """Fields that are kept for filters; all by default."""

    def __post_init__(self) -> None:
        for name, given in (("language", [self.language]), ("languages", self.languages)):
            for one in given or ():
                if one is None:
                    continue
                try:
                    canonical(one)
                except LingweaveError as error:
                    raise LingweaveError(f"--{name}: {error}") from None
        if self.languages is not None and not self.languages:
            raise LingweaveError("--languages: give at least one language, such as de,en")

    @property
    def codes(self) -> tuple[str, ...] | None:
        """The canonical codes of `languages`."""
        return None if self.languages is None else tuple(map(canonical, self.languages))
