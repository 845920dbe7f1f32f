"""Texts without case, punctuation and blanks, as numbers in one array.

Two texts have one normal form if they differ in Unicode composition or width (NFKC), in case
(Unicode case folding), or in anything that is no letter, mark or number.
"""

import sys
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_BETWEEN = "\x00"
_TATWEEL = 0x0640
"""Arabic's stretching stroke: a letter by its category, and only there for looks."""


class Letters(NamedTuple):
    """The normal forms of some texts, one after another."""

    codes: NDArray[np.uint32]
    """(letters,) code points."""
    starts: NDArray[np.int64]
    """(n + 1,) where each text begins, and the end of the last."""

    def strings(self) -> list[str]:
        """The normal forms as strings."""
        whole = self.codes.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
        ends = self.starts.tolist()
        return [whole[start:end] for start, end in pairwise(ends)]


def letters_of(texts: Sequence[str]) -> Letters:
    """The normal forms of texts."""
    if not texts:
        return Letters(np.empty(0, np.uint32), np.zeros(1, np.int64))
    joined = folded(_BETWEEN.join(text.replace(_BETWEEN, " ") for text in texts))
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), "<u4")
    kept = _kept()[codes]
    # Letters before each boundary: where the next text begins.
    before = np.concatenate([[0], np.cumsum(kept, dtype=np.int64)])
    starts = before[np.concatenate([[0], np.flatnonzero(codes == 0), [len(codes)]])]
    return Letters(codes[kept], starts)


def folded(text: str) -> str:
    """NFKC, case-folded, NFKC again: folding can take composed letters apart."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


@lru_cache(maxsize=1)
def _kept() -> NDArray[np.bool_]:
    """(code points,) whether each is a letter, a mark or a number."""
    kinds = [unicodedata.category(chr(code))[0] in "LMN" for code in range(sys.maxunicode + 1)]
    table = np.array(kinds, np.bool_)
    table[_TATWEEL] = False
    return table
