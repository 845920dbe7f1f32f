"""What the server asks of an index."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

from lingweave.index.documents import Document
from lingweave.index.passages import Passage
from lingweave.index.requests import Hit, Request


class Facts(NamedTuple):
    """What does not change while an index is served."""

    dimension: int
    similarity: str
    model: str
    """The encoder, in a line."""
    modes: tuple[Literal["dense", "words", "both"], ...] = ("dense",)
    """How it can be searched."""
    rerank: bool = False
    """Whether there is a re-ranker."""


class Backend(Protocol):
    """An open index.

    Three threads ask at the same time: one `answers`, one `add` and `remove`, one the rest.
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

    def add(self, documents: Sequence[Document]) -> int:
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
