"""Everything that the OpenAPI document allows, and much that it does not: never a fault of the
server, always a documented status and shape."""

from collections import Counter
from contextlib import suppress

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)
from serve.serving import serving

from lingweave.serve.config import ServeConfig
from lingweave.serve.open_index import opening_of

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def refused(ctx, response, case):
    """An unfitting request is refused; the library does not know that it may be as too large."""
    if response.status_code in (413, 431):
        return None
    return negative_data_rejection(ctx, response, case)


MODES = {GenerationMode.POSITIVE: [], GenerationMode.NEGATIVE: [refused]}


@pytest.fixture(scope="module")
def fuzzed(folder):
    """A server of an index on the disk, which takes documents too."""
    config = ServeConfig(folder=[str(folder)], writable=True)
    with serving(opening_of(config), config, writable=True, audit=b"<p>") as served:
        yield served


def fuzz(served, examples):
    """Sends so many fitting and so many unfitting requests to each route; how many by status."""
    schema = schemathesis.openapi.from_url(f"{served.url}/openapi.json")
    told = Counter()
    with requests.Session() as session:
        for operation in schema.get_all_operations():
            for mode, more in MODES.items():
                strategy = operation.ok().as_strategy(mode)
                told += _sent(session, strategy, [*CHECKS, *more], examples)
    return told


def _sent(session, strategy, checks, examples):
    told = Counter()

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def send(case):
        told[case.call_and_validate(session=session, checks=checks).status_code] += 1

    with suppress(Unsatisfiable):  # Without parameters no request is unfitting.
        send()
    return told


def test_no_request_of_any_shape_is_a_fault_of_the_server(fuzzed):
    told = fuzz(fuzzed, 4)
    assert told[200] > 0 < told[422], told
    assert fuzzed.client.post("/v1/search", json={"query": "sky"}).json()["hits"]


@pytest.mark.slow
def test_no_request_of_thousands_is_a_fault_of_the_server(fuzzed):
    told = fuzz(fuzzed, 150)
    assert told.total() > 1000, told
    print(told)
    assert fuzzed.client.post("/v1/search", json={"query": "sky"}).json()["hits"]
