"""The floor that knows nothing: a random direction for each distinct text."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class RandomVectors:
    """Gaussian vectors seeded by a hash of the text: equal texts tie, nothing else means anything.

    A query and a passage with the same text get the same vector.
    """

    seed: int = 0
    """Another seed gives other vectors."""
    dimension: int = 256
    """Length of the vectors."""

    def encode_queries(self, texts: Sequence[str], language: str) -> NDArray[np.float32]:
        """(texts, dimension) float32."""
        return np.stack([self._vector(text) for text in texts])

    def encode_passages(self, texts: Sequence[str], language: str) -> NDArray[np.float32]:
        """(texts, dimension) float32."""
        return self.encode_queries(texts, language)

    def describe(self) -> dict[str, Any]:
        """Its settings."""
        return {"encoder": "random", "seed": self.seed}

    def _vector(self, text: str) -> NDArray[np.float32]:
        digest = hashlib.blake2b(f"{self.seed}\n{text}".encode("utf-8", "surrogatepass")).digest()
        generator = np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "little")))
        return generator.standard_normal(self.dimension, dtype=np.float32)
