"""Endpoints that fail: what passes is waited for, the rest is one line."""

import socket
import time
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from asked import TEXTS, answers, encoder_at, fails, rows, vectors_of
from served import Handler, Served

from lingweave.encoders import client as client_module
from lingweave.encoders.apis import OpenAI, Tei
from lingweave.encoders.client import _seconds
from lingweave.encoders.pace import Pace
from lingweave.errors import LingweaveError, UnavailableError

pytestmark = pytest.mark.usefixtures("one_context")


def dropped(handler: Handler, texts: list[str]) -> bool:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True
    return True


def half(handler: Handler, texts: list[str]) -> bool:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"data": [')
    return dropped(handler, texts)


def slow(handler: Handler, texts: list[str]) -> bool:
    time.sleep(0.6)
    return False


def shuffled(handler: Handler, texts: list[str]) -> bool:
    order = np.random.default_rng(3).permutation(len(texts)).tolist()
    rows = vectors_of(texts).tolist()
    data = [{"index": i, "embedding": rows[i]} for i in order]
    handler.served.texts.update(texts)
    handler.answer(200, {"data": data})
    return True


@pytest.mark.parametrize(
    ("faults", "options"),
    [
        ([shuffled] * 7, {}),
        ([fails(429, {"error": {"message": "slow down"}})], {}),
        ([fails(500), fails(502, b"<html>"), fails(503, "loading")], {}),
        ([fails(500)] * 6, {"concurrency": 4}),
        ([dropped, half, fails(408)], {}),
        ([slow], {"timeout": 0.3}),
        ([fails(424, {"error": "backend", "error_type": "backend"})], {}),
    ],
)
def test_what_passes_is_waited_for(
    served: Served, faults: list[Any], options: dict[str, Any]
) -> None:
    encoder_at(served).encode_queries(["first"], "en")
    served.texts.clear()
    served.faults = list(faults)
    encoder = encoder_at(served, batch_size=8, retries=6, **options)
    np.testing.assert_array_equal(encoder.encode_queries(TEXTS, "en"), vectors_of(TEXTS))
    assert not served.faults
    assert served.texts.keys() == set(TEXTS)
    if slow not in faults:
        assert served.texts == Counter(TEXTS)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between tries, which take no time."""
    waits: list[float] = []
    monkeypatch.setattr(client_module, "sleep_using_event", lambda event: waits.append)
    return waits


def test_retry_after_is_kept_to_by_all_requests(served: Served, waits: list[float]) -> None:
    served.faults = [fails(429, Retry_After="0.05"), fails(503, Retry_After="0")]
    pace = Pace()
    encoder_at(served, pace=pace).encode_queries(["a"], "en")
    assert 0.05 <= waits[0] <= 0.0502
    assert 0 <= waits[1] <= 0.0002
    pace = Pace(now=lambda: 100.0)
    pace.pause(7)
    assert [pace.wait(1), pace.wait(1)] == [7, 7]


def test_retry_after_may_be_a_date_or_too_long(served: Served) -> None:
    assert _seconds("12") == 12
    assert _seconds("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert _seconds("soon") is None
    served.faults = [fails(429, Retry_After="86400")]
    with pytest.raises(LingweaveError, match="asks to wait 86400 s; run the same command again"):
        encoder_at(served).encode_queries(["a"], "en")


def test_waits_grow_are_random_and_have_a_bound(served: Served, waits: list[float]) -> None:
    encoder = encoder_at(served, retries=8)
    for _ in range(30):
        served.faults = [fails(503)] * 9
        with pytest.raises(UnavailableError, match=r"gave up after 9 tries \(503: "):
            encoder.encode_queries(["a"], "en")
    table = np.array(waits).reshape(30, 8)
    assert (table <= 0.001 * 2.0 ** np.arange(8)).all()
    assert (table[:, -1] > 0.008).any()
    assert len(np.unique(table)) == table.size


def test_a_pace_spreads_requests_and_texts() -> None:
    pace = Pace(requests_per_minute=60, now=lambda: 5.0)
    assert [pace.wait(1), pace.wait(9), pace.wait(1)] == [0, 1, 2]
    pace = Pace(requests_per_minute=600, texts_per_minute=60, now=lambda: 5.0)
    assert [pace.wait(3), pace.wait(4), pace.wait(1)] == [0, 3, 7]
    assert [Pace().wait(100), Pace().wait(100)] == [0, 0]


def test_each_try_is_paced(served: Served) -> None:
    booked = []

    class Booked(Pace):
        def wait(self, texts: int) -> float:
            booked.append((texts, round(super().wait(texts), 3)))
            return 0

    pace = Booked(requests_per_minute=600, texts_per_minute=3000, now=lambda: 0.0)
    served.faults = [fails(500)]
    encoder_at(served, batch_size=8, concurrency=1, pace=pace).encode_queries(TEXTS[:19], "en")
    assert booked == [(8, 0), (8, 0.16), (8, 0.32), (3, 0.48)]


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        (answers(rows([[1, 2], [3, 4]])), "answers 2 vectors for 3 texts, by their `index`"),
        (
            answers({"data": [{"index": 0, "embedding": [1]}] * 3}),
            "3 vectors for 3 texts, by their",
        ),
        (answers(rows([[1, 2], [3, 4], [5]])), "no rows of equally many numbers, first text 'one'"),
        (answers(rows([[1, 2], [3, 4], [5, float("nan")]])), "1 of 3 vectors with NaN or infinity"),
        (answers(rows([[1, 2], [3, 4], [5, None]])), "with NaN or infinity"),
        (answers(rows([[1, 2], [3, 1e300], [5, 6]])), "with NaN or infinity"),
        (answers(rows(["??"] * 3)), "no base64 of fp32 numbers"),
        (answers(rows([[]] * 3)), "no rows of equally many numbers"),
        (answers({"error": None}), "no list `data` of `index` and `embedding`"),
        (answers([1, 2]), "no list `data`"),
        (answers(b"<html>\nWelcome</html>"), "answers no JSON but '<html> Welcome</html>'"),
        ([fails(301, b"", Location="/")], "answers 301"),
        ([fails(429, {"error": {"code": "insufficient_quota", "message": "pay"}})], "is used up"),
        ([fails(400, {"error": {"message": "too long"}})] * 3, "refuses the query text 'one'"),
        ([fails(403, {"message": "no"})], r"wants a key \(403: no\)"),
    ],
)
def test_answers_without_sense_are_one_line(served: Served, faults: list[Any], words: str) -> None:
    served.faults = faults
    with pytest.raises(LingweaveError, match=words.replace("[", r"\[")) as caught:
        encoder_at(served).encode_queries(["one", "two", "three"], "en")
    assert str(caught.value).startswith(f"--endpoint {served.url}/v1: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ([[1, 2]], "answers 1 vectors for 2 texts"),
        ({"embeddings": []}, "answers no list of vectors"),
        ([[1, None], [2, 3]], "1 of 2 vectors with NaN"),
        ([[1], [2]], "vectors of 1 numbers, fewer than --truncate_dim 2"),
    ],
)
def test_tei_answers_without_sense(served: Served, answer: Any, words: str) -> None:
    served.faults = answers(answer)
    with pytest.raises(LingweaveError, match=words):
        encoder_at(served, Tei(dimensions=2)).encode_queries(["one", "two"], "en")


def test_nobody_is_there_and_nothing_is_known(served: Served) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(UnavailableError, match=rf"{nowhere}/v1: cannot be reached \(.*refused"):
        encoder_at(replace(served, url=nowhere)).encode_queries(["a"], "en")
    with pytest.raises(LingweaveError, match=r"not this model \(404: The model other does not"):
        encoder_at(served, OpenAI("other")).encode_queries(["a"], "en")
    with pytest.raises(LingweaveError, match=r"has no /info, or not this model \(404"):
        encoder_at(replace(served, url=f"{served.url}/x"), Tei()).encode_queries(["a"], "en")
    assert len(served.requests) == 1
    with pytest.raises(LingweaveError, match="half a character"):
        encoder_at(served).encode_queries(["a \udc80"], "en")


def test_an_answer_that_is_not_packed_as_it_says_is_one_line(served: Served) -> None:
    broken = fails(200, {"data": []}, **{"Content-Encoding": "gzip"})
    served.faults = [broken]
    assert encoder_at(served).encode_queries(TEXTS[:2], "en").shape == (2, 5)
    served.always = broken
    with pytest.raises(UnavailableError, match=r"gave up after 2 tries \(.*incorrect header check"):
        encoder_at(served, retries=1).encode_queries(TEXTS[:2], "en")
