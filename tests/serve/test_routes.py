"""Every route over a small library: what it answers, and what it refuses with which error."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from serve.backends import FaultyBackend, LibraryBackend, SlowBackend
from serve.serving import serving, wait_until

from lingweave.index.passages import Passage
from lingweave.serve.bodies import bodies_of
from lingweave.serve.limits import Limits


@pytest.fixture(scope="module")
def client():
    with serving(LibraryBackend, writable=True, audit=b"<p>An audit</p>") as served:
        yield served.client


def search(client, **body):
    answer = client.post("/v1/search", json={"query": "sky blue", **body})
    assert answer.status_code == 200, answer.text
    return answer.json()


def error_of(answer):
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "field", "request"}
    assert answer.headers["x-request-id"] == error["request"]
    assert answer.headers["content-type"] == "application/json"
    assert "\n" not in error["message"]
    return answer.status_code, error["code"], error["field"]


def test_a_search_gives_hits_with_all_that_is_known_of_them(client):
    answer = search(client, k=3, explain=True, fold=True)
    assert answer["milliseconds"] >= 0
    assert len(answer["hits"]) == 3
    best = answer["hits"][0]
    assert best["ranks"] == {"language": 1, "pool": 1, "words": None}
    assert {one["language"] for one in best["versions"]} | {best["language"]} == {
        "de", "en", "sw", "th"
    }  # fmt: skip
    assert best["direction"] == "ltr"
    assert set(best["metadata"]) == {"topic", "year", "even"}


def test_the_dial_the_filter_and_the_mode_reach_the_index(client):
    balanced = search(client, k=4, dial={"kind": "balanced"})["hits"]
    assert sorted(one["language"] for one in balanced) == ["de", "en", "sw", "th"]
    preferred = {"kind": "preferred", "languages": ["th"], "weight": 1000}
    assert search(client, k=1, dial=preferred)["hits"][0]["language"] == "th"
    where = {
        "languages": ["de", "sw"],
        "conditions": [
            {"field": "year", "relation": ">=", "value": 2005},
            {"field": "topic", "relation": "in", "value": ["sky", "snow"]},
            {"field": "even", "relation": "!=", "value": True},
        ],
    }
    found = search(client, k=50, where=where)["hits"]
    assert {one["id"] for one in found} == {"5-de", "5-sw", "9-de", "9-sw"}
    words = search(client, query="number7", mode="words", explain=True)["hits"]
    assert {one["document"].split("-")[0] for one in words} == {"7"}
    assert sorted(one["ranks"]["words"] for one in words) == [1, 2, 3, 4]


def test_codes_of_languages_are_taken_as_people_write_them(client):
    assert search(client, where={"languages": ["DE"]})["hits"][0]["language"] == "de"


def test_several_searches_are_answered_in_order(client):
    wanted = [{"query": f"number{n}", "k": 1} for n in range(5)]
    answer = client.post("/v1/searches", json={"searches": wanted}).json()
    single = [client.post("/v1/search", json=one).json()["hits"] for one in wanted]
    assert [one["hits"] for one in answer["results"]] == single


def test_many_clients_at_once_get_their_own_answers(client):
    def ask(number):
        found = search(client, query=f"sky number{number % 10}", k=1, mode="words")
        return found["hits"][0]["document"].split("-")[0] == str(number % 10)

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(ask, range(64)))


def test_stats_say_what_there_is(client):
    stats = client.get("/v1/stats").json()
    assert stats["passages"] == sum(one["passages"] for one in stats["languages"])
    assert stats["languages"][0] == {
        "code": "de", "name": "German", "own_name": "Deutsch", "direction": "ltr", "passages": 10
    }  # fmt: skip
    assert stats["modes"] == ["dense", "words", "both"]
    assert (stats["writable"], stats["audit"], stats["rerank"]) == (True, True, False)
    assert stats["limits"]["k"] == 100


def test_documents_are_added_found_replaced_and_deleted(client):
    new = {
        "id": "a/b c#1?ü",
        "text": "zebra",
        "language": "sw",
        "metadata": {"year": 1, "half": 0.5, "ok": True, "name": "x"},
    }
    answer = client.post("/v1/documents", json={"documents": [new]})
    assert answer.json() == {"documents": 1, "passages": 1}
    found = search(client, query="zebra", mode="words")["hits"]
    assert [one["id"] for one in found] == [new["id"]]
    assert found[0]["metadata"] == new["metadata"]
    path = "/v1/passages/a%2Fb%20c%231%3F%C3%BC"
    assert client.get(path).json()["text"] == "zebra"
    client.post("/v1/documents", json={"documents": [{**new, "text": "giraffe"}]})
    assert search(client, query="zebra", mode="words")["hits"] == []
    deleted = [client.delete("/v1/documents", params={"id": [new["id"], "none"]}) for _ in range(2)]
    assert [one.json() for one in deleted] == [{"deleted": 1}, {"deleted": 0}]
    assert error_of(client.get(path)) == (404, "not_found", "id")


def test_what_is_written_shows_in_the_figures(client):
    before = client.get("/v1/stats").json()["passages"]
    new = {"id": "shown", "text": "lion"}
    client.post("/v1/documents", json={"documents": [new]})
    assert client.get("/v1/stats").json()["passages"] == before + 1
    client.delete("/v1/documents", params={"id": "shown"})
    assert client.get("/v1/stats").json()["passages"] == before


def test_health_readiness_and_figures(client):
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}
    search(client)
    client.get("/no/such/path")
    text = client.get("/metrics").text
    assert 'route="/v1/search",status="200"' in text
    assert 'route="none",status="404"' in text
    assert "/no/such/path" not in text
    assert 'lingweave_passages{language="de"} 10.0' in text
    assert "lingweave_batch_searches_count" in text


def test_the_audit_has_its_page_and_no_script(client):
    assert client.post("/v1/audit-ticket").json() == {"url": "/audit"}
    answer = client.get("/audit")
    assert answer.text == "<p>An audit</p>"
    rules = answer.headers["content-security-policy"]
    assert "sandbox" in rules
    assert "script-src" not in rules  # So default-src 'none' holds.


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "query"),
        ({"query": ""}, "query"),
        ({"query": " \n"}, "query"),
        ({"query": "x" * 2001}, "query"),
        ({"query": 1}, "query"),
        ({"query": "a", "k": 0}, "k"),
        ({"query": "a", "k": 101}, "k"),
        ({"query": "a", "k": True}, "k"),
        ({"query": "a", "k": "1"}, "k"),
        ({"query": "a", "unknown": 1}, "unknown"),
        ({"query": "a", "language": "no such"}, "language"),
        ({"query": "a", "mode": "magic"}, "mode"),
        ({"query": "a", "rerank": True}, "rerank"),
        ({"query": "a", "where": {"languages": []}}, "where.languages"),
        ({"query": "a", "where": {"languages": ["de"] * 257}}, "where.languages"),
        ({"query": "a", "where": {"languages": ["../etc"]}}, "where.languages.0"),
        ({"query": "a", "dial": {"kind": "preferred"}}, "dial.languages"),
        ({"query": "a", "dial": {"kind": "sideways"}}, "dial"),
        (
            {"query": "a", "dial": {"kind": "preferred", "languages": ["de"], "weight": -1}},
            "dial.weight",
        ),
    ],
)
def test_a_search_that_does_not_fit_is_refused_by_field(client, body, field):
    assert error_of(client.post("/v1/search", json=body)) == (422, "invalid", field)


@pytest.mark.parametrize(
    ("condition", "field"),
    [
        ({"field": "a", "relation": "=", "value": None}, ".value"),
        ({"field": "a", "relation": "=", "value": {"$gt": 1}}, ".value"),
        ({"field": "a", "relation": "=", "value": [1]}, ""),
        ({"field": "a", "relation": "in", "value": 1}, ""),
        ({"field": "a", "relation": "in", "value": []}, ".value"),
        ({"field": "a", "relation": "in", "value": [1] * 101}, ".value"),
        ({"field": "a", "relation": "<", "value": True}, ""),
        ({"field": "a", "relation": "=", "value": "x" * 2049}, ".value"),
        ({"field": "a", "relation": "=", "value": "x\u0000"}, ".value"),
        ({"field": "a\u001f", "relation": "=", "value": 1}, ".field"),
        ({"field": "", "relation": "=", "value": 1}, ".field"),
        ({"field": "x" * 257, "relation": "=", "value": 1}, ".field"),
        ({"field": "a", "relation": "; drop", "value": 1}, ".relation"),
    ],
)
def test_a_condition_that_does_not_fit_is_refused_by_field(client, condition, field):
    body = {"query": "a", "where": {"conditions": [condition]}}
    place = f"where.conditions.0{field}"
    assert error_of(client.post("/v1/search", json=body)) == (422, "invalid", place)


def test_too_many_conditions_are_refused(client):
    many = [{"field": "a", "relation": "=", "value": 1}] * 17
    answer = client.post("/v1/search", json={"query": "a", "where": {"conditions": many}})
    assert error_of(answer) == (422, "invalid", "where.conditions")


def test_one_search_of_several_is_refused_by_its_number(client):
    body = {"searches": [{"query": "a"}, {"query": "a", "rerank": True}]}
    answer = client.post("/v1/searches", json=body)
    assert error_of(answer) == (422, "invalid", "searches.1.rerank")
    for wrong in ([], [{"query": "a"}] * 65):
        answer = client.post("/v1/searches", json={"searches": wrong})
        assert error_of(answer) == (422, "invalid", "searches")


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"id": "", "text": "a"}, "id"),
        ({"id": "x" * 2049, "text": "a"}, "id"),
        ({"id": "a\u0000", "text": "a"}, "id"),
        ({"id": "a", "text": "a", "parallel": "\n"}, "parallel"),
        ({"id": "a", "text": " "}, "text"),
        ({"id": "a", "text": "a", "language": "zz zz"}, "language"),
        ({"id": "a", "text": "a", "metadata": {"a": None}}, "metadata.a"),
        ({"id": "a", "text": "a", "metadata": {"a": [1]}}, "metadata.a"),
        ({"id": "a", "text": "a", "metadata": {"a": 1 << 63}}, "metadata.a"),
        ({"id": "a", "text": "a", "metadata": {"a": -(10**30)}}, "metadata.a"),
        ({"id": "a", "text": "a", "metadata": {str(n): n for n in range(65)}}, "metadata"),
    ],
)
def test_a_document_that_does_not_fit_is_refused_by_field(client, document, field):
    answer = client.post("/v1/documents", json={"documents": [document]})
    assert error_of(answer) == (422, "invalid", f"documents.0.{field}")


def test_an_id_given_twice_is_refused(client):
    twice = [{"id": "a", "text": "a"}] * 2
    answer = client.post("/v1/documents", json={"documents": twice})
    assert error_of(answer) == (422, "invalid", "documents.1.id")


def test_deleting_needs_ids_within_the_limit(client):
    for ids, field in (([], "id"), ([""], "id.0"), (["a"] * 257, "id")):
        answer = client.delete("/v1/documents", params={"id": ids})
        assert error_of(answer) == (422, "invalid", field)


def test_methods_and_paths_that_are_not_there(client):
    assert error_of(client.put("/v1/search"))[:2] == (405, "method_not_allowed")
    assert error_of(client.get("/v1/search/"))[:2] == (404, "not_found")
    assert error_of(client.get("/docs"))[:2] == (404, "not_found")


def test_the_id_of_a_request_may_be_given_if_it_is_plain(client):
    answer = client.get("/healthz", headers={"x-request-id": "mine-1.2"})
    assert answer.headers["x-request-id"] == "mine-1.2"
    answer = client.get("/healthz", headers={"x-request-id": 'odd"; {}'})
    assert answer.headers["x-request-id"] != 'odd"; {}'


def test_without_writable_documents_stay_and_without_audit_there_is_none():
    with serving(LibraryBackend) as served:
        client = served.client
        body = {"documents": [{"id": "a", "text": "a"}]}
        assert error_of(client.post("/v1/documents", json=body))[:2] == (403, "read_only")
        deleted = client.delete("/v1/documents", params={"id": "0-de"})
        assert error_of(deleted)[:2] == (403, "read_only")
        assert client.get("/v1/passages/0-de").status_code == 200
        assert error_of(client.get("/audit"))[:2] == (404, "not_found")
        assert error_of(client.post("/v1/audit-ticket"))[:2] == (404, "not_found")


def test_faults_are_told_without_their_insides_and_harm_nobody_else(caplog):
    with serving(FaultyBackend, writable=True) as served:
        client = served.client
        for query, wanted in (("ours", (503, "unavailable")), ("bug", (500, "internal"))):
            answer = client.post("/v1/search", json={"query": query})
            assert error_of(answer)[:2] == wanted
            assert "secret" not in answer.text
        refused = client.post("/v1/documents", json={"documents": [{"id": "a", "text": "ours"}]})
        assert error_of(refused)[:2] == (409, "refused")
        gone = client.post("/v1/documents", json={"documents": [{"id": "a", "text": "gone"}]})
        assert error_of(gone)[:2] == (503, "unavailable")
        assert "secret" not in gone.text
        assert gone.headers["retry-after"] == "5"
        both = {"searches": [{"query": "sky"}, {"query": "ours"}]}
        assert client.post("/v1/searches", json=both).status_code == 503
        assert search(client)["hits"]
    assert any("secret.example" in str(getattr(one, "fields", "")) for one in caplog.records)
    assert any(one.exc_info and "KeyError" in str(one.exc_info) for one in caplog.records)


def test_a_search_that_takes_too_long_is_given_up():
    limits = Limits(timeout=0.3)
    slow = SlowBackend(seconds=1.0)
    with serving(lambda: slow, limits) as served:
        client = served.client
        answer = client.post("/v1/search", json={"query": "sky"})
        assert error_of(answer)[:2] == (504, "timeout")
        assert client.get("/healthz").status_code == 200


def test_past_the_limits_callers_are_told_to_wait():
    slow = SlowBackend()
    slow.held.clear()
    limits = Limits(max_waiting=2, max_searches=2, max_per_caller=4)
    with serving(lambda: slow, limits) as served, ThreadPoolExecutor(8) as pool:

        def ask(path="/v1/search"):
            return served.client.post(path, json={"query": "sky"})

        waiting = [pool.submit(ask) for _ in range(2)]
        wait_until(lambda: _figure(served, "lingweave_searches_open") == 2)
        busy = ask()
        assert error_of(busy)[:2] == (503, "busy")
        assert busy.headers["retry-after"] == "1"
        assert served.client.get("/healthz").status_code == 200
        slow.held.set()
        assert [one.result().status_code for one in waiting] == [200, 200]


def test_one_caller_cannot_take_all():
    slow = SlowBackend()
    slow.held.clear()
    limits = Limits(max_per_caller=2)
    with serving(lambda: slow, limits) as served, ThreadPoolExecutor(8) as pool:

        def ask():
            return served.client.post("/v1/search", json={"query": "sky"})

        waiting = [pool.submit(ask) for _ in range(2)]
        wait_until(lambda: served.metrics.open._value.get() == 2)
        answer = ask()
        assert error_of(answer)[:2] == (429, "too_many")
        assert answer.headers["retry-after"] == "1"
        slow.held.set()
        assert [one.result().status_code for one in waiting] == [200, 200]


def test_the_openapi_document_has_the_limits_and_the_errors(client):
    document = client.get("/openapi.json").json()
    schemas = document["components"]["schemas"]
    assert schemas["Search"]["properties"]["k"]["maximum"] == 100
    assert schemas["Filter"]["properties"]["conditions"]["maxItems"] == 16
    for path, methods in document["paths"].items():
        for operation in methods.values():
            for status, answer in operation["responses"].items():
                if status != "200":
                    [kind] = answer["content"].values()
                    assert kind["schema"]["$ref"].endswith("/ErrorAnswer"), path
    text = json.dumps(document)
    assert all(f'"{name}"' in text for name in ("Searches", "Documents"))
    assert "HTTPValidationError" not in text


def test_the_bodies_follow_the_limits():
    small = bodies_of(Limits(max_k=3, max_query=5))
    assert small.search(query="abcde").k == 3
    with pytest.raises(ValueError, match="at most 5"):
        small.search(query="abcdef")


def test_texts_of_any_kind_come_back_as_they_are():
    odd = "</script><b>\u202e\u0000 \U0001f600 \u2028"
    passage = Passage("odd id", "d", f"{odd} x", "ar", None, {"<b>": odd})
    with serving(lambda: LibraryBackend([passage])) as served:
        [hit] = served.client.post("/v1/search", json={"query": "x"}).json()["hits"]
        assert (hit["text"], hit["metadata"], hit["direction"]) == (
            passage.text,
            {"<b>": odd},
            "rtl",
        )
        assert served.client.get("/v1/passages/odd%20id").json()["document"] == "d"


def _figure(served, name):
    for line in served.client.get("/metrics").text.splitlines():
        if line.startswith(f"{name} "):
            return float(line.split()[1])
    return None


def test_figures_are_counted_again_after_a_write():
    with serving(LibraryBackend, writable=True) as served:
        new = [{"id": "neu", "text": "sky", "language": "fi"}]
        assert 'language="fi"' not in served.client.get("/metrics").text
        assert served.client.post("/v1/documents", json={"documents": new}).status_code == 200
        assert 'lingweave_passages{language="fi"} 1.0' in served.client.get("/metrics").text
