"""Vectors of an index that exists, corrected and written in blocks; an ``.npy`` is mapped."""

import logging
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lingweave.atomic import disk_errors_named, whole_file
from lingweave.debias.fitted import Debias
from lingweave.debias.maps import NO_LANGUAGES, Floats
from lingweave.errors import LingweaveError
from lingweave.languages import canonical, is_language

log = logging.getLogger("lingweave")

ROWS = 16384
"""Rows that are corrected together."""


@dataclass(frozen=True)
class Rows:
    """Rows of one array that are of one language."""

    array: str
    """Its name; empty in an .npy file."""
    side: str
    """``queries`` or ``passages``."""
    language: str
    """Its code."""
    rows: NDArray[np.int64]
    """(n,) which ones, rising."""


class VectorFile:
    """An ``.npz`` with arrays ``q_<language>`` and ``c_<language>``, or an ``.npy`` of passages.

    The content of an ``.npz`` is held in memory, and what else stands in it, such as ids, is
    written again as it is; of an ``.npy``, the rows in hand are held.

    Args:
        path: The file.
        languages: With an ``.npy``, a text file with the language of each row.

    Raises:
        LingweaveError: it is no such file, or its languages do not fit it.
    """

    def __init__(self, path: Path, languages: Path | None = None) -> None:
        self.path = path
        try:
            self._arrays, self._others = _contents(path)
        except FileNotFoundError:
            raise LingweaveError(f"--vectors {path}: no such file") from None
        except (OSError, EOFError, ValueError, TypeError, zipfile.BadZipFile) as error:
            raise LingweaveError(
                f"--vectors {path}: not a readable .npz or .npy file of numbers ({error})"
            ) from error
        if not self._arrays:
            raise LingweaveError(
                f"--vectors {path}: no array is named q_<language> or c_<language>; it holds"
                f" {', '.join(sorted(self._others)) or 'nothing'}"
            )
        for name, array in self._arrays.items():
            if array.ndim != 2 or array.dtype.kind not in "fiu" or not array.shape[1]:
                raise LingweaveError(
                    f"--vectors {path}: {name or 'the array'} has shape {array.shape} and type"
                    f" {array.dtype}; expected rows of numbers"
                )
        dimensions = {array.shape[1] for array in self._arrays.values()}
        if len(dimensions) != 1:
            raise LingweaveError(
                f"--vectors {path}: arrays of {', '.join(map(str, sorted(dimensions)))} dimensions;"
                " all must come from one model"
            )
        if path.suffix == ".npy":
            self.parts = _by_line(path, languages, len(self._arrays[""]))
        else:
            self.parts = [
                Rows(name, side, canonical(name.partition("_")[2]), np.arange(len(array)))
                for name, array in self._arrays.items()
                if (side := _side_of(name))
            ]
            if self._others:
                log.warning(
                    "%s: copied as they are, being named neither q_<language> nor c_<language>: %s",
                    path,
                    ", ".join(sorted(name.removesuffix(".npy") for name in self._others)),
                )

    def sampled(self, side: str, most: int, seed: int) -> dict[str, Floats]:
        """Language -> (at most `most`, d) float32 rows of a side, drawn without repeats.

        Rows of unknown language are none to learn from.
        """
        drawn: dict[str, Floats] = {}
        for part in self.parts:
            if part.side == side and part.language not in NO_LANGUAGES and len(part.rows):
                places = drawn_rows(len(part.rows), most, seed)
                drawn[part.language] = self._read(part, part.rows[places])
        return drawn

    def write(self, out: Path, debias: Debias) -> None:
        """Writes the same file with corrected vectors, in float32.

        Raises:
            LingweaveError: the map is of another dimension, or the disk is full.
        """
        with disk_errors_named(str(out)), whole_file(out) as path:
            if self.path.suffix == ".npy":
                _write_npy(path, self._arrays[""].shape, self._corrected(self.parts, debias))
                return
            with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
                for part in self.parts:
                    shape = self._arrays[part.array].shape
                    with archive.open(f"{part.array}.npy", "w", force_zip64=True) as file:
                        np.lib.format.write_array_header_1_0(file, _header(shape))
                        for _, vectors in self._corrected([part], debias):
                            file.write(np.ascontiguousarray(vectors, "<f4").tobytes())
                for name, content in self._others.items():
                    archive.writestr(name, content)

    def _corrected(
        self, parts: Sequence[Rows], debias: Debias
    ) -> Iterator[tuple[NDArray[np.int64], Floats]]:
        for part in parts:
            for start in range(0, len(part.rows), ROWS):
                rows = part.rows[start : start + ROWS]
                yield rows, debias.applied(self._read(part, rows), part.language, part.side)

    def _read(self, part: Rows, rows: NDArray[np.int64]) -> Floats:
        with np.errstate(over="ignore"):
            vectors: Floats = np.asarray(self._arrays[part.array][rows], dtype=np.float32)
        if not np.isfinite(vectors).all():
            bad = int(rows[~np.isfinite(vectors).all(axis=1)][0])
            raise LingweaveError(
                f"--vectors {self.path}: {part.array or 'row'} holds NaN or infinity in row {bad}"
                " (in fp32)"
            )
        return vectors


def drawn_rows(count: int, most: int, seed: int) -> NDArray[np.int64]:
    """Rows to learn from: all, or `most` drawn by the seed, rising."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))


def _contents(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, bytes]]:
    """The arrays of vectors by name, and the other files of an archive."""
    with path.open("rb") as file:
        packed = file.read(2) == b"PK"
    if path.suffix == ".npy":
        return {"": np.load(path, mmap_mode="r", allow_pickle=False)}, {}
    if not packed:
        raise ValueError("not a zip archive of arrays")
    with np.load(path, allow_pickle=False) as arrays:
        found = {name: arrays[name] for name in arrays.files if _side_of(name)}
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.removesuffix(".npy") not in found]
        return found, {name: archive.read(name) for name in names}


def _side_of(name: str) -> str | None:
    """The side that an array's name tells; None for what is no ``q_`` or ``c_`` and a language."""
    kind, _, stem = name.partition("_")
    return {"q": "queries", "c": "passages"}.get(kind) if is_language(stem) else None


def _by_line(path: Path, languages: Path | None, rows: int) -> list[Rows]:
    if languages is None:
        raise LingweaveError(
            f"--vectors {path}: give --vector_languages, a text file with the language of each row"
        )
    try:
        codes = languages.read_text(encoding="utf-8").split()
    except (OSError, ValueError) as error:
        raise LingweaveError(f"--vector_languages {languages}: cannot be read ({error})") from error
    if len(codes) != rows:
        raise LingweaveError(
            f"--vector_languages {languages}: {len(codes)} languages for the {rows} rows of {path}"
        )
    for line, code in enumerate(codes, 1):
        if code != "und" and not is_language(code):
            raise LingweaveError(
                f"--vector_languages {languages}, line {line}: unknown language {code!r}: give a"
                " BCP 47 code such as 'de', or 'und' where it is not known"
            )
    known = np.array([code if code == "und" else canonical(code) for code in codes])
    return [Rows("", "passages", str(x), np.flatnonzero(known == x)) for x in np.unique(known)]


def _header(shape: tuple[int, ...]) -> dict[str, Any]:
    return {"descr": "<f4", "fortran_order": False, "shape": shape}


def _write_npy(
    path: Path, shape: tuple[int, ...], blocks: Iterator[tuple[NDArray[np.int64], Floats]]
) -> None:
    mapped = np.lib.format.open_memmap(path, mode="w+", dtype="<f4", shape=shape)
    for rows, vectors in blocks:
        mapped[rows] = vectors
    mapped.flush()
