"""A cache on disk in front of an encoder: what was encoded once is not encoded again."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from lingweave.encoders.scores import by_language
from lingweave.encoders.vector_files import Floats, Keys, VectorFiles, keys_of
from lingweave.errors import LingweaveError
from lingweave.progress import progress_bar
from lingweave.table import Side

PROBE = "The quick brown fox jumps over the lazy dog."
"""A text that tells whether an endpoint still serves the model whose vectors are kept."""
_SAME = 0.999
"""Least cosine of its vectors, then and now: half precision and other batches stay above it."""


_LOOKS = 4
"""How often the folder is looked at for what must be there: a listing is no snapshot, and another
process may put files together meanwhile."""


class Batch(NamedTuple):
    """Vectors of some texts of a list."""

    places: NDArray[np.int64]
    """(n,) where the texts stand in the list."""
    vectors: Floats
    """(n, d) their vectors."""


class Batched(Protocol):
    """An encoder that gives vectors as they come, and says what decides them."""

    def batches(self, side: Side, texts: Sequence[str], language: str) -> Iterator[Batch]:
        """The vectors of all texts, each once, in any order."""
        ...

    def identity(self, side: Side) -> dict[str, Any]:
        """What decides the vectors of a side, prompts included: plain JSON values."""
        ...

    def describe(self) -> dict[str, Any]:
        """What it is, for the provenance of a figure."""
        ...


class CachedEncoder:
    """An encoder whose vectors are kept in a folder, by its identity, the side and the text.

    Killed at any moment, it loses at most the batches in flight. Several processes may share the
    folder. A damaged file is told, dropped and made again.

    Args:
        inner: the encoder.
        folder: where vectors are kept; each encoder, side and prompt has a folder in it.
        probed: whether the inner encoder may change unnoticed, as what an endpoint serves may; one
            short text more is encoded then, before the first one that is missing.
        progress: whether to show progress, where the terminal can.
    """

    def __init__(
        self, inner: Batched, folder: Path, probed: bool = False, progress: bool = False
    ) -> None:
        self._inner, self._folder = inner, folder
        self.by_language = by_language(inner)
        self._unprobed = {"query", "passage"} if probed else set()
        self._progress = progress
        self._files: dict[Side, VectorFiles] = {}

    def encode_queries(self, texts: Sequence[str], language: str) -> Floats:
        """(texts, d) float32."""
        return self._encoded("query", texts, language)

    def encode_passages(self, texts: Sequence[str], language: str) -> Floats:
        """(texts, d) float32."""
        return self._encoded("passage", texts, language)

    def describe(self) -> dict[str, Any]:
        """What the inner encoder is."""
        return self._inner.describe()

    def files(self, side: Side) -> VectorFiles:
        """The kept vectors of a side."""
        if side not in self._files:
            identity = {**self._inner.identity(side), "side": side}
            text = json.dumps(identity, sort_keys=True, ensure_ascii=False)
            name = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
            self._files[side] = VectorFiles(self._folder / name, name)
        return self._files[side]

    def _encoded(self, side: Side, texts: Sequence[str], language: str) -> Floats:
        files = self.files(side)
        files.refresh()
        keys = self._keys(texts, language)
        missing = np.flatnonzero(files.find(keys) < 0)
        if len(missing):
            if side in self._unprobed:
                self._probe(side, files, language)
            # Of texts that stand there several times, the first.
            missing = np.sort(missing[np.unique(keys[missing], return_index=True)[1]])
            some = [texts[place] for place in missing.tolist()]
            with progress_bar(self._progress) as progress:
                task = progress.add_task(f"{side} texts, {language}", total=len(some))
                for batch in self._inner.batches(side, some, language):
                    _check_finite(batch, some, side, language)
                    files.add(keys[missing[batch.places]], batch.vectors)
                    progress.advance(task, len(batch.places))
        places = files.find(keys)
        for _ in range(_LOOKS):
            if (places >= 0).all():
                return files.read(places)
            files.refresh()
            places = files.find(keys)
        raise LingweaveError(
            f"{files.folder}: does not hold what was just written to it; the disk may be failing,"
            " or something removes files there: give another --cache"
        )

    def _keys(self, texts: Sequence[str], language: str) -> Keys:
        """What texts are found by: their language too, where vectors depend on it."""
        return keys_of([f"{language}\n{text}" for text in texts] if self.by_language else texts)

    def _probe(self, side: Side, files: VectorFiles, language: str) -> None:
        key = keys_of([PROBE])
        (now,) = (batch.vectors[0] for batch in self._inner.batches(side, [PROBE], language))
        place = files.find(key)
        if place[0] < 0:
            files.add(key, now[None])
        else:
            (then,) = files.read(place)
            cosine = 0.0
            if then.shape == now.shape:
                lengths = float(np.linalg.norm(then) * np.linalg.norm(now))
                cosine = float(then @ now) / (lengths or 1.0)
            if not cosine >= _SAME:
                raise LingweaveError(
                    f"{files.folder}: holds vectors of another model than the one that is served"
                    f" now under the same name (cosine {cosine:.3f} for the same text); remove the"
                    " folder, or give another --cache"
                )
        self._unprobed.discard(side)


def _check_finite(batch: Batch, texts: Sequence[str], side: Side, language: str) -> None:
    bad = np.flatnonzero(~np.isfinite(batch.vectors).all(axis=1))
    if len(bad):
        first = texts[int(batch.places[bad[0]])]
        raise LingweaveError(
            f"vectors of {side} texts in {language}: {len(bad)} of {len(batch.places)} hold NaN or"
            f" infinity, first that of {first[:40]!r}; check the model, or encode in fp32"
        )
