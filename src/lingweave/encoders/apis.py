"""The two ways in which endpoints are asked for vectors, and what their answers must hold.

Both have a ``body`` of the request for some texts, ``vectors`` that an answer holds, (count, d) in
the order of the texts, and ``about``, what the endpoint says of its model. An answer that does not
fit its request is a LingweaveError whose message is a reason.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from lingweave.encoders.client import Client, TooMuchError
from lingweave.encoders.vector_files import Floats
from lingweave.errors import LingweaveError
from lingweave.table import Side


@dataclass(frozen=True)
class OpenAI:
    """``POST /v1/embeddings``, as OpenAI, vLLM, Ollama, llama.cpp, LocalAI and others serve it."""

    model: str
    """The model's name there."""
    dimensions: int | None = None
    """Numbers of a vector that the endpoint is asked for; None: all."""
    encoding: Literal["float", "base64"] = "float"
    """How numbers are sent; base64 is a third of the size, and not every server has it."""
    path: str = "/embeddings"
    """Where vectors are asked for, below the endpoint's address."""

    def body(self, texts: Sequence[str], side: Side) -> dict[str, Any]:
        """The same for both sides: prompts stand in the texts."""
        body = {"model": self.model, "input": list(texts), "encoding_format": self.encoding}
        return body if self.dimensions is None else {**body, "dimensions": self.dimensions}

    def vectors(self, answer: Any, count: int) -> Floats:
        """Put in order by ``index``; both ways of sending numbers are read, whatever was asked."""
        try:
            rows = answer["data"]
            indices = [int(row["index"]) for row in rows]
            embeddings = [row["embedding"] for row in rows]
        except (TypeError, KeyError, ValueError, IndexError):
            raise LingweaveError("no list `data` of `index` and `embedding`") from None
        if sorted(indices) != list(range(count)):
            raise LingweaveError(f"{len(rows)} vectors for {count} texts, by their `index`")
        by_index = dict(zip(indices, embeddings, strict=True))
        numbers = [by_index[i] for i in range(count)]
        return _matrix([_from_base64(n) if isinstance(n, str) else n for n in numbers])

    def about(self, client: Client) -> dict[str, Any]:
        """Nothing: the interface does not tell."""
        return {}


@dataclass(frozen=True)
class Tei:
    """``POST /embed`` of text-embeddings-inference."""

    truncate: bool = True
    """Whether the endpoint cuts texts that are too long, instead of refusing them."""
    normalize: bool = True
    """Whether it L2-normalises vectors."""
    query_prompt_name: str | None = None
    """The prompt of the model's own configuration that goes before queries."""
    passage_prompt_name: str | None = None
    """The same for passages."""
    dimensions: int | None = None
    """Numbers of each vector that are kept, from the first; cut here. None: all."""
    path: str = "/embed"
    """Where vectors are asked for, below the endpoint's address."""

    def body(self, texts: Sequence[str], side: Side) -> dict[str, Any]:
        """With the side's prompt name if it has one."""
        name = self.query_prompt_name if side == "query" else self.passage_prompt_name
        body = {"inputs": list(texts), "truncate": self.truncate, "normalize": self.normalize}
        return body if name is None else {**body, "prompt_name": name}

    def vectors(self, answer: Any, count: int) -> Floats:
        """In the order of the answer."""
        if not isinstance(answer, list):
            raise LingweaveError("no list of vectors")
        if len(answer) != count:
            raise LingweaveError(f"{len(answer)} vectors for {count} texts")
        matrix = _matrix(answer)
        if self.dimensions is not None and self.dimensions > matrix.shape[1]:
            raise LingweaveError(
                f"vectors of {matrix.shape[1]} numbers, fewer than --truncate_dim {self.dimensions}"
            )
        return matrix[:, : self.dimensions]

    def about(self, client: Client) -> dict[str, Any]:
        """``GET /info``: the model, its revision and arithmetic, and the endpoint's limits."""
        try:
            said = client.get("/info")
        except TooMuchError as error:
            raise LingweaveError(
                f"--endpoint {client.address.url}: /info fails ({error})"
            ) from None
        return said if isinstance(said, dict) else {}


Api = OpenAI | Tei


def _matrix(rows: list[Any]) -> Floats:
    try:
        with np.errstate(over="ignore"):  # What is beyond fp32 is told below.
            matrix = np.array(rows, np.float32)
    except (ValueError, TypeError):  # Rows of different lengths, or things that are no numbers.
        matrix = np.empty(0, np.float32)
    if matrix.ndim != 2 or not matrix.shape[1]:
        raise LingweaveError("vectors that are no rows of equally many numbers")
    bad = int((~np.isfinite(matrix)).any(axis=1).sum())
    if bad:
        raise LingweaveError(f"{bad} of {len(matrix)} vectors with NaN or infinity in them")
    return matrix


def _from_base64(text: str) -> Any:
    try:
        return np.frombuffer(base64.b64decode(text, validate=True), "<f4")
    except (binascii.Error, ValueError):
        raise LingweaveError("an `embedding` that is no base64 of fp32 numbers") from None
