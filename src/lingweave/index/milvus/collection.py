"""A collection of a Milvus server: pymilvus, with errors as one line."""

import json
import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar, cast

from lingweave.errors import LingweaveError, UnavailableError
from lingweave.index.milvus.address import TOKEN, MilvusAddress, token
from lingweave.index.milvus.expressions import both
from lingweave.index.milvus.rows import LONGEST, Row, in_parts

T = TypeVar("T")
DEEPEST = 16_384
"""How many rows one search or one query gives at most."""
_LOOKED_UP = ("key", "document_key", "parallel_key", "language")
_TOGETHER = 8
"""Requests that are under way at once."""


@dataclass(frozen=True)
class MilvusOptions:
    """How a collection is indexed and asked."""

    index: str = "AUTOINDEX"
    """The index of its vectors, as Milvus names them; FLAT compares with all of them. It counts
    when the collection is made."""
    build: str = "{}"
    """Parameters of that index, as JSON: {"M": 32, "efConstruction": 200} for HNSW."""
    search: str = "{}"
    """Parameters of each search, as JSON: {"ef": 256} for HNSW."""
    timeout: float = 60.0
    """Seconds after which a request has failed."""
    patience: float = 10.0
    """Seconds to wait for another writer."""

    def __post_init__(self) -> None:
        for name in ("build", "search"):
            self.parameters(name)
        for name in ("timeout", "patience"):
            if not 0 < getattr(self, name) < float("inf"):
                raise LingweaveError(f"--{name} {getattr(self, name)}: must be more than 0")

    def parameters(self, name: str) -> dict[str, Any]:
        """`build` or `search`, read."""
        try:
            found = json.loads(getattr(self, name))
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise LingweaveError(f'--{name}: give a JSON object, such as {{"ef": 256}}')
        return found


class Collection:
    """The rows of a collection, of which every request sees what was written before it.

    Raises:
        LingweaveError: from every method: the server cannot be reached, or refuses.
    """

    def __init__(self, address: MilvusAddress, options: MilvusOptions) -> None:
        self.address, self.options = address, options
        self.name = address.collection
        self.dimension = 0
        self._pool = ThreadPoolExecutor(_TOGETHER)
        api = pymilvus()
        self._client = self._asked(
            lambda: api.MilvusClient(
                address.server,
                token=token(),
                db_name=address.database,
                timeout=min(10.0, options.timeout),
                dedicated=True,
            )
        )

    def open(self) -> bool:
        """Makes an existing collection ready; False: there is none.

        Raises:
            LingweaveError: it is a collection of something else.
        """
        if not self._asked(lambda: self._client.has_collection(self.name, **self._timed)):
            return False
        found = self._asked(lambda: self._client.describe_collection(self.name, **self._timed))
        columns = {one["name"]: one for one in found["fields"]}
        if not {"pk", "born", "died", "vector", "words"} <= {*columns}:
            raise LingweaveError(
                f"{self.address}: holds something other than an index of lingweave; choose another"
                " name"
            )
        self.dimension = int(columns["vector"]["params"]["dim"])
        self._asked(lambda: self._client.load_collection(self.name, **self._timed))
        return True

    def create(self, dimension: int) -> None:
        """Makes the collection, empty."""
        api, text, whole = pymilvus(), pymilvus().DataType.VARCHAR, pymilvus().DataType.INT64
        schema = api.MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("pk", text, is_primary=True, max_length=64)
        for name in ("key", "document_key", "parallel_key", "language"):
            schema.add_field(name, text, max_length=64)
        for name in ("id", "document", "parallel", "text"):
            schema.add_field(name, text, max_length=LONGEST)
        schema.add_field(
            "words",
            text,
            max_length=LONGEST,
            enable_analyzer=True,
            analyzer_params={"tokenizer": "standard"},
        )
        schema.add_field("metadata", api.DataType.JSON)
        schema.add_field("born", whole)
        schema.add_field("died", whole)
        schema.add_field("vector", api.DataType.FLOAT_VECTOR, dim=dimension)
        schema.add_field("terms", api.DataType.SPARSE_FLOAT_VECTOR)
        schema.add_function(
            api.Function(
                name="bm25",
                function_type=api.FunctionType.BM25,
                input_field_names=["words"],
                output_field_names=["terms"],
            )
        )
        index = api.MilvusClient.prepare_index_params()
        index.add_index(
            "vector",
            index_type=self.options.index,
            metric_type="IP",
            params=self.options.parameters("build"),
        )
        index.add_index(
            "terms",
            index_type="SPARSE_INVERTED_INDEX",
            metric_type="BM25",
            params={"bm25_k1": 0.9, "bm25_b": 0.4},
        )
        for name in _LOOKED_UP:
            index.add_index(name, index_type="INVERTED")
        self._asked(
            lambda: self._client.create_collection(
                self.name,
                schema=schema,
                consistency_level="Strong",
                **self._timed,
            )
        )
        # There is nothing to wait for: no rows yet.
        self._asked(lambda: self._client.create_index(self.name, index, sync=False, **self._timed))
        self.open()

    def rows(self, filter: str, fields: Sequence[str]) -> list[Row]:
        """The rows that fit, with these columns."""
        found = self._asked(
            lambda: self._client.query(
                self.name, filter=filter, output_fields=[*fields], **self._timed
            )
        )
        return cast(list[Row], found)

    def count(self, filter: str) -> int:
        """How many rows fit."""
        return int(self.rows(filter, ["count(*)"])[0]["count(*)"])

    def nearest(
        self, column: str, asked: Sequence[Any], depth: int, filter: str
    ) -> list[list[tuple[str, float]]]:
        """For each vector (in the column of words: text) ids of the best rows and their scores."""
        words = column == "terms"
        parameters = {
            "metric_type": "BM25" if words else "IP",
            "params": {} if words else self.options.parameters("search"),
        }
        found = self._asked(
            lambda: self._client.search(
                self.name,
                data=[*asked],
                anns_field=column,
                filter=filter,
                limit=depth,
                output_fields=["id"],
                search_params=parameters,
                **self._timed,
            )
        )
        # BM25 is positive; milvus-lite gives it with a minus.
        scored = abs if words else float
        return [[(hit["entity"]["id"], scored(hit["distance"])) for hit in hits] for hits in found]

    def write(self, rows: Sequence[Row], check: Callable[[], None] = lambda: None) -> None:
        """Adds rows, or replaces those with the same primary key.

        Args:
            rows: any number; they are sent in parts.
            check: asked before each part; raises where it must not be sent.
        """
        for part in in_parts(rows, self.dimension):
            check()
            self._asked(partial(self._client.upsert, self.name, [*part], **self._timed))

    def remove(self, filter: str) -> None:
        """Removes the rows that fit."""
        self._asked(lambda: self._client.delete(self.name, filter=filter, **self._timed))

    def compact(self) -> None:
        """Asks the server to merge what small additions have left, if it can."""
        try:
            self._asked(lambda: self._client.flush(self.name, **self._timed))
            self._asked(lambda: self._client.compact(self.name, **self._timed))
        except LingweaveError:
            pass  # It does so by itself in time.

    def drop(self) -> None:
        """Removes the collection with everything in it."""
        self._asked(lambda: self._client.drop_collection(self.name, **self._timed))

    def together(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        """The answers of several requests, some of which are under way at once."""
        if len(calls) == 1:
            return [calls[0]()]
        return list(self._pool.map(lambda call: call(), calls))

    def close(self) -> None:
        """Ends the connection."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._asked(self._client.close)

    @property
    def _timed(self) -> dict[str, Any]:
        return {"timeout": self.options.timeout}

    def _asked(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except LingweaveError:
            raise
        except Exception as error:  # pymilvus, grpc and the server each have their own.
            said = " ".join(str(getattr(error, "message", "") or error).split())
            if secret := token():
                said = said.replace(secret, "***")
            raise UnavailableError(
                f"{self.address}: {said[:300]}; is the server up, and is {TOKEN} right?"
            ) from error


def filtered(generation: int, *parts: str) -> str:
    """What a row fulfils that is there after a write, and that the parts let through."""
    return both(f"born <= {generation} and died > {generation}", *parts)


def pymilvus() -> Any:
    """The library, which reads no ``.env`` of the current folder and says nothing by itself.

    Raises:
        LingweaveError: it is not installed.
    """
    before = os.environ.get("PYTHON_DOTENV_DISABLED")
    os.environ["PYTHON_DOTENV_DISABLED"] = "1"
    try:
        import pymilvus as found
    except ImportError:
        raise LingweaveError(
            '--store milvus: needs pymilvus: pip install "lingweave[milvus]"'
        ) from None
    finally:
        if before is None:
            del os.environ["PYTHON_DOTENV_DISABLED"]
        else:
            os.environ["PYTHON_DOTENV_DISABLED"] = before
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
    return found
