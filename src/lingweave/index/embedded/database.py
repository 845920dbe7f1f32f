"""The SQLite database of an embedded store: passages, words, metadata and the list of shards."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from lingweave.errors import LingweaveError

FILE = "store.db"
SHARDS = "shards"
"""The folder of the files with vectors."""
FORMAT_VERSION = 1
_BUSY = 60.0
_DISK = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
}
"""SQLite's codes for what a disk refuses."""

_SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE passages (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, document TEXT NOT NULL,
    language TEXT NOT NULL, parallel TEXT, text TEXT NOT NULL, metadata TEXT NOT NULL);
CREATE INDEX passages_document ON passages (document);
CREATE INDEX passages_parallel ON passages (parallel) WHERE parallel IS NOT NULL;
CREATE TABLE fields (field TEXT, value, row INTEGER, PRIMARY KEY (field, value, row)) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5 (text, tokenize = "ascii tokenchars '_'");
CREATE TABLE shards (number INTEGER PRIMARY KEY AUTOINCREMENT, manifest TEXT NOT NULL);
CREATE TABLE dead (number INTEGER PRIMARY KEY AUTOINCREMENT, row INTEGER NOT NULL);
CREATE INDEX dead_row ON dead (row);
"""
# A row's number is never used again, so that no reader mistakes a new passage for an old one. Words
# are cut before they get here: all that the tokenizer does is to split at spaces.


class Database:
    """Connections to the database of a folder, one to each thread that is at work.

    Args:
        folder: Where the store lies.
        dimension: Numbers of each vector; makes a database where there is none.

    Raises:
        LingweaveError: there is no store, or one of another dimension or format.
    """

    def __init__(self, folder: Path, dimension: int | None) -> None:
        self._path = folder / FILE
        self._free: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._closed = False
        if dimension is None and not self._path.is_file():
            raise LingweaveError(_none(folder))
        with self.connection() as connection:
            self.dimension = self._opened(connection, dimension)

    def _opened(self, connection: sqlite3.Connection, dimension: int | None) -> int:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if not tables:
                if dimension is None:
                    raise LingweaveError(_none(self._path.parent))
                _make(connection, dimension)
            about = dict(connection.execute("SELECT name, value FROM about"))
        except sqlite3.DatabaseError as error:
            raise LingweaveError(f"{self._path}: not an index of lingweave ({error})") from None
        if about["format"] != FORMAT_VERSION:
            raise LingweaveError(
                f"{self._path}: format version {about['format']}, this lingweave reads"
                f" {FORMAT_VERSION}; create the index again"
            )
        if dimension not in (None, about["dimension"]):
            raise LingweaveError(
                f"{self._path}: holds vectors of {about['dimension']} numbers, and {dimension} were"
                " given; use the encoder that it was made with"
            )
        found: int = about["dimension"]
        return found

    @contextmanager
    def connection(self, *, changes: bool = False) -> Iterator[sqlite3.Connection]:
        """A connection that no other thread has meanwhile.

        Args:
            changes: whether the caller writes, and names the disk that is full.

        Raises:
            LingweaveError: the database is damaged, or held by something else for a minute.
            OSError: with `changes`: the disk is full, or the folder cannot be written to.
        """
        with self._lock:
            if self._closed:
                raise LingweaveError(f"{self._path.parent}: the index is closed")
            connection = self._free.pop() if self._free else None
        if connection is None:
            connection = self._connected()
        sound = False
        try:
            yield connection
            sound = True
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if changes and code in _DISK:
                raise OSError(str(error)) from error
            damaged = code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
            what = "damaged; restore it, or create the index again" if damaged else "SQLite fails"
            raise LingweaveError(f"{self._path}: {what} ({error})") from error
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            sound = True
            raise
        finally:
            with self._lock:
                if self._closed or not sound:  # Closing takes back what was begun.
                    connection.close()
                else:
                    self._free.append(connection)

    def _connected(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(
                self._path, timeout=_BUSY, isolation_level=None, check_same_thread=False
            )
            connection.execute("PRAGMA synchronous = FULL")
        except sqlite3.Error as error:
            raise LingweaveError(
                f"{self._path}: cannot be opened, or not an index of lingweave ({error})"
            ) from None
        return connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: at its end all of it is on the disk, and the state has a new number.

        Raises:
            LingweaveError: the database is damaged, or held by something else for a minute.
            OSError: the disk is full, or the folder cannot be written to.
        """
        with self.connection(changes=True) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("UPDATE about SET value = value + 1 WHERE name = 'generation'")
            connection.execute("COMMIT")

    def close(self) -> None:
        """Lets all connections go; those at work when they have ended."""
        with self._lock:
            self._closed = True
            while self._free:
                self._free.pop().close()


def is_made(folder: Path) -> bool:
    """Whether a folder has a database with anything in it; a killed maker may leave an empty one.

    Raises:
        LingweaveError: a file of that name is something else.
    """
    path = folder / FILE
    if not path.is_file():
        return False
    try:
        with closing(sqlite3.connect(path, timeout=_BUSY)) as connection:
            return bool(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    except sqlite3.Error as error:
        raise LingweaveError(f"{path}: not an index of lingweave ({error})") from None


def _none(folder: Path) -> str:
    return f"{folder}: holds no index; make one with `lingweave index create`"


def _make(connection: sqlite3.Connection, dimension: int) -> None:
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        connection.execute("ROLLBACK")  # Another process was faster.
        return
    for statement in _SCHEMA.split(";\n"):
        if statement.strip():
            connection.execute(statement)
    connection.executemany(
        "INSERT INTO about VALUES (?, ?)",
        [("format", FORMAT_VERSION), ("dimension", dimension), ("generation", 1), ("next", 1)],
    )
    connection.execute("COMMIT")
