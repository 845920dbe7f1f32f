"""A local server for each test of endpoints."""

from collections.abc import Iterator

import httpx
import pytest
from asked import vectors_of
from served import Served, serving


@pytest.fixture(scope="module")
def one_context() -> Iterator[None]:
    """Reading the system's certificates for each client would take most of the time here."""
    context = httpx.create_ssl_context()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("httpx._transports.default.create_ssl_context", lambda **_: context)
        yield


@pytest.fixture
def served() -> Iterator[Served]:
    with serving(Served(vectors_of)) as served:
        yield served
