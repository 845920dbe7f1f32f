"""Encoders around an encoder: one that remembers, one that corrects."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lingweave.debias.fitted import Debias
from lingweave.debias.maps import Floats
from lingweave.encoders.scores import Encoder, by_language


class Remembering:
    """Encodes no text of a side twice; vectors stay in memory."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.by_language = by_language(encoder)
        self._known: dict[tuple[str, str], dict[str, Floats]] = {}

    def encode_queries(self, texts: Sequence[str], language: str) -> Floats:
        """(texts, d) float32."""
        return self._encoded("queries", self._encoder.encode_queries, texts, language)

    def encode_passages(self, texts: Sequence[str], language: str) -> Floats:
        """(texts, d) float32."""
        return self._encoded("passages", self._encoder.encode_passages, texts, language)

    def describe(self) -> dict[str, Any]:
        """The encoder's own description."""
        return self._encoder.describe()

    def _encoded(
        self,
        side: str,
        encode: Callable[[Sequence[str], str], Floats],
        texts: Sequence[str],
        language: str,
    ) -> Floats:
        known = self._known.setdefault((side, language if self.by_language else ""), {})
        new = list(dict.fromkeys(text for text in texts if text not in known))
        if new:
            known.update(zip(new, encode(new, language), strict=True))
        return np.stack([known[text] for text in texts])


class DebiasedEncoder:
    """An encoder whose vectors are corrected by the language of their texts.

    Args:
        encoder: What encodes.
        debias: What is done to its vectors.
    """

    by_language = True

    def __init__(self, encoder: Encoder, debias: Debias) -> None:
        self._encoder = encoder
        self._debias = debias

    def encode_queries(self, texts: Sequence[str], language: str) -> Floats:
        """(texts, d) float32."""
        vectors = self._encoder.encode_queries(texts, language)
        return self._debias.applied(vectors, language, "queries")

    def encode_passages(self, texts: Sequence[str], language: str) -> Floats:
        """(texts, d) float32."""
        vectors = self._encoder.encode_passages(texts, language)
        return self._debias.applied(vectors, language, "passages")

    def describe(self) -> dict[str, Any]:
        """The encoder's description, and how it is corrected."""
        return {**self._encoder.describe(), "debias": dict(self._debias.about)}
