"""The vector store: what an index asks of whatever keeps its passages and vectors."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from lingweave.index.passages import EVERYTHING, Filter, Passage

Floats = NDArray[np.float32]


class Found(NamedTuple):
    """A passage that a search found."""

    id: str
    """The passage's id."""
    score: float
    """How well it fits: inner product of the vectors (cosine, as they are of length one, unless the
    index was made with dot); with words BM25."""


class Place(NamedTuple):
    """Where a passage stands for a query; the best has place 1."""

    language: int | None
    """Among the passages of its own language; None: deeper than the store can tell."""
    pool: int | None
    """Among all passages; None: deeper than the store can tell."""


class VectorStore(Protocol):
    """Passages and their vectors, kept for good.

    Writing is idempotent and atomic: once `upsert` or `delete` has returned, what it did outlives a
    kill or a power cut; before that, either all of it is there afterwards or none. One process
    writes at a time (another gets a LingweaveError that says who holds the lock); any number read,
    and see whole states only.
    """

    @property
    def dimension(self) -> int:
        """Numbers of each vector."""
        ...

    def upsert(self, passages: Sequence[Passage], vectors: Floats) -> None:
        """Adds documents; those that are there already are replaced with all their passages.

        Args:
            passages: of whole documents.
            vectors: (passages, dimension) float32.
        """
        ...

    def delete(self, documents: Sequence[str]) -> int:
        """Removes documents; how many of them were there."""
        ...

    def search(self, vectors: Floats, depth: int, where: Filter = EVERYTHING) -> list[list[Found]]:
        """For each vector the best passages of the pool of all languages, best first.

        Ties go by passage id. Fewer than `depth` only if fewer fit the filter.
        """
        ...

    def search_languages(
        self, vectors: Floats, depth: int, where: Filter = EVERYTHING
    ) -> list[dict[str, list[Found]]]:
        """For each vector the best passages of each language, best first."""
        ...

    def search_words(
        self, texts: Sequence[str], depth: int, where: Filter = EVERYTHING
    ) -> list[list[Found]]:
        """For each text the passages that share words with it, by BM25, best first.

        Raises:
            LingweaveError: the store has no index of words.
        """
        ...

    def places(
        self, vector: Floats, ids: Sequence[str], where: Filter = EVERYTHING
    ) -> dict[str, Place]:
        """Where passages stand for one vector (dimension,), counted exactly where that is cheap."""
        ...

    def passages(self, ids: Sequence[str]) -> dict[str, Passage]:
        """The passages with these ids; those that are not there are left out."""
        ...

    def versions(self, parallel: Sequence[str]) -> dict[str, list[str]]:
        """Ids of the passages that share each of these ids of parallel versions."""
        ...

    def counts(self, where: Filter = EVERYTHING) -> Mapping[str, int]:
        """Passages of each language that fit, most first."""
        ...

    def optimise(self) -> None:
        """Merges what many small additions have left; what is found does not change by it."""
        ...

    def close(self) -> None:
        """Lets files, locks and connections go."""
        ...
