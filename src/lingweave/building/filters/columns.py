"""Texts of a block as code points in one array, so that filters count without a loop over texts."""

import unicodedata
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import regex
from numpy.typing import NDArray

from lingweave.building.blocks import Block
from lingweave.table import Side

CODE_POINTS = 0x110000
_FOLDED = 0x20000
"""Code points from here on have no simple lower case and no one-character NFKC form that matters:
they are ideographs, tags and private use."""


class Column(NamedTuple):
    """The texts of one side and language of a block, one after another."""

    codes: NDArray[np.int64]
    """(c,) code points, NFC; of the type that numpy looks things up by without a copy."""
    starts: NDArray[np.int64]
    """(n + 1,) where each text starts, and the end."""
    present: NDArray[np.bool_]
    """(n,) False at holes, whose texts have no characters."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(n,) characters of each text."""
        return np.diff(self.starts)

    def counts(self, members: NDArray[np.bool_]) -> NDArray[np.int64]:
        """(n,) characters of each text that belong to a set, as `members` gives it."""
        found = np.zeros(len(self.present), np.int64)
        filled = self.lengths > 0
        if filled.any():
            inside = np.take(members, self.codes).view(np.uint8)
            found[filled] = np.add.reduceat(inside, self.starts[:-1][filled], dtype=np.int64)
        return found

    def owners(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """(p,) the texts that characters at these positions belong to."""
        return np.searchsorted(self.starts, positions, "right") - 1

    def text(self, place: int, most: int | None = None) -> str:
        """One text, or its first characters."""
        codes = self.codes[self.starts[place] : self.starts[place + 1]][:most]
        text: str = codes.astype(np.uint32).tobytes().decode("utf-32-le")
        return text


def column(block: Block, side: Side, language: str) -> Column:
    """The texts of one side and language of a block."""
    return column_of(block.table.column(side, language)[block.rows])


def column_of(texts: pa.Array) -> Column:
    """(n,) texts, with nulls at holes, as code points."""
    present = texts.is_valid().to_numpy(zero_copy_only=False)
    texts = texts.cast(pa.large_string())
    joined = _joined(texts)
    if not unicodedata.is_normalized("NFC", joined):
        texts = pc.utf8_normalize(texts, form="NFC")
        joined = _joined(texts)
    lengths = pc.fill_null(pc.utf8_length(texts), 0).to_numpy(zero_copy_only=False)
    starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    codes = np.frombuffer(joined.encode("utf-32-le"), np.uint32).astype(np.int64)
    return Column(codes, starts, present)


def _joined(texts: pa.Array) -> str:
    data = texts.buffers()[2]
    if data is None or not len(texts):
        return ""
    # A slice keeps the buffers of the whole column; a hole takes up no bytes of it.
    offsets = np.frombuffer(texts.buffers()[1], np.int64)[
        texts.offset : texts.offset + len(texts) + 1
    ]
    start, stop = int(offsets[0]), int(offsets[-1])
    text: str = data.slice(start, stop - start).to_pybytes().decode("utf-8")
    return text


@lru_cache(maxsize=64)
def members(pattern: str) -> NDArray[np.bool_]:
    """(CODE_POINTS,) the characters that a pattern of `regex` matches, such as ``\\p{L}``."""
    found = np.zeros(CODE_POINTS, bool)
    for match in regex.finditer(f"(?:{pattern})+", _everything(), flags=regex.V1):
        start, stop = match.span()
        found[start:stop] = True
    # The surrogates, which no text has, are blanks in that string.
    found[0xD800:0xE000] = False
    return found


@lru_cache(maxsize=1)
def _everything() -> str:
    gap = " " * (0xE000 - 0xD800)
    return "".join([*map(chr, range(0xD800)), gap, *map(chr, range(0xE000, CODE_POINTS))])


@lru_cache(maxsize=1)
def folded() -> NDArray[np.uint32]:
    """(CODE_POINTS,) each character in lower case and in NFKC, where that is one character."""
    table = np.arange(CODE_POINTS, dtype=np.uint32)
    for code in (*range(0xD800), *range(0xE000, _FOLDED)):
        plain = unicodedata.normalize("NFKC", chr(code)).lower()
        if len(plain) == 1:
            table[code] = ord(plain)
    return table
