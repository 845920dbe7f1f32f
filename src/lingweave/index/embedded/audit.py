"""Whether everything in an embedded store is there and sound."""

import hashlib
import sqlite3
from pathlib import Path

import numpy as np

from lingweave.errors import LingweaveError
from lingweave.index.embedded.database import FILE, SHARDS
from lingweave.index.embedded.filters import field_rows, read_metadata
from lingweave.index.embedded.state import State
from lingweave.index.embedded.words import worded

_AGAIN = "restore it, or create the index again"


def checked_store(folder: Path, connection: sqlite3.Connection, state: State) -> int:
    """Compares checksums, and what the database and the shards say of each other.

    Args:
        folder: the store's.
        connection: inside the transaction of the state.
        state: all shards.

    Returns:
        How many passages there are.

    Raises:
        LingweaveError: naming what is missing, damaged or does not fit.
    """
    database = folder / FILE
    (word,) = connection.execute("PRAGMA integrity_check (1)").fetchone()
    if word != "ok":
        raise LingweaveError(f"{database}: damaged ({word}); {_AGAIN}")
    there: dict[int, tuple[str, str]] = {}
    for held in state.held:
        shard, manifest = held.shard, held.shard.manifest
        path = folder / SHARDS / f"{manifest.name}.vectors"
        if hashlib.sha256(np.ascontiguousarray(shard.vectors).data).hexdigest() != manifest.sha256:
            raise LingweaveError(f"{path}: damaged; {_AGAIN}")
        for one in manifest.ranges:
            if one.sha256 is not None:
                shard.clusters(one)  # Which compares.
        for language, (start, end) in manifest.slices.items():
            places = np.flatnonzero(held.alive[start:end]) + start
            ids = shard.ids.take(places).to_pylist()
            for row, id in zip(shard.rows[places].tolist(), ids, strict=True):
                if row in there:
                    raise LingweaveError(f"{path}: passage {id!r} stands in two shards; {_AGAIN}")
                there[row] = (id, language)
    fields = words = 0
    sql = "SELECT row, id, language, metadata FROM passages"
    for row, id, language, metadata in connection.execute(sql):
        if there.pop(row, None) != (id, language):
            raise LingweaveError(f"{database}: passage {id!r} has no vector; {_AGAIN}")
        fields += len(list(field_rows(row, read_metadata(metadata))))
        words += 1
    if there:
        id, _ = next(iter(there.values()))
        raise LingweaveError(f"{database}: {id!r} has a vector and no passage; {_AGAIN}")
    for table, count in (("fields", fields), ("words", words)):
        (found,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        if found != count:
            raise LingweaveError(f"{database}: {table} {found} for {count}; {_AGAIN}")
    sql = "SELECT passages.text, words.text FROM passages LEFT JOIN words ON words.rowid = row"
    for text, kept in connection.execute(sql):
        if worded(text) != kept:
            raise LingweaveError(f"{database}: the words of {text[:40]!r} do not fit; {_AGAIN}")
    return words
