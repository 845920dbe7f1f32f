"""Whether passages and their vectors can be kept as they are."""

import math
from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from lingweave.errors import LingweaveError
from lingweave.index.embedded.filters import fits_utf8
from lingweave.index.passages import Passage
from lingweave.index.store import Floats


def checked(passages: Sequence[Passage], vectors: Floats, dimension: int) -> Floats:
    """The vectors as float32.

    Raises:
        LingweaveError: there are not as many vectors as passages, they are of another dimension or
            not finite, or a passage has no id, no text, an id twice or what no file can hold.
    """
    given = np.ascontiguousarray(vectors, np.float32)
    if given.shape != (len(passages), dimension):
        raise LingweaveError(
            f"{len(passages)} passages with vectors of shape {given.shape} do not fit an index of"
            f" {dimension} numbers each; use the encoder that it was made with"
        )
    finite = cast("NDArray[np.bool_]", np.isfinite(given).all(axis=1))
    seen: set[str] = set()
    for one, good in zip(passages, finite, strict=True):
        _check(one)
        if one.id in seen:
            raise LingweaveError(f"passage {one.id!r} is given twice: ids must be unique")
        if not good:
            raise LingweaveError(
                f"passage {one.id!r}: its vector holds NaN or infinity; check the model, or encode"
                " in fp32"
            )
        seen.add(one.id)
    return given


def _check(one: Passage) -> None:
    for what in ("id", "document", "text", "language"):
        value = getattr(one, what)
        if not isinstance(value, str) or not value:
            raise LingweaveError(f"passage {one.id!r}: its {what} is {value!r}; give some text")
    for value in (one.id, one.document, one.text, one.language, one.parallel):
        _check_text(one, value)
    for field, value in one.metadata.items():
        _check_text(one, field)
        _check_text(one, value)
        if not isinstance(value, str | int | float):
            raise LingweaveError(
                f"passage {one.id!r}: {field} is {type(value).__name__}; give text, a number, true"
                " or false"
            )
        if isinstance(value, float) and not math.isfinite(value):
            raise LingweaveError(f"passage {one.id!r}: {field} is {value}; give a finite number")


def _check_text(one: Passage, value: object) -> None:
    if not fits_utf8(value):
        raise LingweaveError(
            f"passage {one.id!r}: holds half a character (a lone surrogate); leave it out"
        )
