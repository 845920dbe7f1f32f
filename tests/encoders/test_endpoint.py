"""Endpoints: the figures of the model they serve, whatever happens on the way; no secrets out."""

import logging
import socket
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from data import lareqa_folder
from served import Handler, Served, serving
from tiny import tiny_model

from lingweave.cli import main
from lingweave.encoders import client as client_module
from lingweave.encoders import endpoint as endpoint_module
from lingweave.encoders.address import Secrets, address_of
from lingweave.encoders.apis import Api, OpenAI, Tei
from lingweave.encoders.choice import EncoderOptions, encoder_of
from lingweave.encoders.client import Client, Patience, _seconds
from lingweave.encoders.endpoint import EndpointEncoder, Prompts
from lingweave.encoders.pace import Pace
from lingweave.encoders.random_vectors import RandomVectors
from lingweave.errors import LingweaveError
from lingweave.evaluate import EvaluateConfig, run

KEY = "sk-test-2f6b1c9e"
TEXTS = [f"text {i}" for i in range(50)]
SEVEN = list(range(7))


def vectors_of(texts: Sequence[str]) -> np.ndarray:
    return RandomVectors(0, 5).encode_queries(texts, "en")


@pytest.fixture(autouse=True, scope="module")
def _one_context() -> Iterator[None]:
    """Reading the system's certificates for each client would take most of the time here."""
    context = httpx.create_ssl_context()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("httpx._transports.default.create_ssl_context", lambda **_: context)
        yield


@pytest.fixture
def served() -> Iterator[Served]:
    with serving(Served(vectors_of)) as served:
        yield served


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


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def by_folder(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Any:
    """The evaluation of the folder, and the benchmark it was made on."""
    folder = tmp_path_factory.mktemp("folder")
    lareqa_folder(folder / "data")
    config = EvaluateConfig(
        data=folder / "data", model=str(model), device="cpu", progress=False, out=folder / "out"
    )
    return config, run(config)


@pytest.mark.parametrize("api", ["openai", "base64", "tei", "names"])
def test_an_endpoint_gives_the_figures_of_the_folder_it_serves(
    model: Path, by_folder: Any, api: str, tmp_path: Path
) -> None:
    from sentence_transformers import SentenceTransformer

    loaded = SentenceTransformer(str(model), device="cpu")
    config, expected = by_folder
    config = replace(
        config, out=tmp_path / "out", cache=tmp_path / "cache", batch_size=4, device=None,
        query_prompt="Query: ", passage_prompt="Passage: ",
    )  # fmt: skip
    if api in ("tei", "names"):
        config = replace(config, model=None, api="tei", endpoint="http://x")
    else:
        config = replace(config, model="tiny", endpoint="http://x")
    if api == "base64":
        config = replace(config, encoding_format="base64")
    if api == "names":
        config = replace(
            config, query_prompt=None, passage_prompt=None, query_prompt_name="query",
            passage_prompt_name="document",
        )  # fmt: skip
    encode: Callable[[Sequence[str]], np.ndarray] = lambda texts: loaded.encode(  # noqa: E731
        list(texts), prompt="", normalize_embeddings=api in ("tei", "names")
    )
    with serving(Served(encode, prompts=dict(loaded.prompts), most=3)) as served:
        found = run(replace(config, endpoint=served.url))
        once = served.texts.copy()
        run(replace(config, endpoint=served.url, out=tmp_path / "again"))
        assert served.texts == once
    assert found.macro == expected.macro
    assert found.summary["pairs"] == expected.summary["pairs"]
    assert found.top().drop(["score"]) == expected.top().drop(["score"])
    np.testing.assert_allclose(found.top()["score"], expected.top()["score"], rtol=1e-5)
    sent = 3 if api in ("tei", "names") else 4
    assert max(len(body.get("input", body.get("inputs"))) for body in served.requests) == sent
    about = found.provenance["encoder"]
    assert about["endpoint"].startswith(served.url)
    assert about.get("model_sha") == ("abc" if api in ("tei", "names") else None)
    by_name = {"query": "", "document": ""}
    given = {"query": "Query: ", "document": "Passage: "}
    assert about["prompts"] == (by_name if api == "names" else given)
    # One text more tells whether the same model is still served.
    assert set(once.values()) <= {1, 2}
    assert sum(count == 2 for count in once.values()) <= 1


def test_requests_are_cut_by_count_and_by_size(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint_module, "REQUEST_BYTES", 30)
    texts = ["ü" * 5, "a" * 40, *"bcdefgh", "天" * 9, "天"]
    encoder = encoder_at(served, batch_size=4, prompts=Prompts("q:", "p"), concurrency=1)
    found = encoder.encode_queries(texts, "de")
    np.testing.assert_array_equal(found, vectors_of(["q:" + text for text in texts]))
    sizes = [len(body["input"]) for body in served.requests]
    assert sizes == [1, 1, 4, 3, 1, 1]
    assert encoder.encode_passages(["a"], "de") == pytest.approx(vectors_of(["pa"]))


def test_several_are_in_flight_and_each_answer_finds_its_place(served: Served) -> None:
    def late(handler: Handler, texts: list[str]) -> bool:
        time.sleep(0.05 if int(texts[0].split()[1]) % 3 else 0.15)
        return False

    served.always = late
    encoder = encoder_at(served, batch_size=5, concurrency=3)
    np.testing.assert_array_equal(encoder.encode_passages(TEXTS, "en"), vectors_of(TEXTS))
    assert served.most_flying == 3
    assert served.texts == Counter(TEXTS)


def fails(code: int, content: Any = b"", **headers: str) -> Callable[[Handler, list[str]], bool]:
    def fault(handler: Handler, texts: list[str]) -> bool:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        handler.answer(code, content, named)
        return True

    return fault


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
        with pytest.raises(LingweaveError, match=r"gave up after 9 tries \(503: "):
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


def answers(content: Any) -> list[Any]:
    return [fails(200, content)]


def rows(numbers: Any) -> dict[str, Any]:
    return {"data": [{"index": i, "embedding": row} for i, row in enumerate(numbers)]}


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


@pytest.mark.parametrize("code", [400, 413, 422])
def test_the_text_that_is_refused_is_named(served: Served, code: int) -> None:
    def short(handler: Handler, texts: list[str]) -> bool:
        if max(map(len, texts)) <= 10:
            return False
        handler.answer(code, {"error": "must have less than 512 tokens", "error_type": "v"})
        return True

    served.always = short
    long = "a very long text, without end or meaning, about nothing"
    texts = [*TEXTS[:9], long, *TEXTS[10:20]]
    for api in (OpenAI("tiny"), Tei()):
        with pytest.raises(LingweaveError) as caught:
            encoder_at(served, api, batch_size=20).encode_passages(texts, "en")
        message = str(caught.value)
        assert "refuses the passage text 'a very long text, without end or meaning" in message
        assert f"({len(long)} characters; {code}: must have less than 512 tokens)" in message
    found = encoder_at(served, batch_size=20).encode_passages(texts[:9], "en")
    np.testing.assert_array_equal(found, vectors_of(texts[:9]))


def test_a_batch_that_is_too_large_is_halved(served: Served) -> None:
    def few(handler: Handler, texts: list[str]) -> bool:
        if len(texts) <= 4:
            return False
        handler.answer(413, b"too large")
        return True

    served.always = few
    found = encoder_at(served, batch_size=16).encode_queries(TEXTS, "en")
    np.testing.assert_array_equal(found, vectors_of(TEXTS))
    assert served.texts == Counter(TEXTS)


def test_what_is_served_must_have_one_dimension(served: Served) -> None:
    encoder = encoder_at(served)
    encoder.encode_queries(["a"], "en")
    served.faults = answers(rows([[1, 2]]))
    with pytest.raises(LingweaveError, match="vectors of 2 numbers after others of 5"):
        encoder.encode_queries(["b"], "en")


def test_fewer_numbers_are_asked_for_or_cut(served: Served) -> None:
    for api in (OpenAI("tiny", dimensions=2), Tei(dimensions=2)):
        found = encoder_at(served, api).encode_queries(["a"], "en")
        np.testing.assert_array_equal(found, vectors_of(["a"])[:, :2])
    assert served.requests[0]["dimensions"] == 2


def test_nobody_is_there_and_nothing_is_known(served: Served) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(LingweaveError, match=rf"{nowhere}/v1: cannot be reached \(.*refused"):
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
    with pytest.raises(LingweaveError, match=r"gave up after 2 tries \(.*incorrect header check"):
        encoder_at(served, retries=1).encode_queries(TEXTS[:2], "en")


def test_a_server_that_comes_back_is_waited_for(served: Served) -> None:
    encoder = encoder_at(served, retries=40)
    encoder.encode_queries(["a"], "en")
    refusals = iter([httpx.ConnectError("[Errno 111] Connection refused")] * 5)
    post = encoder._client._http.post

    def away(*words: Any, **named: Any) -> httpx.Response:
        for error in refusals:
            raise error
        return post(*words, **named)

    encoder._client._http.post = away  # type: ignore[method-assign]
    np.testing.assert_array_equal(encoder.encode_queries(TEXTS, "en"), vectors_of(TEXTS))


CHILD = """
import sys
from pathlib import Path
from lingweave.encoders.choice import EncoderOptions, encoder_of
encoder = encoder_of(EncoderOptions(
    endpoint=sys.argv[1], model="tiny", cache=Path(sys.argv[2]), batch_size=5, concurrency=2,
    progress=False))
encoder.encode_passages([f"text {i}" for i in range(200)], "en")
"""


def test_killed_midway_and_started_again_it_encodes_nothing_twice(
    served: Served, tmp_path: Path
) -> None:
    def late(handler: Handler, texts: list[str]) -> bool:
        time.sleep(0.05)
        return False

    served.always = late
    words = [sys.executable, "-c", CHILD, served.url, str(tmp_path / "cache")]
    child = subprocess.Popen(words)
    end = time.monotonic() + 60
    while len(served.texts) < 60 and time.monotonic() < end:
        time.sleep(0.01)
    child.kill()
    assert child.wait() == -9
    before = served.texts.copy()
    assert 60 <= len(before) < 200
    served.always = None
    options = EncoderOptions(
        endpoint=served.url, model="tiny", cache=tmp_path / "cache", batch_size=5, progress=False
    )
    texts = [f"text {i}" for i in range(200)]
    for _ in range(2):
        found = encoder_of(options).encode_passages(texts, "en")
        np.testing.assert_array_equal(found, vectors_of(texts))
    twice = [text for text in texts if served.texts[text] != 1]
    # Two requests of five were in flight, and two more may have been answered but not yet kept.
    assert len(twice) <= 20
    assert {served.texts[text] for text in twice} <= {2}


def everything_written(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("way", ["key", "wrong key", "user", "named", "no server", "failing"])
def test_secrets_are_shown_nowhere(
    served: Served,
    way: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    lareqa_folder(tmp_path / "data")
    url, words = served.url, []
    if way == "user":
        url = url.replace("//", f"//someone:{KEY}@")
    elif way == "named":
        monkeypatch.setenv("MY_KEY", KEY)
        words = ["--api_key_env", "MY_KEY"]
    else:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
    if way in ("key", "named"):
        served.key = KEY
    if way == "wrong key":
        served.key = "another"  # The server repeats what it was given.
    if way == "no server":
        url = url.replace("//", f"//someone:{KEY}@").rsplit(":", 1)[0] + ":1"
    if way == "failing":
        served.faults = [fails(500, {"error": {"message": f"key {KEY} broke me"}})] * 9
    words += ["--endpoint", url, "--model", "tiny", "--retries", "1", "--data"]
    words += [str(tmp_path / "data"), "--out", str(tmp_path / "out")]
    words += ["--cache", str(tmp_path / "cache"), "--progress", "false"]
    monkeypatch.setattr(Patience, "__new__", _hasty(Patience.__new__))
    with caplog.at_level(logging.DEBUG):
        code = main(["evaluate", *words])
    printed = capfd.readouterr()
    assert code == (0 if way in ("key", "named", "user") else 2), printed.err
    shown = printed.out + printed.err + caplog.text
    if code == 0:
        assert f"{served.url}/v1" in (tmp_path / "out" / "evaluation.json").read_text()
        authorization = served.headers[-1]["authorization"]
        assert authorization.startswith("Basic " if way == "user" else f"Bearer {KEY}")
        shown += everything_written(tmp_path).decode("utf-8", "replace")
        shown += repr(encoder_of(EncoderOptions(endpoint=url, model="tiny"))._inner.__dict__)
        shown += repr(EncoderOptions(endpoint=url, model="tiny", api_key_env="MY_KEY"))
    else:
        assert printed.err.count("\n") == 1
        options = EncoderOptions(
            endpoint=url, model="tiny", retries=0, cache=tmp_path / "cache", progress=False
        )
        try:
            encoder_of(options).encode_queries(["a"], "en")
        except LingweaveError:
            shown += traceback.format_exc()
        assert "Traceback" in shown
    assert KEY not in shown
    assert "someone" not in shown


def _hasty(new: Any) -> Any:
    return lambda cls, retries=6, timeout=60.0, back_off=1.0: new(cls, retries, timeout, 0.001)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"endpoint": f"http://h/?api_key={KEY}", "model": "m"}, "no query but api-version"),
        ({"endpoint": f"ftp://{KEY}@h", "model": "m"}, "not an address of an HTTP server"),
        ({"endpoint": f"http://{KEY}:x", "model": "m"}, "not an address"),
        ({"endpoint": KEY, "model": "m"}, "not an address"),
        ({"api_key_env": KEY}, "not the name of an environment variable"),
        ({"api_key_env": "NOT_SET_ANYWHERE"}, "NOT_SET_ANYWHERE is not set"),
        ({"api_key_env": "k3y"}, "the variable is not set"),
        ({"api_key_env": "BROKEN"}, "what BROKEN holds is no key"),
        ({"api_key_env": "BROKEN", "endpoint": "http://u:p@h"}, "give one of them"),
    ],
)
def test_mistakes_around_secrets_do_not_repeat_them(
    options: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROKEN", f"{KEY} and more")
    given = {"endpoint": "http://localhost:1", "model": "m", **options}
    with pytest.raises(LingweaveError, match=words) as caught:
        encoder_of(EncoderOptions(**given))
    assert KEY not in traceback.format_exc()
    assert KEY not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_short_secrets_are_hidden_in_addresses_and_nowhere_else() -> None:
    secrets = Secrets(None, ("u", "p4ssword"))
    said = "Connection refused by http://u:p4ssword@h/v1, http://u@h and p4ssword"
    assert secrets.hidden(said) == "Connection refused by http://***@h/v1, http://***@h and ***"
    assert Secrets("ab", None).hidden("Bearer ab: absent") == "Bearer ***: absent"
    assert Secrets("long", None).hidden("no longer: long") == "no ***er: ***"


def test_addresses_with_and_without_their_usual_end(served: Served) -> None:
    for end in ("", "/", "/v1", "/v1/", "/v1/embeddings", "/v1?api-version=2"):
        options = EncoderOptions(endpoint=served.url + end, model="tiny", progress=False)
        assert encoder_of(options).describe()["endpoint"] == f"{served.url}/v1"
    for end in ("", "/", "/embed"):
        options = EncoderOptions(endpoint=served.url + end, api="tei", progress=False)
        assert encoder_of(options).describe()["endpoint"] == served.url
    assert address_of("https://[::1]:8/v1/")[0].url == "https://[::1]:8/v1"
