"""A body full of mistakes costs no more than one with a few."""

import json

import pytest
from pydantic import ValidationError
from serve.backends import LibraryBackend
from serve.serving import serving

from lingweave.serve.bodies import bodies_of
from lingweave.serve.limits import MAX_FIELDS, Limits

BODIES = bodies_of(Limits())
MANY = {f"{number:x}": [] for number in range(20_000)}
CONDITION = {"field": "a", "relation": "in", "value": [[]] * 100}
SEARCH = {"query": "a", "where": {"conditions": [CONDITION] * 16}}
UNKNOWN = {"id": "a", "text": "a", **dict.fromkeys(list(MANY)[:600], 1)}

WRONG = {
    "values": (BODIES.searches, {"searches": [SEARCH] * 64}, "searches.0.where.conditions.0.value"),
    "languages": (BODIES.search, {"query": "a", "where": {"languages": ["?"] * 256}}, None),
    "unknown": (BODIES.search, {"query": "a", **MANY}, "0"),
    "unknown in each": (BODIES.documents, {"documents": [UNKNOWN] * 200}, "documents.0.0"),
    "no documents": (BODIES.documents, {"documents": [0] * 50_000}, "documents.0"),
    "fields": (
        BODIES.documents,
        {"documents": [{"id": "a", "text": "a", "metadata": MANY}]},
        "documents.0.metadata",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_few_mistakes_are_looked_for(name):
    kind, body, _ = WRONG[name]
    with pytest.raises(ValidationError) as error:
        kind.model_validate_json(json.dumps(body))
    assert error.value.error_count() <= 5 * MAX_FIELDS


def test_the_first_mistake_is_told_where_it_is():
    paths = {
        BODIES.search: "/v1/search",
        BODIES.searches: "/v1/searches",
        BODIES.documents: "/v1/documents",
    }
    with serving(LibraryBackend, writable=True) as served:
        for kind, body, place in WRONG.values():
            answer = served.client.post(paths[kind], json=body)
            told = answer.json()["error"]
            assert (answer.status_code, told["code"]) == (422, "invalid")
            if place is not None:
                assert told["field"] == place


def test_large_bodies_are_checked_beside_the_loop(monkeypatch):
    used = []

    async def to_thread(function, *given):
        used.append(function)
        return function(*given)

    monkeypatch.setattr("lingweave.serve.json_http.asyncio.to_thread", to_thread)
    with serving(LibraryBackend) as served:
        for count in (1, 60):
            body = {"searches": [{"query": "x" * 1000}] * count}
            assert served.client.post("/v1/searches", json=body).status_code == 200
    assert len(used) == 1
