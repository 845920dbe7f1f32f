"""The memory of a translator: what was translated once is not translated again.

One SQLite file for each identity of a translator. A batch is stored in one transaction, so a kill
at any moment loses at most the batches in flight; any number of processes may share the file, and
of two that translated the same sentence the first is right. Memory does not grow with the file.
"""

import hashlib
import logging
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lingweave.atomic import write_json
from lingweave.building.workers import identity_hash
from lingweave.errors import LingweaveError

log = logging.getLogger("lingweave")

FORMAT_VERSION = 1
_PATIENCE = 120.0
"""Seconds to wait while another process writes."""
_AT_ONCE = 500
"""Keys of one question to the file."""
_PAGES = -32 * 1024
"""KiB of the file that are kept in memory, as SQLite counts them."""


class TranslationMemory:
    """Translations by translator, languages and sentence.

    Args:
        folder: where the files are, ``<hash>.sqlite``, each beside a ``<hash>.json`` that says
            which translator it is of.
        identity: the translator's.

    Raises:
        LingweaveError: the file cannot be made or opened, or is damaged.
    """

    def __init__(self, folder: Path, identity: Mapping[str, Any]) -> None:
        name = identity_hash(dict(identity))
        self.path = folder / f"{name}.sqlite"
        with self._named():
            folder.mkdir(parents=True, exist_ok=True)
            self._file = sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None)
            # Readers and a writer do not wait for each other; a cut of the power may lose the last
            # batches and no more.
            self._file.execute("PRAGMA journal_mode=WAL")
            self._file.execute("PRAGMA synchronous=NORMAL")
            self._file.execute(f"PRAGMA cache_size={_PAGES}")
            self._file.execute(
                "CREATE TABLE IF NOT EXISTS translations"
                " (key BLOB PRIMARY KEY, text TEXT NOT NULL, seal BLOB NOT NULL)"
            )
            about = self.path.with_suffix(".json")
            if not about.exists():
                write_json(about, {"format_version": FORMAT_VERSION, "translator": dict(identity)})

    def find(self, texts: Sequence[str], source: str, target: str) -> dict[str, str]:
        """The translations that are known of some sentences; ``""`` where there is none.

        One that is damaged is told, dropped, and not known from then on.
        """
        keys = {_key(text, source, target): text for text in texts}
        order = sorted(keys)
        found = {}
        with self._named():
            for start in range(0, len(order), _AT_ONCE):
                some = order[start : start + _AT_ONCE]
                marks = ",".join("?" * len(some))
                rows = self._file.execute(
                    f"SELECT key, text, seal FROM translations WHERE key IN ({marks})", some
                )
                for key, text, seal in rows.fetchall():
                    if seal == _seal(key, text):
                        found[keys[key]] = text
                    else:
                        log.warning("%s: a translation is damaged and made again", self.path)
                        self._file.execute("DELETE FROM translations WHERE key = ?", [key])
        return found

    def add(self, translations: Mapping[str, str], source: str, target: str) -> None:
        """Stores translations, all or none; those that are there already stay as they are.

        Raises:
            LingweaveError: the disk is full, or another process holds the file.
        """
        keyed = [(_key(text, source, target), made) for text, made in translations.items()]
        rows = [(key, made, _seal(key, made)) for key, made in keyed]
        with self._named():
            self._file.execute("BEGIN IMMEDIATE")
            try:
                self._file.executemany("INSERT OR IGNORE INTO translations VALUES (?, ?, ?)", rows)
                self._file.execute("COMMIT")
            except BaseException:
                if self._file.in_transaction:
                    self._file.execute("ROLLBACK")
                raise

    def forget_failures(self) -> int:
        """Drops the sentences that had no translation; returns how many."""
        with self._named():
            return self._file.execute("DELETE FROM translations WHERE text = ''").rowcount

    def __len__(self) -> int:
        (count,) = self._file.execute("SELECT count(*) FROM translations").fetchone()
        return int(count)

    def close(self) -> None:
        """Closes the file; it is whole at any time."""
        self._file.close()

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Turns what SQLite and the system say into one clear line."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            reason = " ".join(str(error).split())
            raise LingweaveError(f"{self.path}: {reason}; {_advice(error)}") from error


def _advice(error: Exception) -> str:
    if isinstance(error, sqlite3.OperationalError | OSError):
        return (
            "what was translated before is intact: make room or choose other --translations on a"
            " disk of this machine, then run the same command to continue"
        )
    return "it is damaged: move it away, or mend it with `sqlite3 FILE .recover`, and run again"


def _key(text: str, source: str, target: str) -> bytes:
    # Codes hold no line breaks, so no two triples look alike.
    whole = f"{source}\n{target}\n{text}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(whole, digest_size=16).digest()


def _seal(key: bytes, text: str) -> bytes:
    """What tells a damaged row: SQLite has no checksums of its own."""
    return hashlib.blake2b(key + text.encode(), digest_size=8).digest()
