"""A vector store in Milvus."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from lingweave.errors import LingweaveError
from lingweave.index.embedded.checks import checked
from lingweave.index.milvus.address import milvus_address
from lingweave.index.milvus.best import best, parts_of
from lingweave.index.milvus.collection import Collection, MilvusOptions, filtered
from lingweave.index.milvus.expressions import expression, in_languages, member
from lingweave.index.milvus.rows import SHOWN, Row, key, passage_of, row_of, tokens
from lingweave.index.milvus.writing import (
    COLUMNS,
    Claim,
    State,
    read_state,
    undo_unfinished,
    write_state,
)
from lingweave.index.passages import EVERYTHING, Filter, Passage
from lingweave.index.store import Floats, Found, Place

T = TypeVar("T")
LOOKED = 1000
"""How deep places are looked for."""
_KEYS = 500
"""Ids that one request names at most."""


def open_milvus(
    address: str, dimension: int | None = None, options: MilvusOptions | None = None
) -> "MilvusStore":
    """The index at an address.

    Args:
        address: ``milvus:http://HOST:PORT/COLLECTION``.
        dimension: numbers of each vector; given, an index that is not there is made.
        options: how it is indexed and asked.

    Raises:
        LingweaveError: there is no such server or index, or it is of another dimension.
    """
    place = milvus_address(address)
    collection = Collection(place, options or MilvusOptions())
    try:
        if not collection.open():
            if dimension is None:
                raise LingweaveError(f"{place}: there is no such index; make it first")
            collection.create(dimension)
            write_state(collection, State(0, {}, {}))
        if dimension not in (None, collection.dimension):
            raise LingweaveError(
                f"{place}: its vectors have {collection.dimension} numbers, not {dimension}"
            )
        read_state(collection)
    except BaseException:
        collection.close()
        raise
    return MilvusStore(collection)


class MilvusStore:
    """A `VectorStore` that keeps passages and vectors in a collection of Milvus.

    Searches by vectors find what the collection's index finds: with FLAT, and in languages that are
    small beside the others, the exact best. Threads may share a store.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._claim = Claim(collection, collection.options.patience)
        self._mine = threading.Lock()

    @property
    def dimension(self) -> int:
        """Numbers of each vector."""
        return self._collection.dimension

    @property
    def record(self) -> Mapping[str, Any]:
        """What the index was made with, as `keep_record` got it."""
        return read_state(self._collection).record

    def keep_record(self, record: Mapping[str, Any]) -> None:
        """Keeps what the index was made with: plain JSON values, 50 kB at most.

        Raises:
            LingweaveError: there are passages of an index that was made with something else.
        """
        record = json.loads(json.dumps(record))
        with self._writing() as state:
            if state.languages and state.record != record:
                raise LingweaveError(
                    f"{self._collection.address}: holds passages of another index; choose another"
                    " name for the collection"
                )
            self._completed(state._replace(record=record))

    def upsert(self, passages: Sequence[Passage], vectors: Floats) -> None:
        """Adds documents, or replaces them with all their passages."""
        vectors = checked(passages, vectors, self.dimension)
        if passages:
            documents = dict.fromkeys(one.document for one in passages)
            self._written([*documents], passages, vectors)

    def delete(self, documents: Sequence[str]) -> int:
        """Removes documents; how many of them were there."""
        return self._written([*dict.fromkeys(documents)], (), None) if documents else 0

    def search(self, vectors: Floats, depth: int, where: Filter = EVERYTHING) -> list[list[Found]]:
        """For each vector the best passages of all languages."""
        return self._seen(
            lambda state: best(
                self._collection, "vector", list(vectors), depth, state, *expression(where)
            )
        )

    def search_languages(
        self, vectors: Floats, depth: int, where: Filter = EVERYTHING
    ) -> list[dict[str, list[Found]]]:
        """For each vector the best passages of each language, each with a search of its own."""

        def found(state: State) -> list[dict[str, list[Found]]]:
            codes, parts = _codes(state, where), expression(where)
            nearest = partial(best, self._collection, "vector", list(vectors), depth, state)
            each = self._collection.together(
                [partial(nearest, in_languages([code]), *parts) for code in codes]
            )
            return [
                {code: lists[row] for code, lists in zip(codes, each, strict=True) if lists[row]}
                for row in range(len(vectors))
            ]

        return self._seen(found)

    def search_words(
        self, texts: Sequence[str], depth: int, where: Filter = EVERYTHING
    ) -> list[list[Found]]:
        """For each text the passages that share words with it, by Milvus's BM25."""
        asked = [tokens(text) for text in texts]
        some = [text for text in asked if text]
        found = iter(
            self._seen(
                lambda state: best(
                    self._collection, "terms", some, depth, state, *expression(where)
                )
            )
        )
        return [next(found) if text else [] for text in asked]

    def places(
        self, vector: Floats, ids: Sequence[str], where: Filter = EVERYTHING
    ) -> dict[str, Place]:
        """Where passages stand, if that is among the first 1,000 of the pool or the language."""

        def found(state: State) -> dict[str, Place]:
            parts = expression(where)
            there = self._looked_up("key", ids, ["id", "language"], state, *parts)
            of = {row["id"]: row["language"] for row in there}
            filters = [[], *([in_languages([code])] for code in sorted({*of.values()}))]
            lists = self._collection.together(
                [
                    partial(best, self._collection, "vector", [vector], LOOKED, state, *one, *parts)
                    for one in filters
                ]
            )
            pool, *inside = [{one.id: i for i, one in enumerate(ranked, 1)} for (ranked,) in lists]
            deep = {id: place for each in inside for id, place in each.items()}
            return {id: Place(deep.get(id), pool.get(id)) for id in ids if id in of}

        return self._seen(found)

    def passages(self, ids: Sequence[str]) -> dict[str, Passage]:
        """The passages with these ids."""
        rows = self._seen(lambda state: self._looked_up("key", ids, SHOWN, state))
        known = {row["id"]: passage_of(row) for row in rows}
        return {id: known[id] for id in ids if id in known}

    def versions(self, parallel: Sequence[str]) -> dict[str, list[str]]:
        """Ids of the passages that share each of these ids of parallel versions."""
        rows = self._seen(
            lambda state: self._looked_up("parallel_key", parallel, ["id", "parallel"], state)
        )
        found: dict[str, list[str]] = {one: [] for one in parallel}
        for row in sorted(rows, key=lambda row: str(row["id"])):
            found[row["parallel"]].append(row["id"])
        return {one: ids for one, ids in found.items() if ids}

    def counts(self, where: Filter = EVERYTHING) -> Mapping[str, int]:
        """Passages of each language that fit, most first."""

        def found(state: State) -> dict[str, int]:
            codes = _codes(state, where)
            parts = expression(Filter(None, where.conditions))
            if not parts:
                return {code: state.languages[code] for code in codes}
            numbers = self._collection.together(
                [
                    partial(
                        self._collection.count,
                        filtered(state.generation, in_languages([code]), *parts),
                    )
                    for code in codes
                ]
            )
            return dict(zip(codes, numbers, strict=True))

        counted = self._seen(found)
        return {code: n for code, n in sorted(counted.items(), key=_most_first) if n}

    def optimise(self) -> None:
        """Removes what replaced passages have left, and lets the server merge its segments."""
        with self._writing() as state:
            self._completed(state._replace(generation=state.generation + 1))
        self._collection.compact()

    def close(self) -> None:
        """Ends the connection."""
        self._collection.close()

    @contextmanager
    def _writing(self) -> Iterator[State]:
        """The state to go on from, while this store alone may write."""
        with self._mine, self._claim.held():
            state = read_state(self._collection)
            # Of a writer that failed nothing tells: its number must not become complete by ours.
            undo_unfinished(self._collection, state)
            yield state

    def _written(
        self, documents: Sequence[str], passages: Sequence[Passage], vectors: Floats | None
    ) -> int:
        """One write: documents go, passages come; how many of the documents were there."""
        with self._writing() as state:
            now = state.generation + 1
            rows = [
                row_of(one, vector, now)
                for one, vector in zip(passages, () if vectors is None else vectors, strict=True)
            ]
            languages = Counter(state.languages)
            languages.update(row["language"] for row in rows)
            wanted = {key(one) for one in documents}
            self._check_ids(state, rows, wanted)
            self._collection.write(rows, self._claim.check)
            gone: set[str] = set()
            for some in parts_of([*wanted], _KEYS):
                filter = filtered(state.generation, member("document_key", some))
                dying = self._collection.rows(filter, COLUMNS)
                self._collection.write([{**row, "died": now} for row in dying], self._claim.check)
                languages.subtract(row["language"] for row in dying)
                gone |= {row["document_key"] for row in dying}
            left = {code: n for code, n in sorted(languages.items()) if n}
            self._completed(state._replace(generation=now, languages=left))
            return len(gone)

    def _check_ids(self, state: State, rows: Sequence[Row], wanted: Set[str]) -> None:
        """Refuses passages whose ids are those of other documents' passages."""
        mine = {row["key"]: row["document"] for row in rows}
        for some in parts_of([*mine], _KEYS):
            filter = filtered(state.generation, member("key", some))
            for row in self._collection.rows(filter, ["key", "id", "document", "document_key"]):
                if row["document_key"] not in wanted:
                    raise LingweaveError(
                        f"passage {row['id']!r} of document {mine[row['key']]!r}: document"
                        f" {row['document']!r} has a passage of that id; ids must be unique"
                    )

    def _completed(self, state: State) -> None:
        self._claim.check()
        write_state(self._collection, state)
        # What the write before this one took away; who reads now may look at that state still.
        self._collection.remove(f"died < {state.generation}")

    def _seen(self, ask: Callable[[State], T]) -> T:
        """An answer from one state of the index, asked again if writers were faster."""
        state = read_state(self._collection)
        while True:
            answer = ask(state)
            now = read_state(self._collection)
            if now.generation - state.generation <= 1:
                return answer
            state = now

    def _looked_up(
        self, column: str, ids: Sequence[str], fields: Sequence[str], state: State, *parts: str
    ) -> list[Row]:
        keys = [key(id) for id in dict.fromkeys(ids)]
        some = [
            filtered(state.generation, member(column, each), *parts)
            for each in parts_of(keys, _KEYS)
        ]
        calls = [partial(self._collection.rows, filter, fields) for filter in some]
        return [row for rows in self._collection.together(calls) for row in rows]


def _codes(state: State, where: Filter) -> list[str]:
    return [code for code in state.languages if where.languages is None or code in where.languages]


def _most_first(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]
