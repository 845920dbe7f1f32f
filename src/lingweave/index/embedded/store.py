"""The embedded store: SQLite for passages and the manifest, immutable files for vectors."""

import sqlite3
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lingweave.atomic import disk_errors_named
from lingweave.errors import LingweaveError
from lingweave.index.embedded.audit import checked_store
from lingweave.index.embedded.best import Best, found_by_language, lengths_of
from lingweave.index.embedded.database import SHARDS, Database
from lingweave.index.embedded.filters import fits_utf8, read_metadata
from lingweave.index.embedded.places import counted_places
from lingweave.index.embedded.scan import look, look_in
from lingweave.index.embedded.settings import Settings
from lingweave.index.embedded.shard import Range
from lingweave.index.embedded.state import StateReader
from lingweave.index.embedded.words import words_found
from lingweave.index.embedded.writer import Writer
from lingweave.index.passages import EVERYTHING, Filter, Passage
from lingweave.index.store import Floats, Found, Place

_AT_ONCE = 500
"""Values in one SQL query."""


class EmbeddedStore:
    """A `VectorStore` in a folder, for any number of threads and processes of one machine.

    Passages, their metadata, their words and the list of shards lie in one SQLite database, vectors
    in files that never change. A write first puts its vectors into files of new names and then, in
    one transaction, everything else: that is when it is acknowledged, and seen.

    Args:
        folder: Where it lies or is to lie, on a disk of this machine.
        dimension: Numbers of each vector; makes a store where there is none. None: there is one.
        settings: When it scans, goes by an index, and merges.

    Raises:
        LingweaveError: there is no store, or one of another dimension or format.
    """

    def __init__(
        self, folder: str | Path, dimension: int | None = None, settings: Settings | None = None
    ) -> None:
        folder = Path(folder)
        self._settings = settings or Settings()
        self._folder = folder
        if dimension is not None:
            if dimension < 1:
                raise LingweaveError(f"{folder}: vectors of {dimension} numbers; give 1 or more")
            with disk_errors_named(f"the index {folder}"):
                (folder / SHARDS).mkdir(parents=True, exist_ok=True)
        self._database = Database(folder, dimension)
        self._states = StateReader(self._database, folder / SHARDS)
        self._writer = Writer(folder, self._database, self._states, self._settings)

    @property
    def dimension(self) -> int:
        """Numbers of each vector."""
        return self._database.dimension

    def upsert(self, passages: Sequence[Passage], vectors: Floats) -> None:
        """Adds documents; those that are there already are replaced with all their passages.

        Args:
            passages: of whole documents.
            vectors: (passages, dimension) float32.

        Raises:
            LingweaveError: a passage cannot be kept as it is, or another writer holds the index.
        """
        self._writer.upsert(passages, vectors)

    def delete(self, documents: Sequence[str]) -> int:
        """Removes documents; how many of them were there."""
        return self._writer.delete(documents)

    def search(self, vectors: Floats, depth: int, where: Filter = EVERYTHING) -> list[list[Found]]:
        """For each vector the best passages of the pool of all languages, best first."""
        queries = self._queries(vectors)
        best = Best(queries, depth)
        if depth > 0:
            with self._states.reading() as (connection, state):
                for allowed in state.allowed(connection, where):
                    look(best, queries, depth, allowed, self._settings)
        return best.found()

    def search_languages(
        self, vectors: Floats, depth: int, where: Filter = EVERYTHING
    ) -> list[dict[str, list[Found]]]:
        """For each vector the best passages of each language, best first."""
        queries = self._queries(vectors)
        lengths = lengths_of(queries)
        bests: dict[str, Best] = {}
        if depth > 0:
            with self._states.reading() as (connection, state):
                for allowed in state.allowed(connection, where):
                    manifest = allowed.shard.manifest
                    own = {(one.start, one.end): one for one in manifest.ranges}
                    for language, span in manifest.slices.items():
                        if language not in bests:
                            bests[language] = Best(queries, depth, lengths)
                        best, one = bests[language], own.get(span, Range(*span))
                        look_in(best, queries, depth, allowed, one, self._settings)
        return [found_by_language(bests, i, query, depth) for i, query in enumerate(queries)]

    def search_words(
        self, texts: Sequence[str], depth: int, where: Filter = EVERYTHING
    ) -> list[list[Found]]:
        """For each text the passages that share words with it, by BM25, best first."""
        if depth <= 0:
            return [[] for _ in texts]
        with self._states.reading() as (connection, _):
            return [words_found(connection, text, depth, where) for text in texts]

    def places(
        self, vector: Floats, ids: Sequence[str], where: Filter = EVERYTHING
    ) -> dict[str, Place]:
        """Where passages stand for one vector; those that do not fit the filter are left out."""
        (query,) = self._queries(vector[None])
        with self._states.reading() as (connection, state):
            rows: dict[str, int] = dict(
                _by_keys(connection, "SELECT id, row FROM passages WHERE id IN", ids)
            )
            allowed = state.allowed(connection, where)
            return counted_places(query, rows, allowed, self._settings)

    def passages(self, ids: Sequence[str]) -> dict[str, Passage]:
        """The passages with these ids, in that order; those that are not there are left out."""
        with self._states.reading() as (connection, _):
            sql = (
                "SELECT id, document, text, language, parallel, metadata FROM passages WHERE id IN"
            )
            found = {
                id: Passage(id, document, text, language, parallel, read_metadata(metadata))
                for id, document, text, language, parallel, metadata in _by_keys(
                    connection, sql, ids
                )
            }
        return {id: found[id] for id in ids if id in found}

    def versions(self, parallel: Sequence[str]) -> dict[str, list[str]]:
        """Ids of the passages that share each of these ids of parallel versions, sorted."""
        found: dict[str, list[str]] = {}
        with self._states.reading() as (connection, _):
            sql = "SELECT parallel, id FROM passages WHERE parallel IN"
            for key, id in _by_keys(connection, sql, parallel):
                found.setdefault(key, []).append(id)
        return {key: sorted(found[key]) for key in parallel if key in found}

    def counts(self, where: Filter = EVERYTHING) -> Mapping[str, int]:
        """Passages of each language that fit, most first."""
        counts: dict[str, int] = {}
        with self._states.reading() as (connection, state):
            for shard, mask in state.allowed(connection, where):
                for language, (start, end) in shard.manifest.slices.items():
                    count = end - start if mask is None else np.count_nonzero(mask[start:end])
                    if count:
                        counts[language] = counts.get(language, 0) + int(count)
        return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))

    def optimise(self) -> None:
        """Merges what many small additions have left; what is found does not change by it."""
        self._writer.optimise()

    def stats(self) -> dict[str, int]:
        """How much there is: documents, shards, passages deleted or replaced that still take up
        space, and bytes on the disk."""
        with self._states.reading() as (connection, state):
            sql = "SELECT count(DISTINCT document) FROM passages"
            (documents,) = connection.execute(sql).fetchone()
        return {
            "documents": documents,
            "shards": len(state.held),
            "dead": sum(len(one.alive) - one.count for one in state.held),
            "bytes": sum(map(_size, self._folder.rglob("*"))),
        }

    def check(self) -> int:
        """Reads everything and compares it: database, checksums, and the passages of both.

        Returns:
            How many passages there are.

        Raises:
            LingweaveError: something is missing or damaged; it is named.
        """
        with self._states.reading() as (connection, state):
            return checked_store(self._folder, connection, state)

    def close(self) -> None:
        """Lets files and connections go."""
        self._database.close()

    def _queries(self, vectors: Floats) -> Floats:
        queries = np.ascontiguousarray(vectors, np.float32)
        if queries.ndim != 2 or queries.shape[1] != self.dimension:
            raise LingweaveError(
                f"vectors of shape {queries.shape} were asked for in an index of {self.dimension}"
                " numbers each; use the encoder that it was made with"
            )
        if not np.isfinite(queries).all():
            raise LingweaveError("the query's vector holds NaN or infinity; check the encoder")
        return queries


def _size(path: Path) -> int:
    """Bytes of a file; none of one that a writer has just removed."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0


def _by_keys(
    connection: sqlite3.Connection, sql: str, keys: Sequence[str]
) -> Iterator[tuple[Any, ...]]:
    """The rows of a query that ends in IN, for any number of keys."""
    asked = [key for key in dict.fromkeys(keys) if fits_utf8(key)]
    for start in range(0, len(asked), _AT_ONCE):
        some = asked[start : start + _AT_ONCE]
        yield from connection.execute(f"{sql} ({', '.join('?' * len(some))})", some)
