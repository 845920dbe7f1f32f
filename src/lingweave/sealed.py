"""Arrow files that prove themselves: one record batch, followed by the SHA-256 of all bytes of it.

A record of plain JSON values stands inside and says what the file is. So a file that is cut,
damaged or swapped with another is not taken for what is asked for, and nothing of it is read before
its checksum is right.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from lingweave.atomic import whole_file

_DIGEST = hashlib.sha256().digest_size


def write_sealed(path: Path, batch: pa.RecordBatch, kind: bytes, record: dict[str, Any]) -> None:
    """Writes a file whole or not at all; others may write the same one at the same time.

    Args:
        path: the file.
        batch: its content.
        kind: the name under which the record is kept.
        record: what the file is, of plain JSON values.

    Raises:
        OSError: the disk is full, or the folder cannot be written to.
    """
    batch = batch.replace_schema_metadata({kind: json.dumps(record).encode()})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    content = sink.getvalue()
    with whole_file(path) as part, part.open("wb") as file:
        file.write(content)
        file.write(hashlib.sha256(content).digest())


def read_sealed(path: Path, kind: bytes, record: dict[str, Any]) -> pa.RecordBatch | None:
    """The content of a file, mapped; None if there is no such file, it is not sound, or its record
    is another one."""
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
        if json.loads((reader.schema.metadata or {}).get(kind, b"null")) != record:
            return None
        return reader.read_next_batch()
