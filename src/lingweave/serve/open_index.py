"""An index on the disk as the server's backend."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lingweave.encoders.scores import Encoder, Floats, by_language
from lingweave.errors import LingweaveError
from lingweave.index.passages import Passage
from lingweave.index.requests import Hit, Request
from lingweave.serve.backend import Facts, NewDocument
from lingweave.serve.config import ServeConfig


class OneAtATime:
    """An encoder that two threads may ask: tokenizers must not be used by two at once.

    Args:
        encoder: Any.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._lock = threading.Lock()
        self.by_language = by_language(encoder)

    def encode_queries(self, texts: Sequence[str], language: str) -> Floats:
        """(texts, d) float32."""
        with self._lock:
            return self._encoder.encode_queries(texts, language)

    def encode_passages(self, texts: Sequence[str], language: str) -> Floats:
        """(texts, d) float32."""
        with self._lock:
            return self._encoder.encode_passages(texts, language)

    def describe(self) -> dict[str, Any]:
        """What it is."""
        return self._encoder.describe()
