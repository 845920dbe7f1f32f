"""The vectors of a table's texts, each distinct text encoded once, read a block at a time."""

import io
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from torch import Tensor

from lingweave.atomic import whole_file
from lingweave.encoders.scores import Encoder, Similarity
from lingweave.errors import LingweaveError
from lingweave.mining.texts import Texts
from lingweave.table import SIDES, Side

CHUNK = 8192
"""Texts that go to the encoder together, and are held in memory with their vectors."""


class Vectors(Protocol):
    """What the search needs: blocks of one language, holes being zero, and their products."""

    device: torch.device
    """Where products are worked out."""

    def block(self, side: Side, language: int, rows: slice) -> Any:
        """(rows, d) of one language; the type is the implementation's own."""
        ...

    def product(self, queries: Any, passages: Any) -> Tensor:
        """(queries, passages) float32: scores of all with all."""
        ...

    def paired(self, queries: Any, passages: Any) -> Tensor:
        """(n,) float32: scores row by row."""
        ...


class Dense:
    """Vectors in arrays that may lie on the disk: for each side one a language, (texts, d) float32,
    of the texts that appear there first."""

    def __init__(
        self,
        arrays: dict[Side, list[NDArray[np.float32]]],
        texts: dict[Side, Texts],
        device: torch.device,
    ) -> None:
        widths = {a.shape[1] for parts in arrays.values() for a in parts if len(a)}
        if len(widths) > 1:
            raise LingweaveError(
                f"vectors have {' and '.join(map(str, sorted(widths)))} dimensions:"
                " queries and passages must come from one model"
            )
        self.arrays, self.texts, self.device = arrays, texts, device
        self._width = widths.pop()

    def block(self, side: Side, language: int, rows: slice) -> Tensor:
        """(rows, d) float32 on the device."""
        numbers = self.texts[side].numbers[language, rows]
        block = np.zeros((len(numbers), self._width), np.float32)
        for (start, end), array in zip(self.texts[side].spans, self.arrays[side], strict=True):
            inside = (numbers >= start) & (numbers < end)
            if inside.any():
                block[inside] = array[numbers[inside] - start]
        return torch.from_numpy(block).to(self.device)

    def product(self, queries: Tensor, passages: Tensor) -> Tensor:
        """(queries, passages) float32."""
        return queries @ passages.T

    def paired(self, queries: Tensor, passages: Tensor) -> Tensor:
        """(n,) float32."""
        return (queries * passages).sum(1)


class Sparse:
    """Sparse vectors in memory: for each side one matrix, (texts, d)."""

    device = torch.device("cpu")

    def __init__(self, matrices: dict[Side, Any], texts: dict[Side, Texts]) -> None:
        self.texts = texts
        # A last row of zeros is what the number -1 of a hole leads to.
        self._matrices = {
            side: sp.vstack([m, sp.csr_matrix((1, m.shape[1]), dtype=m.dtype)], format="csr")
            for side, m in matrices.items()
        }

    def block(self, side: Side, language: int, rows: slice) -> Any:
        """(rows, d) as a sparse matrix."""
        return self._matrices[side][self.texts[side].numbers[language, rows]]

    def product(self, queries: Any, passages: Any) -> Tensor:
        """(queries, passages) float32."""
        return torch.from_numpy((queries @ passages.T).toarray())

    def paired(self, queries: Any, passages: Any) -> Tensor:
        """(n,) float32."""
        return torch.from_numpy(np.asarray(queries.multiply(passages).sum(1)).ravel())


def encoded(
    encoder: Encoder,
    similarity: Similarity,
    texts: dict[Side, Texts],
    folder: Path,
    device: torch.device,
    advance: Callable[[int], object] = lambda texts: None,
) -> Dense:
    """Vectors of all texts, in files of a folder; what is there already is kept, and made again if
    it is cut off or no such file.

    Args:
        encoder: from texts to vectors.
        similarity: cosine: vectors are L2-normalised in fp32.
        texts: the texts of both sides.
        folder: where the files are, and where those that lack are written.
        device: where the search is to score.
        advance: called with the number of texts that have been encoded since the last call.

    Raises:
        LingweaveError: a vector holds NaN or infinity, or dimensions differ.
    """
    arrays: dict[Side, list[NDArray[np.float32]]] = {side: [] for side in SIDES}
    for side in SIDES:
        encode = encoder.encode_queries if side == "query" else encoder.encode_passages
        for place, language in enumerate(texts[side].table.languages):
            start, end = texts[side].spans[place]
            path = folder / f"{side}-{language}.npy"
            if start == end:
                arrays[side].append(np.empty((0, 0), np.float32))
                continue
            if _is_whole(path, end - start):
                advance(end - start)
            else:
                chunks = _chunks(texts[side], start, end, encode, language, similarity, advance)
                _write(path, chunks, end - start)
            arrays[side].append(np.load(path, mmap_mode="r"))
    return Dense(arrays, texts, device)


def tfidf(texts: dict[Side, Texts]) -> tuple[Sparse, str]:
    """Character TF-IDF as `lingweave evaluate` has it, fitted on the distinct passages, and its
    definition in words."""
    # Imported here: scikit-learn takes a second, and models do without it.
    from sklearn.feature_extraction.text import TfidfVectorizer

    from lingweave.encoders.tfidf import DEFINITION, padded

    vectorizer = TfidfVectorizer(
        analyzer="char",
        ngram_range=(2, 4),
        sublinear_tf=True,
        lowercase=False,
        preprocessor=padded,
        dtype=np.float32,
    )
    passages = vectorizer.fit_transform(texts["passage"].all())
    queries = vectorizer.transform(texts["query"].all())
    vectors = Sparse({"query": queries, "passage": passages}, texts)
    return vectors, f"{DEFINITION}; each distinct passage counts once"


def _chunks(
    texts: Texts,
    start: int,
    end: int,
    encode: Callable[[Sequence[str], str], NDArray[np.float32]],
    language: str,
    similarity: Similarity,
    advance: Callable[[int], object],
) -> Iterator[NDArray[np.float32]]:
    """The vectors of a run of texts, some at a time."""
    for first in range(start, end, CHUNK):
        last = min(first + CHUNK, end)
        vectors = torch.from_numpy(np.asarray(encode(texts.of(first, last), language), np.float32))
        bad = int((~torch.isfinite(vectors)).any(dim=1).sum())
        if bad:
            raise LingweaveError(
                f"vectors of {texts.side} texts in {language}: {bad} of {last - first} hold NaN or"
                " infinity; check the model, or encode in fp32"
            )
        if similarity == "cosine":
            vectors = torch.nn.functional.normalize(vectors, dim=1)
        yield vectors.numpy()
        advance(last - first)


def _write(path: Path, chunks: Iterator[NDArray[np.float32]], height: int) -> None:
    """Writes an array a piece at a time; it has its name once it is whole.

    Written and not mapped, so that a full disk is an error and no crash.
    """
    with whole_file(path) as part, part.open("wb") as file:
        for number, chunk in enumerate(chunks):
            if not number:
                file.write(_header(height, chunk.shape[1]))
            file.write(np.ascontiguousarray(chunk, "<f4").tobytes())


def _is_whole(path: Path, height: int) -> bool:
    """Whether a file is there that `_write` wrote, for so many texts, and is as long as it was."""
    try:
        with path.open("rb") as file:
            start = file.read(len(_header(height, 1)))
            values = file.seek(0, os.SEEK_END) - len(start)
    except OSError:
        return False
    width, rest = divmod(values, 4 * height)
    return not rest and start == _header(height, width)


def _header(height: int, width: int) -> bytes:
    """What stands before the values of an .npy file; as long for any width."""
    header = io.BytesIO()
    shape = {"descr": "<f4", "fortran_order": False, "shape": (height, width)}
    np.lib.format.write_array_header_1_0(header, shape)
    return header.getvalue()
