"""What the server asks of an index."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from lingweave.index.passages import Passage, Value
from lingweave.index.requests import Hit, Request


class NewDocument(NamedTuple):
    """A document that a caller adds."""

    id: str
    text: str
    title: str | None = None
    language: str | None = None
    """Canonical code; None: to be detected."""
    parallel: str | None = None
    """Id that its versions in other languages share."""
    metadata: Mapping[str, Value] = {}


class Facts(NamedTuple):
    """What does not change while an index is served."""

    dimension: int
    similarity: str
    model: str
    """The encoder, in a line."""
    modes: tuple[str, ...] = ("dense",)
    """How it can be searched."""
    rerank: bool = False
    """Whether there is a re-ranker."""


class Backend(Protocol):
    """An open index.

    `answers`, `passages` and `counts` are called in one thread, `add` and `remove` in another at
    the same time.
    """

    @property
    def facts(self) -> Facts:
        """What does not change."""
        ...

    def answers(self, requests: Sequence[Request]) -> list[list[Hit]]:
        """The hits of each request."""
        ...

    def passages(self, ids: Sequence[str]) -> Mapping[str, Passage]:
        """The passages with these ids."""
        ...

    def counts(self) -> Mapping[str, int]:
        """Passages of each language."""
        ...

    def documents(self) -> int | None:
        """Number of documents, where it is known."""
        ...

    def add(self, documents: Sequence[NewDocument]) -> int:
        """Adds or replaces documents, for good; how many passages they have become.

        Raises:
            LingweaveError: they cannot be added.
        """
        ...

    def remove(self, ids: Sequence[str]) -> int:
        """Removes documents, for good; how many of them were there.

        Raises:
            LingweaveError: they cannot be removed.
        """
        ...

    def close(self) -> None:
        """Lets everything go."""
        ...
