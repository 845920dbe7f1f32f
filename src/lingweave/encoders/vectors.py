"""Vectors made elsewhere: an ``.npz`` file with arrays ``q_<stem>`` and ``c_<stem>``."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lingweave import languages
from lingweave.benchmark import Benchmark, Texts
from lingweave.encoders.scores import Scores, Similarity, dense_scores
from lingweave.errors import LingweaveError


def vectors_scores(path: Path, benchmark: Benchmark, similarity: Similarity = "cosine") -> Scores:
    """Scores of the vectors in a file.

    ``<stem>`` is the stem of the language's file in the benchmark's folder (``zh_cn`` for
    ``zh_cn.json``); rows stand in file order: article, paragraph, question or sentence.

    Raises:
        LingweaveError: an array is missing, is no matrix of numbers, has another number of rows
            than the benchmark, another dimension than the rest, or NaN or infinite values.
    """
    queries = _arrays(path, "q", benchmark.queries)
    passages = _arrays(path, "c", benchmark.corpora)
    _same_dimensions(path, {**_named("q", queries), **_named("c", passages)})
    return dense_scores(queries, passages, similarity, {"encoder": "vectors", "path": str(path)})


def passage_vectors(path: Path, benchmark: Benchmark) -> dict[str, NDArray[np.float32]]:
    """The vectors of the passages in a file, (passages, d) by language.

    Raises:
        LingweaveError: as for ``vectors_scores``.
    """
    return _arrays(path, "c", benchmark.corpora)


def _arrays(path: Path, kind: str, sides: Mapping[str, Texts]) -> dict[str, NDArray[np.float32]]:
    """The arrays of queries ("q") or passages ("c") by language."""
    try:
        with path.open("rb") as file:
            if file.read(2) != b"PK":
                raise ValueError("not a zip archive of arrays")
        with np.load(path, allow_pickle=False) as arrays:
            return {x: _array(path, arrays, kind, x, side) for x, side in sides.items()}
    except FileNotFoundError:
        raise LingweaveError(f"{path}: no such file; give the .npz file with the vectors") from None
    except (OSError, EOFError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise LingweaveError(
            f"{path}: not a readable .npz file of numbers ({error});"
            " write it with numpy.savez, without object arrays"
        ) from error


def _array(
    path: Path, arrays: "np.lib.npyio.NpzFile", kind: str, language: str, side: Texts
) -> NDArray[np.float32]:
    names = [name for name in arrays.files if _names(name, kind, language)]
    if not names:
        raise LingweaveError(f"{path}: no array '{kind}_{language}'; {language} needs one")
    if len(names) > 1:
        raise LingweaveError(f"{path}: {' and '.join(names)} are one language; keep one of them")
    array = arrays[names[0]]
    if array.ndim != 2 or array.dtype.kind not in "fiu":
        raise LingweaveError(
            f"{path}: {names[0]} has shape {array.shape} and type {array.dtype};"
            " expected rows of numbers"
        )
    if len(array) != len(side.ids):
        raise LingweaveError(
            f"{path}: {names[0]} has {len(array)} rows, expected {len(side.ids)}"
            f" ({'questions' if kind == 'q' else 'candidates'} of {language}, in file order)"
        )
    if not array.shape[1]:
        raise LingweaveError(f"{path}: {names[0]} has vectors of length 0")
    with np.errstate(over="ignore"):
        numbers: NDArray[np.float32] = array.astype(np.float32)
    if not np.isfinite(numbers).all():
        row = int(np.flatnonzero(~np.isfinite(numbers).all(axis=1))[0])
        raise LingweaveError(
            f"{path}: {names[0]} holds NaN or infinity, first in row {row} (in fp32)"
        )
    return numbers


def _names(name: str, kind: str, language: str) -> bool:
    prefix, _, stem = name.partition("_")
    return prefix == kind and languages.is_language(stem) and languages.canonical(stem) == language


def _named(kind: str, sides: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    return {f"{kind}_{language}": vectors for language, vectors in sides.items()}


def _same_dimensions(path: Path, arrays: dict[str, NDArray[np.float32]]) -> None:
    first: tuple[str, int] | None = None
    for name, array in arrays.items():
        first = first or (name, array.shape[1])
        if array.shape[1] != first[1]:
            raise LingweaveError(
                f"{path}: {name} has {array.shape[1]} dimensions but {first[0]} has {first[1]};"
                " all must come from one model"
            )
