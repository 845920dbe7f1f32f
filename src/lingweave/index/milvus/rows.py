"""A passage as a row of a collection, and back.

A row carries the numbers of the two writes between which it is there, ``born`` and ``died``: a
reader who has seen that write n is complete finds the rows with born <= n < died. So a write shows
in one step, whatever is killed half-way. Ids are looked up by their hashes, which need no quotes.
"""

import base64
import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from lingweave.encoders.words import words
from lingweave.errors import LingweaveError
from lingweave.index.milvus.expressions import INTEGERS, LETTERS, key_of
from lingweave.index.passages import Passage, Value

Row = dict[str, Any]
NEVER = 2**62
"""The write in which what is there for good dies; what no search may see is born in it."""
LONGEST = 65_535
"""Bytes that Milvus keeps of a text."""
SHOWN = ["id", "document", "text", "language", "parallel", "parallel_key", "metadata"]
"""Columns that make a passage."""
_TOKEN = 8
"""Bytes of a word's hash: of a billion distinct words, two share one with 3% probability."""


def key(text: str) -> str:
    """What a text is looked up by: 32 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def row_of(passage: Passage, vector: NDArray[np.float32], born: int) -> Row:
    """The row of a passage that is there from the write ``born`` on.

    Raises:
        LingweaveError: Milvus cannot hold it.
    """
    for name in ("id", "document", "text", "parallel"):
        _check_text(passage, name, getattr(passage, name) or "")
    return {
        "pk": f"{key(passage.id)}-{born}",
        "key": key(passage.id),
        "id": passage.id,
        "document": passage.document,
        "document_key": key(passage.document),
        "language": passage.language,
        "text": passage.text,
        "words": tokens(passage.text),
        "parallel": passage.parallel or "",
        "parallel_key": "" if passage.parallel is None else key(passage.parallel),
        "metadata": _kept(passage),
        "born": born,
        "died": NEVER,
        "vector": vector,
    }


def passage_of(row: Mapping[str, Any]) -> Passage:
    """The passage of a row."""
    metadata = cast(Mapping[str, Value], row["metadata"])
    return Passage(
        row["id"],
        row["document"],
        row["text"],
        row["language"],
        row["parallel"] if row["parallel_key"] else None,
        {name[2:]: value for name, value in metadata.items()},
    )


def hidden_row(pk: str, kind: str, record: dict[str, Any], dimension: int) -> Row:
    """A row that no search finds, for what the index knows of itself."""
    return {
        "pk": pk,
        "key": "",
        "id": "",
        "document": "",
        "document_key": kind,
        "language": "",
        "text": "",
        "words": "0",
        "parallel": "",
        "parallel_key": "",
        "metadata": record,
        "born": NEVER,
        "died": NEVER,
        "vector": np.eye(1, dimension, dtype=np.float32)[0],
    }


def tokens(text: str) -> str:
    """The words of a text by `encoders.words`, each as a hash in letters that no analyzer splits,
    so that Thai, Chinese and Hindi are searched by the words that are meant."""
    found: list[str] = []
    length = 0
    for word in words(text):
        digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=_TOKEN)
        token = base64.b32encode(digest.digest()).decode().rstrip("=").lower()
        length += len(token) + 1
        if length > LONGEST:
            break
        found.append(token)
    return " ".join(found)


def in_parts(rows: Sequence[Row], dimension: int, most: int = 8 << 20) -> Iterable[Sequence[Row]]:
    """The rows some at a time, so that a message stays small."""
    start, size = 0, 0
    for place, row in enumerate(rows):
        weight = 4 * dimension + 4 * (len(row["text"]) + len(row["words"])) + 1000
        if place > start and (size + weight > most or place - start >= 1000):
            yield rows[start:place]
            start, size = place, 0
        size += weight
    if start < len(rows):
        yield rows[start:]


def _kept(passage: Passage) -> dict[str, Value]:
    for name, value in passage.metadata.items():
        what = f"passage {passage.id}: field {name}"
        if isinstance(value, float) and not math.isfinite(value):
            raise LingweaveError(f"{what} is {value}; Milvus keeps finite numbers only")
        if isinstance(value, int) and not -INTEGERS < value < INTEGERS:
            raise LingweaveError(f"{what} is {value}; Milvus keeps whole numbers below 2^63")
        _check_text(passage, f"field {name}", f"{name}{value}")
    return {key_of(name, value): value for name, value in passage.metadata.items()}


def _check_text(passage: Passage, name: str, text: str) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise LingweaveError(f"passage {passage.id!r}: {name} is not valid Unicode") from None
    if size > LONGEST:
        raise LingweaveError(
            f"passage {passage.id}: {name} has {size:,} bytes, and Milvus keeps {LONGEST:,}; cut"
            " documents into chunks"
        )


assert all(len(letter) == 1 for letter in LETTERS.values())
