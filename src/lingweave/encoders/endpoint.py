"""An encoder behind HTTP: batches cut by count and size, several in flight, each in its place."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np

from lingweave.encoders.apis import Api
from lingweave.encoders.cache import Batch
from lingweave.encoders.client import Client, TooMuchError
from lingweave.encoders.vector_files import Floats
from lingweave.errors import LingweaveError
from lingweave.table import Side

REQUEST_BYTES = 200_000
"""Bytes of text in one request at most, unless one text alone is longer: some 70,000 tokens in any
script, within the limits that services have on a request."""


class Prompts(NamedTuple):
    """What stands before each text; an endpoint is sent the whole."""

    query: str = ""
    passage: str = ""


class EndpointEncoder:
    """Vectors from an endpoint.

    A batch that the endpoint refuses is halved and tried again, down to the text that it does not
    take, which is then named.

    Args:
        api: how it is asked.
        client: the connection to it.
        prompts: put before the texts here.
        batch_size: texts in one request at most.
        concurrency: requests in flight at most.
    """

    def __init__(
        self,
        api: Api,
        client: Client,
        prompts: Prompts | None = None,
        batch_size: int = 64,
        concurrency: int = 4,
    ) -> None:
        self._api, self._client = api, client
        self._prompts = prompts or Prompts()
        self._batch_size, self._concurrency = batch_size, concurrency
        self._about: Mapping[str, Any] | None = None
        self._dimension: int | None = None

    def encode_queries(self, texts: Sequence[str], language: str) -> Floats:
        """(texts, d) float32."""
        return self._together("query", texts, language)

    def encode_passages(self, texts: Sequence[str], language: str) -> Floats:
        """(texts, d) float32."""
        return self._together("passage", texts, language)

    def batches(self, side: Side, texts: Sequence[str], language: str) -> Iterator[Batch]:
        """The vectors of the texts, as the answers come in.

        Raises:
            LingweaveError: see `Client.post`; or an answer does not fit its request.
        """
        waiting = iter(self._cut(side, texts))
        self._client.resume()
        with ThreadPoolExecutor(self._concurrency) as pool:
            flying: set[Future[Batch]] = set()
            try:
                while True:
                    while len(flying) < self._concurrency and (places := next(waiting, None)):
                        flying.add(pool.submit(self._asked, side, texts, places))
                    if not flying:
                        return
                    done, flying = wait(flying, return_when=FIRST_COMPLETED)
                    # What has come is handed on before another request's failure is told.
                    for future in sorted(done, key=lambda f: f.exception() is not None):
                        yield future.result()
            except BaseException:
                self._client.stop()
                raise

    def identity(self, side: Side) -> dict[str, Any]:
        """What decides the vectors of a side, as far as an endpoint tells."""
        return {**self._asked_for(), "prompt": self._prompt(side)}

    def describe(self) -> dict[str, Any]:
        """Its address without secrets, what is asked of it, what it says of its model."""
        prompts = {"query": self._prompts.query, "document": self._prompts.passage}
        return {"encoder": "endpoint", **self._asked_for(), "prompts": prompts}

    def _together(self, side: Side, texts: Sequence[str], language: str) -> Floats:
        vectors: Floats | None = None
        for batch in self.batches(side, texts, language):
            if vectors is None:
                vectors = np.empty((len(texts), batch.vectors.shape[1]), np.float32)
            vectors[batch.places] = batch.vectors
        return np.empty((0, 0), np.float32) if vectors is None else vectors

    def _cut(self, side: Side, texts: Sequence[str]) -> Iterator[range]:
        """Runs of texts that go into one request each."""
        most = min(self._batch_size, int(self._info().get("max_client_batch_size") or 2**31))
        prompt = len(self._prompt(side).encode())
        start = size = 0
        for place, text in enumerate(texts):
            more = prompt + _size(text)
            if place > start and (place - start == most or size + more > REQUEST_BYTES):
                yield range(start, place)
                start, size = place, 0
            size += more
        if len(texts) > start:
            yield range(start, len(texts))

    def _asked(self, side: Side, texts: Sequence[str], places: range) -> Batch:
        some = [self._prompt(side) + texts[place] for place in places]
        try:
            answer = self._client.post(self._api.path, self._api.body(some, side), len(some))
        except TooMuchError as error:
            if len(places) == 1:
                text = texts[places[0]]
                raise LingweaveError(
                    f"--endpoint {self._client.address.url}: refuses the {side} text {text[:40]!r}"
                    f" ({len(text)} characters; {error}); shorten it, or have the endpoint cut"
                    " texts where it can"
                ) from None
            middle = len(places) // 2
            halves = [self._asked(side, texts, part) for part in (places[:middle], places[middle:])]
            return Batch(
                np.concatenate([half.places for half in halves]),
                np.concatenate([half.vectors for half in halves]),
            )
        try:
            vectors = self._api.vectors(answer, len(some))
            self._same_dimension(vectors)
        except LingweaveError as error:
            raise LingweaveError(
                f"--endpoint {self._client.address.url}: answers {error}, first text"
                f" {texts[places[0]][:40]!r}"
            ) from None
        return Batch(np.array(places), vectors)

    def _same_dimension(self, vectors: Floats) -> None:
        found = vectors.shape[1]
        self._dimension = self._dimension or found
        if found != self._dimension:
            raise LingweaveError(f"vectors of {found} numbers after others of {self._dimension}")

    def _prompt(self, side: Side) -> str:
        return self._prompts.query if side == "query" else self._prompts.passage

    def _info(self) -> Mapping[str, Any]:
        if self._about is None:
            self._about = self._api.about(self._client)
        return self._about

    def _asked_for(self) -> dict[str, Any]:
        """The address, the request, and what tells the endpoint's model from another."""
        names = ("model_id", "model_sha", "model_dtype", "model_type")
        told = {name: self._info()[name] for name in names if self._info().get(name) is not None}
        return {
            "endpoint": self._client.address.url,
            "api": type(self._api).__name__.lower(),
            "request": {k: v for k, v in asdict(self._api).items() if v is not None},
            **told,
        }


def _size(text: str) -> int:
    """Bytes of a text."""
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        raise LingweaveError(
            f"the text {text[:40]!r} holds half a character (a lone surrogate), which cannot be"
            " sent; mend the file it comes from"
        ) from None
