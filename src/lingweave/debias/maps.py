"""What takes the language out of vectors: an affine map for each language, without training.

- ``mean``: v - mu_l, the mean of the language's vectors (Libovický, Rosa and Fraser 2020, "On the
  Language Neutrality of Pre-trained Multilingual Representations", as centering).
- ``lir``: v without its part along the first k right singular vectors of the language's vectors,
  which are not centred (Yang et al. 2021, arXiv 2109.04727; k = 1 is theirs).
- ``shift``: d - a (mu_l - mu_source), for passages; queries and the source language stay as they
  are (arXiv 2606.18801, which takes the means over translations of the same passages).

All three are v -> (I - V' V)(v - o), with an offset o and orthonormal directions V a language.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lingweave.detection import NO_LANGUAGE
from lingweave.errors import LingweaveError
from lingweave.languages import UNKNOWN

Floats = NDArray[np.float32]
Samples = Mapping[str, Floats]
"""Language -> (texts, d) vectors."""

NO_LANGUAGES = frozenset({UNKNOWN, NO_LANGUAGE})
"""Codes of texts that nothing is learned from: their language is not known, or they have none."""


@dataclass(frozen=True)
class LanguageMaps:
    """One affine map a language; the last is for texts of unknown or other languages."""

    languages: tuple[str, ...]
    """Codes in order, and `UNKNOWN` at the end."""
    offsets: Floats
    """(languages, d) what is subtracted first."""
    directions: Floats
    """(languages, k, d) orthonormal rows along which nothing is left; k may be 0."""

    @property
    def dimension(self) -> int:
        """The length of the vectors."""
        return int(self.offsets.shape[1])

    def place(self, language: str) -> int:
        """The index of a language, or that of `UNKNOWN`; ``zh`` also serves ``zh-TW``."""
        for code in (language, language.partition("-")[0]):
            if code in self.languages:
                return self.languages.index(code)
        return len(self.languages) - 1

    def applied(self, vectors: Floats, language: str) -> Floats:
        """(n, d) the vectors of texts of one language without it.

        Raises:
            LingweaveError: they have another dimension.
        """
        if vectors.shape[1] != self.dimension:
            raise LingweaveError(
                f"the vectors have {vectors.shape[1]} dimensions, the map {self.dimension}:"
                " fit it on vectors of the same model"
            )
        at = self.place(language)
        moved: Floats = vectors.astype(np.float32) - self.offsets[at]
        for direction in self.directions[at]:
            moved -= (moved @ direction)[:, None] * direction
        return moved

    def weight_and_bias(self, language: str) -> tuple[Floats, Floats]:
        """(d, d) W and (d,) b of the same map as v -> W v + b."""
        at = self.place(language)
        rows = self.directions[at]
        weight = np.eye(self.dimension, dtype=np.float32) - rows.T @ rows
        return weight.astype(np.float32), (-weight @ self.offsets[at]).astype(np.float32)


def mean_maps(samples: Samples) -> LanguageMaps:
    """Subtracts the mean of a language; of unknown ones, the mean of all languages' means."""
    offsets = np.stack([mean(vectors) for _, vectors in _checked(samples)])
    return _maps(samples, np.concatenate([offsets, offsets.mean(axis=0)[None]]))


def lir_maps(samples: Samples, components: int = 1) -> LanguageMaps:
    """Removes a language's first singular directions; unknown languages stay as they are.

    Raises:
        LingweaveError: more components than dimensions, or than texts of a language.
    """
    checked = _checked(samples)
    dimension = checked[0][1].shape[1]
    directions = np.zeros((len(checked) + 1, components, dimension), dtype=np.float32)
    for row, (language, vectors) in enumerate(checked):
        if components >= min(dimension, len(vectors) + 1):
            raise LingweaveError(
                f"{components} components of {language}: it has {len(vectors)} texts of {dimension}"
                " dimensions; remove fewer, or fit on more"
            )
        exact = vectors.astype(np.float64)
        # The right singular vectors, the last one of the largest singular value.
        directions[row] = np.linalg.eigh(exact.T @ exact)[1][:, : -components - 1 : -1].T
    offsets = np.zeros((len(checked) + 1, dimension), dtype=np.float32)
    return _maps(samples, offsets, directions)


def shift_maps(samples: Samples, source: str, strength: float = 1.0) -> LanguageMaps:
    """Moves every language's mean towards that of the source; unknown languages stay.

    Raises:
        LingweaveError: there are no texts in the source language.
    """
    checked = _checked(samples)
    if source not in samples:
        raise LingweaveError(
            f"--source {source}: no texts in it to fit on; choose from {', '.join(sorted(samples))}"
        )
    towards = mean(samples[source])
    offsets = np.stack([strength * (mean(vectors) - towards) for _, vectors in checked])
    return _maps(samples, np.concatenate([offsets, np.zeros_like(towards)[None]]))


def no_maps(like: LanguageMaps) -> LanguageMaps:
    """The map that changes nothing, for the same languages."""
    none = np.zeros((len(like.languages), 0, like.dimension), dtype=np.float32)
    return LanguageMaps(like.languages, np.zeros_like(like.offsets), none)


def mean(vectors: Floats) -> Floats:
    """(d,) the mean vector, summed in double precision."""
    average: Floats = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    return average


def _checked(samples: Samples) -> list[tuple[str, Floats]]:
    """The samples in the order of their codes."""
    empty = sorted(language for language, vectors in samples.items() if not len(vectors))
    if empty or not samples:
        raise LingweaveError(
            f"nothing to fit on: no texts{f' in {empty[0]}' if empty else ''}; give some"
        )
    return sorted(samples.items())


def _maps(samples: Samples, offsets: Floats, directions: Floats | None = None) -> LanguageMaps:
    none = np.zeros((len(offsets), 0, offsets.shape[1]), dtype=np.float32)
    return LanguageMaps(
        (*sorted(samples), UNKNOWN),
        offsets.astype(np.float32),
        none if directions is None else directions,
    )
