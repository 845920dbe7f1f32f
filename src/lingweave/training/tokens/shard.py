"""One file of the token store: the token ids of some consecutive texts, in a sealed file.

Its columns are ``ids`` (a list a text) and ``text`` (its hash, -1 where the table has a hole). Its
name is a hash of the tokenizer, the prompt, the length and the texts, and stands inside it too, so
that a file made from other texts is not taken for what is asked for.
"""

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lingweave.sealed import read_sealed, write_sealed
from lingweave.training.tokens.sequences import Ints

FORMAT_VERSION = 1
_KIND = b"lingweave tokens"


class Shard(NamedTuple):
    """Token ids of n consecutive cells of one column, mapped from a file or in memory."""

    offsets: Ints
    """(n + 1,) cell i has the ids from ``offsets[i]`` to ``offsets[i + 1]``; none: a hole."""
    ids: NDArray[np.int32]
    """Token ids, one cell after another."""
    texts: Ints
    """(n,) 63-bit hash of each text, -1 at holes."""


def shard_name(key: bytes, texts: pa.LargeStringArray) -> str:
    """What the file of these texts is called under this key (tokenizer, prompt, length)."""
    digest = hashlib.sha256(key)
    digest.update(len(texts).to_bytes(8, "little"))
    digest.update(np.packbits(texts.is_valid().to_numpy(False)).tobytes())
    if texts.null_count:
        texts = texts.fill_null("")  # What lies under a null is not part of the table.
    _, places, letters = texts.buffers()
    offsets = np.frombuffer(places, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    digest.update(np.diff(offsets).tobytes())
    if letters is not None:
        digest.update(memoryview(letters)[offsets[0] : offsets[-1]])
    return digest.hexdigest()[:32]


def write_shard(path: Path, shard: Shard) -> None:
    """Writes a file whole or not at all; others may write the same one at the same time.

    Raises:
        OSError: the disk is full, or the folder cannot be written to.
    """
    lists = pa.LargeListArray.from_arrays(shard.offsets, pa.array(shard.ids))
    batch = pa.record_batch([lists, pa.array(shard.texts)], names=["ids", "text"])
    write_sealed(path, batch, _KIND, _record(path))


def read_shard(path: Path, count: int) -> Shard | None:
    """The ``count`` cells of a file, mapped; None if there is no such file or it is not sound."""
    batch = read_sealed(path, _KIND, _record(path))
    if batch is None:
        return None
    lists = batch.column("ids")
    shard = Shard(
        lists.offsets.to_numpy(), lists.values.to_numpy(), batch.column("text").to_numpy()
    )
    return shard if len(shard.texts) == count else None


def _record(path: Path) -> dict[str, Any]:
    return {"format_version": FORMAT_VERSION, "name": path.stem}
