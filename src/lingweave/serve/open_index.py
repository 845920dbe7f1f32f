"""An index on the disk, or at an address, as the server's backend."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from lingweave.detection import detected
from lingweave.encoders.scores import Encoder, Floats, by_language
from lingweave.errors import LingweaveError, UnavailableError
from lingweave.index.configs import one_folder
from lingweave.index.documents import Document
from lingweave.index.embedded import EmbeddedStore
from lingweave.index.folder import Index, open_index
from lingweave.index.ingest import Cut, Ingested, passages_of, put_in
from lingweave.index.passages import Passage
from lingweave.index.record import IndexRecord
from lingweave.index.requests import Hit, Request
from lingweave.index.rerank import CrossEncoderReranker, Reranker
from lingweave.index.search import Depths, Searcher
from lingweave.index.store import VectorStore
from lingweave.serve.backend import Facts
from lingweave.serve.config import ServeConfig

_RETRIES = 1
"""How often an endpoint is asked again: all searches wait meanwhile."""
_PART = 32
"""Passages that are encoded before a query may go in between."""
_PATIENCE = 0.5
"""Seconds that passages wait for queries at most, so that they get on under any load."""


class OpenIndex:
    """A `Backend` over an index.

    Args:
        index: Open.
        reranker: Orders the best hits anew where a request asks for it.
        depths: How much is looked at.
    """

    def __init__(self, index: Index, reranker: Reranker | None, depths: Depths) -> None:
        self._index = index
        self._encoder = SharedEncoder(index.encoder)
        self._searcher = Searcher(index.store, self._encoder, index.similarity, reranker, depths)
        self._facts = Facts(
            dimension=index.store.dimension,
            similarity=index.similarity,
            model=model_name(index.record),
            modes=_modes(index.store),
            rerank=reranker is not None,
        )

    @property
    def facts(self) -> Facts:
        """What does not change."""
        return self._facts

    def answers(self, requests: Sequence[Request]) -> list[list[Hit]]:
        """The hits of each request."""
        return self._searcher.answers(requests)

    def passages(self, ids: Sequence[str]) -> Mapping[str, Passage]:
        """The passages with these ids."""
        return self._index.store.passages(ids)

    def counts(self) -> Mapping[str, int]:
        """Passages of each language."""
        return self._index.store.counts()

    def documents(self) -> int | None:
        """Number of documents, where it is known."""
        store = self._index.store
        return store.stats()["documents"] if isinstance(store, EmbeddedStore) else None

    def add(self, documents: Sequence[Document]) -> int:
        """Adds or replaces documents, all in one write, and deletes those that have no text left;
        how many passages they have become."""
        unknown = [one.text for one in documents if one.language is None]
        told = iter(detected(unknown) if unknown else ())
        known = [one if one.language else one._replace(language=next(told)) for one in documents]
        cut = [Cut(one, passages_of(one, self._index.record.chunks)) for one in known]
        put_in(self._index.store, self._encoder, self._index.similarity, cut, Ingested())
        return sum(len(one.passages) for one in cut)

    def remove(self, ids: Sequence[str]) -> int:
        """Removes documents; how many of them were there."""
        return self._index.store.delete(ids)

    def close(self) -> None:
        """Lets the store go."""
        self._index.close()


class SharedEncoder:
    """An encoder that two threads may ask, as no tokenizer may be used by two at once. Queries go
    before passages.

    Args:
        encoder: Any.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._busy = threading.Lock()
        self._turn = threading.Condition()
        self._asking = 0
        self.by_language = by_language(encoder)

    def encode_queries(self, texts: Sequence[str], language: str) -> Floats:
        """(texts, d) float32."""
        with self._turn:
            self._asking += 1
        try:
            with self._busy, _fault_of_ours():
                return self._encoder.encode_queries(texts, language)
        finally:
            with self._turn:
                self._asking -= 1
                self._turn.notify_all()

    def encode_passages(self, texts: Sequence[str], language: str) -> Floats:
        """(texts, d) float32."""
        parts = []
        for start in range(0, len(texts), _PART):
            with self._turn:
                self._turn.wait_for(lambda: not self._asking, _PATIENCE)
            with self._busy, _fault_of_ours():
                some = texts[start : start + _PART]
                parts.append(self._encoder.encode_passages(some, language))
        return np.concatenate(parts)

    def describe(self) -> dict[str, Any]:
        """What it is."""
        return self._encoder.describe()


@contextlib.contextmanager
def _fault_of_ours() -> Iterator[None]:
    """What an encoder cannot do, such as reach its endpoint, is no fault of the caller's."""
    try:
        yield
    except LingweaveError as error:
        raise UnavailableError(str(error)) from error


def opening_of(config: ServeConfig) -> Callable[[], OpenIndex]:
    """What makes an index ready: the models are read when it is called, the rest is done before.

    Raises:
        LingweaveError: there is no such index, or it is damaged.
    """
    place = one_folder(config.folder)
    index = open_index(
        place, model=config.model, endpoint=config.endpoint, device=config.device, retries=_RETRIES
    )

    def opened() -> OpenIndex:
        reranker = None
        if config.reranker is not None:
            reranker = CrossEncoderReranker(config.reranker, device=config.device)
        if config.writable:
            detected(["a"])  # Seconds, that the first document would take.
        return OpenIndex(index, reranker, Depths(config.fused, config.reranked))

    return opened


def model_name(record: IndexRecord) -> str:
    """An encoder in a few words, without saying where on this machine, or at which address, it is.

    Args:
        record: What the index was made with.
    """
    model = record.encoder.get("model")
    if model is None:
        return str(record.encoder.get("encoder") or "endpoint")
    path = Path(str(model))
    if not path.is_absolute():
        return str(model)
    return path.parent.name if path.name == "model" else path.name


def _modes(store: VectorStore) -> tuple[Literal["dense", "words", "both"], ...]:
    try:
        store.search_words(["a"], 1)
    except LingweaveError:
        return ("dense",)
    return ("dense", "words", "both")
