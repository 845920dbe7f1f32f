"""One file of the token store: the token ids of some consecutive texts, which proves itself.

A file is an Arrow stream of one record batch (``ids``: a list a text, ``text``: its hash, -1 where
the table has a hole), followed by the SHA-256 of all bytes before it. Its name is a hash of the
tokenizer, the prompt, the length and the texts, and stands inside it too. So a file that is cut,
damaged, swapped with another or made from other texts is not taken for what is asked for, and
nothing of it is read before its checksum is right.
"""

import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lingweave.atomic import whole_file
from lingweave.training.tokens.sequences import Ints

FORMAT_VERSION = 1
_METADATA = b"lingweave tokens"
_DIGEST = hashlib.sha256().digest_size


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
    arrays = [pa.LargeListArray.from_arrays(shard.offsets, pa.array(shard.ids)), shard.texts]
    batch = pa.record_batch([arrays[0], pa.array(arrays[1])], names=["ids", "text"])
    record = {"format_version": FORMAT_VERSION, "name": path.stem}
    schema = batch.schema.with_metadata({_METADATA: json.dumps(record).encode()})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_batch(batch.replace_schema_metadata(schema.metadata))
    content = sink.getvalue()
    with whole_file(path) as part, part.open("wb") as file:
        file.write(content)
        file.write(hashlib.sha256(content).digest())


def read_shard(path: Path, count: int) -> Shard | None:
    """The ``count`` cells of a file, mapped; None if there is no such file or it is not sound."""
    try:
        with pa.memory_map(str(path)) as source:
            content = source.read_buffer()
    except (OSError, pa.ArrowInvalid):  # Missing, not readable, or empty.
        return None
    end = content.size - _DIGEST
    if end <= 0:
        return None
    body = content.slice(0, end)
    if hashlib.sha256(body).digest() != content.slice(end).to_pybytes():
        return None
    with pa.ipc.open_stream(body) as reader:
        record: dict[str, Any] = json.loads((reader.schema.metadata or {}).get(_METADATA, b"{}"))
        if record != {"format_version": FORMAT_VERSION, "name": path.stem}:
            return None
        batch = reader.read_next_batch()
    lists = batch.column("ids")
    shard = Shard(
        lists.offsets.to_numpy(), lists.values.to_numpy(), batch.column("text").to_numpy()
    )
    return shard if len(shard.texts) == count else None
