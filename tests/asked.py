"""An encoder that asks a local server, and answers that go wrong."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from served import Handler, Served

from lingweave.encoders.address import Secrets, address_of
from lingweave.encoders.apis import Api, OpenAI
from lingweave.encoders.client import Client, Patience
from lingweave.encoders.endpoint import EndpointEncoder
from lingweave.encoders.pace import Pace
from lingweave.encoders.random_vectors import RandomVectors

TEXTS = [f"text {i}" for i in range(50)]


def vectors_of(texts: Sequence[str]) -> np.ndarray:
    return RandomVectors(0, 5).encode_queries(texts, "en")


def encoder_at(
    served: Served,
    api: Api | None = None,
    key: str | None = None,
    retries: int = 3,
    timeout: float = 20,
    pace: Pace | None = None,
    **options: Any,
) -> EndpointEncoder:
    """An endpoint that is asked again after milliseconds."""
    api = api or OpenAI("tiny")
    address, user = address_of(served.url + ("/v1" if isinstance(api, OpenAI) else ""))
    client = Client(address, Secrets(key, user), Patience(retries, timeout, 0.001), pace or Pace())
    return EndpointEncoder(api, client, **options)


def fails(code: int, content: Any = b"", **headers: str) -> Callable[[Handler, list[str]], bool]:
    def fault(handler: Handler, texts: list[str]) -> bool:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        handler.answer(code, content, named)
        return True

    return fault


def answers(content: Any) -> list[Any]:
    return [fails(200, content)]


def rows(numbers: Any) -> dict[str, Any]:
    return {"data": [{"index": i, "embedding": row} for i, row in enumerate(numbers)]}
