"""What no well-meaning client sends is refused with the documented error, and harms nobody."""

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from serve.backends import LibraryBackend, SlowBackend
from serve.serving import everything, problem_of, serving, wait_until

from lingweave.index.passages import Passage
from lingweave.index.requests import Hit
from lingweave.serve.keys import Key, Keys, _digest
from lingweave.serve.limits import Limits

QUICK = Limits(client_timeout=0.3, keep_alive=1.0, max_body=20_000, max_connections=40)


@pytest.fixture(scope="module")
def served():
    with serving(LibraryBackend, QUICK, writable=True) as served:
        yield served
        answers = served.client.post("/v1/search", json={"query": "sky"})
        assert answers.status_code == 200, "the server no longer serves"


class LongBackend(LibraryBackend):
    """Answers of megabytes, which do not fit into the buffers between."""

    def answers(self, requests):
        return [[Hit(Passage("a", "a", "x" * 20_000_000, "en"), 1.0)] for _ in requests]


def posted(body, path="/v1/search", **headers):
    """A request as bytes; a header given as None is left out."""
    given = {"host": "x", "content-type": "application/json", "content-length": len(body)}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"POST {path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in given.items() if value is not None]
    return "\r\n".join([*lines, "connection: close", "", ""]).encode() + body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"query": "\xff\xfe"}',
        '{"query": "Größe"}'.encode("latin-1"),
        '{"query": "a"}'.encode("utf-16"),
        b'{"query": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"query": "a", "k": ' + b"9" * 6000 + b"}",
        b"[" * 19_000,
        b'{"query":' * 2000,
        b'{"query": "a"} trailing',
    ],
    ids=lambda body: repr(body[:16]),
)
def test_what_is_no_json_in_utf8_is_malformed(served, body):
    assert served.told(posted(body)) == (400, "malformed")


@pytest.mark.parametrize(
    "body", ["null", "[]", '"a"', "1", '{"query": null}', '{"query": ["a"]}', '{"k": NaN}']
)
def test_json_of_another_shape_is_invalid(served, body):
    assert served.told(posted(body.encode())) == (422, "invalid")


def test_a_body_past_the_limit_is_too_large_however_it_is_announced(served):
    large = json.dumps({"query": "x" * 30_000}).encode()
    assert served.told(posted(large)) == (413, "too_large")
    chunks = b"".join(b"1000\r\n" + b"x" * 4096 + b"\r\n" for _ in range(8)) + b"0\r\n\r\n"
    chunked = posted(b"", content_length=None, transfer_encoding="chunked") + chunks
    assert served.told(chunked) == (413, "too_large")
    # Refused by what it says of itself: nothing is waited for.
    assert served.told(posted(b"", content_length=10**12)) == (413, "too_large")
    assert served.told(posted(b"", content_length=10**30)) == (400, "malformed")
    assert served.told(posted(b"", content_length=30_000, expect="100-continue"))[0] == 413


def test_a_large_body_is_refused_while_it_comes():
    with serving(LibraryBackend, Limits(max_body=1000)) as served:
        for size in (2000, 5_000_000):
            answer = served.client.post("/v1/search", content=b"x" * size)
            assert answer.status_code == 413


def test_other_kinds_of_content_are_refused(served):
    body = b'{"query": "a"}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None):
        assert served.told(posted(body, content_type=kind)) == (415, "media_type")
    assert served.told(posted(body, content_encoding="gzip")) == (415, "media_type")
    with served.raw(posted(body, content_type="application/json; charset=utf-8")) as connection:
        assert everything(connection).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100,
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nhost: a\r\n\r\n",
        b"POST /v1/search HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n",
        b"POST /v1/search HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n",
    ],
    ids=lambda data: repr(data[:24]),
)
def test_what_is_no_http_is_malformed(served, data):
    assert served.told(data) == (400, "malformed")


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nhost: a\r\nx: " + b"y" * 100_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\n" + b"x: y\r\n" * 10_000 + b"\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nhost: a\r\n\r\n",
        b"GET /?" + b"a" * 100_000 + b" HTTP/1.1\r\nhost: a\r\n\r\n",
    ],
    ids=lambda data: repr(data[-24:]),
)
def test_a_head_that_is_much_too_long_is_refused(served, data):
    # By which of the two depends on the pieces in which it comes.
    assert served.told(data) in ((400, "malformed"), (431, "head_too_large"))


def test_a_head_that_is_too_long_is_told_so(served):
    head = b"GET /healthz HTTP/1.1\r\nhost: a\r\n" + b"x: %b\r\n" % (b"y" * 990) * 45 + b"\r\n"
    assert served.told(head) == (431, "head_too_large")


@pytest.mark.parametrize(
    "path",
    [
        "/../../../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "//etc/passwd",
        "/page/../app.py",
        "/page.css/../../app.py",
        "/index.html",
        "/.git/config",
        "/v1/../healthz",
        "/v1/passages/..%2f..%2findex.json",
        "/v1/passages/%2e%2e/index.json",
        "/v1/passages/'%20OR%201=1--",
        "/v1/passages/" + "a" * 2000,
        "http://elsewhere.example/etc/passwd",
    ],
)
def test_tricks_with_paths_find_nothing(served, path):
    data = f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode()
    assert served.told(data) == (404, "not_found")


def test_ids_that_are_too_long_and_addresses_that_are_not_utf8(served):
    head = b" HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    assert served.told(b"GET /v1/passages/" + b"a" * 3000 + head) == (422, "invalid")
    assert served.told(b"GET /v1/passages/%00" + head) == (422, "invalid")
    assert served.told(b"DELETE /v1/documents?id=a%0Ab" + head) == (422, "invalid")
    assert served.told(b"GET /v1/passages/%ff" + head) == (400, "malformed")
    assert served.told(b"DELETE /v1/documents?id=%ff" + head) == (400, "malformed")


def test_hostile_words_in_a_filter_are_only_words(served):
    for word in ("'; DROP TABLE passages;--", 'a"]}', "$where", "\x00", "%", "*", "a" * 2048):
        for condition in (
            {"field": "topic", "relation": "=", "value": word},
            {"field": word[:256], "relation": ">=", "value": -(2**63) + 1},
            {"field": word[:256], "relation": "in", "value": [word, 1e308, True]},
        ):
            body = {"query": word, "where": {"conditions": [condition]}, "mode": "both"}
            answer = served.client.post("/v1/search", json=body)
            if word.isprintable() and len(word) <= 2000:
                assert (answer.status_code, answer.json()["hits"]) == (200, [])
            else:
                assert answer.status_code == 422


def test_a_client_that_sends_nothing_or_only_a_part_is_let_go(served):
    for part in (b"", b"GET / HT", b"GET / HTTP/1.1\r\nhost: x\r\n"):
        assert served.told(part) == (408, "slow_client")
    body = posted(b'{"query"', content_length=100)
    assert served.told(body) == (408, "slow_client")


def test_a_client_that_sends_byte_by_byte_is_let_go_all_the_same(served):
    with served.raw() as connection:
        wall = time.monotonic()
        try:
            for byte in b"GET / HTTP/1.1\r\nhost: " + b"x" * 10_000:
                connection.send(bytes([byte]))
                time.sleep(0.02)
                if time.monotonic() - wall > 15:
                    pytest.fail("it may send for ever")
        except (BrokenPipeError, ConnectionResetError):
            pass


def test_a_connection_without_requests_is_closed(served):
    with served.raw(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n") as connection:
        assert everything(connection).endswith(b'{"status":"ok"}')


def test_a_client_that_does_not_read_is_let_go():
    with serving(LongBackend, Limits(client_timeout=0.5)) as served:
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", served.port))
        connection.sendall(posted(b'{"query": "sky"}'))
        # One is the test's own client.
        wait_until(lambda: len(served.server.server_state.connections) == 2)
        wait_until(lambda: len(served.server.server_state.connections) == 1)
        connection.close()


def test_more_connections_than_there_may_be_are_refused():
    with serving(LibraryBackend, Limits(max_connections=3)) as served:
        idle = [served.raw() for _ in range(2)]  # The third is the test's own client.
        wait_until(lambda: len(served.server.server_state.connections) == 3)
        assert served.told(b"") == (503, "busy")
        for one in idle:
            one.close()
        wait_until(lambda: len(served.server.server_state.connections) == 1)
        assert served.client.get("/healthz").status_code == 200


def test_pipelined_requests_are_each_answered(served):
    one = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
    last = b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    with served.raw(one * 5 + last) as connection:
        assert everything(connection).count(b"HTTP/1.1 200") == 6


def test_what_follows_a_refused_body_is_not_taken_for_a_request():
    keys = Keys([Key("a", _digest("k" * 20))])
    hidden = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
    with serving(LibraryBackend, keys=keys) as served:
        data = posted(hidden).replace(b"connection: close\r\n", b"")
        with served.raw(data) as connection:
            answer = everything(connection)
    assert answer.count(b"HTTP/1.1") == 1
    assert problem_of(answer) == (401, "unauthorized")


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer wrong-but-as-long-as-it",
        "Basic right-key-right-key",
        "right-key-right-key",
        "Bearer right-key-right-key2",
        "Bearer RIGHT-KEY-RIGHT-KEY",
        "Bearer \xff\xfe",
        "Bearer " + "x" * 10_000,
    ],
)
def test_without_the_right_key_nothing_is_told(keyed, authorization):
    headers = {} if authorization is None else {"authorization": authorization.encode("latin-1")}
    with httpx.Client(base_url=keyed.url, headers=headers) as client:
        for method, path in (
            ("POST", "/v1/search"),
            ("GET", "/v1/stats"),
            ("GET", "/v1/passages/0-de"),
            ("POST", "/v1/documents"),
            ("DELETE", "/v1/documents?id=0-de"),
            ("POST", "/v1/audit-ticket"),
            ("GET", "/metrics"),
            ("GET", "/no/such/path"),
            ("GET", "/v1/../healthz/"),
        ):
            answer = client.request(method, path)
            assert answer.status_code == 401, path
            assert answer.json()["error"]["code"] == "unauthorized"
            assert answer.headers["www-authenticate"] == "Bearer"
        assert client.get("/audit").status_code == 401
        assert client.get("/audit", params={"ticket": "guess"}).status_code == 401
        for path in ("/healthz", "/readyz", "/openapi.json"):
            assert client.get(path).status_code == 200


def test_with_the_right_key_all_is_there(keyed):
    headers = {"authorization": "bearer right-key-right-key"}
    with httpx.Client(base_url=keyed.url, headers=headers) as client:
        assert client.post("/v1/search", json={"query": "sky"}).json()["hits"]
        assert client.get("/metrics").status_code == 200
        url = client.post("/v1/audit-ticket").json()["url"]
        assert httpx.get(keyed.url + url).text == "an audit"
        assert httpx.get(keyed.url + url).status_code == 401, "a ticket is good once"


@pytest.fixture(scope="module")
def keyed():
    keys = Keys([Key("other", _digest("o" * 20)), Key("mine", _digest("right-key-right-key"))])
    with serving(LibraryBackend, keys=keys, writable=True, audit=b"an audit") as served:
        yield served


def test_a_page_elsewhere_cannot_speak_through_a_browser():
    with serving(LibraryBackend, hosts={"127.0.0.1", "localhost"}, writable=True) as served:
        url = "/v1/stats"
        rebound = served.client.get(url, headers={"host": "evil.example"})
        assert (rebound.status_code, rebound.json()["error"]["code"]) == (421, "host")
        assert (
            served.client.get(url, headers={"host": f"localhost:{served.port}"}).status_code == 200
        )
        # What a browser sends elsewhere without asking first is text, and gets no permission.
        simple = served.client.post(
            "/v1/documents",
            content='{"documents": [{"id": "a", "text": "a"}]}',
            headers={"content-type": "text/plain", "origin": "http://evil.example"},
        )
        assert simple.status_code == 415
        asked = served.client.options(url, headers={"origin": "http://evil.example"})
        assert asked.status_code == 405
        assert not [name for name in asked.headers if name.startswith("access-control")]


def test_who_leaves_is_not_searched_for():
    slow = SlowBackend()
    slow.held.clear()
    with serving(lambda: slow) as served, ThreadPoolExecutor(2) as pool:
        url = "/v1/search"
        first = pool.submit(lambda: served.client.post(url, json={"query": "first"}))
        wait_until(lambda: ["first"] in slow.batches)
        gone = served.raw(posted(b'{"query": "gone"}'))
        wait_until(lambda: served.metrics.open._value.get() == 2)
        gone.close()
        wait_until(lambda: served.metrics.open._value.get() == 1)
        slow.held.set()
        assert first.result().status_code == 200
        assert served.client.post(url, json={"query": "last"}).status_code == 200
    assert slow.batches[-2:] == [["first"], ["last"]]


def test_requests_under_way_are_finished_when_it_stops():
    slow = SlowBackend()
    slow.held.clear()
    with serving(lambda: slow) as served, ThreadPoolExecutor(4) as pool:
        url = "/v1/search"
        waiting = [
            pool.submit(lambda: served.client.post(url, json={"query": "sky"})) for _ in range(3)
        ]
        wait_until(lambda: served.metrics.open._value.get() == 3)
        served.stop()
        wait_until(lambda: not served.server.servers[0].is_serving())
        with pytest.raises(ConnectionRefusedError):
            served.raw()
        slow.held.set()
        assert [one.result().status_code for one in waiting] == [200] * 3
    assert slow.closed


def test_a_search_that_never_ends_does_not_keep_it_from_stopping():
    slow = SlowBackend()
    slow.held.clear()
    limits = Limits(grace=1.0, timeout=0.2)
    with serving(lambda: slow, limits) as served:
        answer = served.client.post("/v1/search", json={"query": "sky"})
        assert answer.status_code == 504
        wait_until(lambda: served.client.get("/readyz").status_code == 503)
        assert served.client.get("/readyz").json()["error"]["code"] == "unavailable"
        served.stop()
        served.thread.join(20)
        assert not served.thread.is_alive()
        slow.held.set()
