"""Everything that changes an embedded store."""

import logging
import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from lingweave.atomic import disk_errors_named
from lingweave.errors import LingweaveError
from lingweave.index.embedded.checks import checked
from lingweave.index.embedded.database import SHARDS, Database
from lingweave.index.embedded.filters import field_rows, fits_utf8, read_metadata, stored_metadata
from lingweave.index.embedded.lock import WriteLock
from lingweave.index.embedded.merging import gathered, groups_to_merge, groups_to_optimise
from lingweave.index.embedded.settings import Settings
from lingweave.index.embedded.shard import Manifest, Member, Take, write_shard
from lingweave.index.embedded.state import Held, StateReader
from lingweave.index.embedded.words import put_words
from lingweave.index.passages import Passage
from lingweave.index.store import Floats

log = logging.getLogger("lingweave")

_AT_ONCE = 500


class Writer:
    """The writing half of an `EmbeddedStore`.

    Args:
        folder: The store's.
        database: Its database.
        states: What its readers see.
        settings: When shards get an index and when they are merged.
    """

    def __init__(
        self, folder: Path, database: Database, states: StateReader, settings: Settings
    ) -> None:
        self._folder, self._shards = folder, folder / SHARDS
        self._database, self._states, self._settings = database, states, settings
        self._lock = WriteLock(folder / "lock", settings.patience)
        self._swept = False

    def upsert(self, passages: Sequence[Passage], vectors: Floats) -> None:
        """See `VectorStore.upsert`."""
        given = checked(passages, vectors, self._database.dimension)
        if not passages:
            return
        with self._changing():
            first = self._next_row()
            rows = range(first, first + len(passages))
            members = [
                Member(row, one.id, one.language) for row, one in zip(rows, passages, strict=True)
            ]
            manifest = self._written(members, lambda places: given[places])
            with self._database.writing() as connection:
                documents = list(dict.fromkeys(one.document for one in passages))
                _remove(connection, documents)
                _put(connection, rows, passages)
                _list(connection, manifest)
                connection.execute("UPDATE about SET value = ? WHERE name = 'next'", [rows.stop])
            self._swept = self._merge_small()

    def delete(self, documents: Sequence[str]) -> int:
        """See `VectorStore.delete`."""
        asked = [one for one in dict.fromkeys(documents) if fits_utf8(one)]
        with self._changing():
            with self._database.writing() as connection:
                count = _remove(connection, asked)
            self._swept = self._merge_small()
        return count

    def optimise(self) -> None:
        """See `VectorStore.optimise`."""
        with self._changing():
            with self._states.reading() as (_, state):
                held = state.held
            for group in groups_to_optimise(held, self._settings):
                self._merge(group)
            with self._database.connection(changes=True) as connection:
                connection.execute("INSERT INTO words (words) VALUES ('optimize')")
                connection.execute("PRAGMA wal_checkpoint (TRUNCATE)")
            self._swept = True

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Nobody else writes meanwhile; what an error or a kill leaves is removed next time."""
        with disk_errors_named(f"the index {self._folder}"), self._lock.held():
            if not self._swept:
                self._sweep()
            # Files are never removed because of an error: Ctrl-C may come just behind the commit.
            self._swept = False
            yield

    def _merge_small(self) -> bool:
        """Merges after a write, which is acknowledged whatever comes of it; whether it could."""
        try:
            self._merged_small()
        except (OSError, LingweaveError) as error:
            log.warning(f"the index {self._folder}: small shards stay for now ({error})")
            return False
        return True

    def _merged_small(self) -> None:
        while True:
            with self._states.reading() as (_, state):
                held = state.held
            groups = groups_to_merge(held, self._settings)
            if not groups:
                return
            for group in groups:
                self._merge(group)

    def _merge(self, group: Sequence[Held]) -> None:
        """Puts one shard in place of several, without their dead; none for all dead."""
        members, take = gathered(group)
        manifest = self._written(members, take) if members else None
        with self._database.writing() as connection:
            for one in group:
                connection.execute("DELETE FROM shards WHERE number = ?", [one.shard.number])
                gone = one.shard.rows[~one.alive].tolist()
                connection.executemany("DELETE FROM dead WHERE row = ?", ((row,) for row in gone))
            if manifest is not None:
                _list(connection, manifest)
        for one in group:  # Whoever reads them has them open.
            for file in one.shard.manifest.files():
                (self._shards / file).unlink(missing_ok=True)

    def _written(self, members: Sequence[Member], take: Take) -> Manifest:
        name = uuid.uuid4().hex[:16]
        dimension = self._database.dimension
        return write_shard(self._shards, name, members, take, self._settings, dimension)

    def _next_row(self) -> int:
        with self._database.connection() as connection:
            row = connection.execute("SELECT value FROM about WHERE name = 'next'").fetchone()
        return int(row[0])

    def _sweep(self) -> None:
        """Removes what killed writers left: files that no shard of the database has."""
        with self._database.connection() as connection:
            kept = {
                name
                for (manifest,) in connection.execute("SELECT manifest FROM shards")
                for name in Manifest.from_json(manifest).files()
            }
        for path in self._shards.iterdir():
            if path.name not in kept:
                path.unlink(missing_ok=True)


def _remove(connection: sqlite3.Connection, documents: Sequence[str]) -> int:
    """Takes documents out of everything but the files; how many of them were there."""
    there = 0
    for start in range(0, len(documents), _AT_ONCE):
        some = documents[start : start + _AT_ONCE]
        found = connection.execute(
            "SELECT row, document, metadata FROM passages WHERE document IN"
            f" ({', '.join('?' * len(some))})",
            some,
        ).fetchall()
        there += len({document for _, document, _ in found})
        rows = [(row,) for row, _, _ in found]
        fields = [x for row, _, kept in found for x in field_rows(row, read_metadata(kept))]
        connection.executemany("INSERT INTO dead (row) VALUES (?)", rows)
        connection.executemany("DELETE FROM words WHERE rowid = ?", rows)
        connection.executemany(
            "DELETE FROM fields WHERE field = ? AND value = ? AND row = ?", fields
        )
        connection.executemany("DELETE FROM passages WHERE row = ?", rows)
    return there


def _put(connection: sqlite3.Connection, rows: Sequence[int], passages: Sequence[Passage]) -> None:
    """Adds passages to everything but the files."""
    both = list(zip(rows, passages, strict=True))
    for row, one in both:
        try:
            connection.execute(
                "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    row, one.id, one.document, one.language, one.parallel, one.text,
                    stored_metadata(one.metadata),
                ),
            )  # fmt: skip
        except sqlite3.IntegrityError:
            (other,) = connection.execute(
                "SELECT document FROM passages WHERE id = ?", [one.id]
            ).fetchone()
            raise LingweaveError(
                f"passage {one.id!r} of document {one.document!r}: document {other!r} has a passage"
                " of that id; ids must be unique"
            ) from None
    put_words(connection, [(row, one.text) for row, one in both])
    connection.executemany(
        "INSERT INTO fields VALUES (?, ?, ?)",
        (x for row, one in both for x in field_rows(row, one.metadata)),
    )


def _list(connection: sqlite3.Connection, manifest: Manifest) -> None:
    """Makes a shard visible."""
    connection.execute("INSERT INTO shards (manifest) VALUES (?)", [manifest.to_json()])
