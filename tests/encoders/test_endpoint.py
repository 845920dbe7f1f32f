"""Endpoints: the figures of the model they serve, each text asked for once."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from asked import TEXTS, answers, encoder_at, rows, vectors_of
from data import lareqa_folder
from served import Handler, Served, serving
from tiny import tiny_model

from lingweave.encoders import endpoint as endpoint_module
from lingweave.encoders.apis import OpenAI, Tei
from lingweave.encoders.choice import EncoderOptions, encoder_of
from lingweave.encoders.endpoint import Prompts
from lingweave.errors import LingweaveError
from lingweave.evaluate import EvaluateConfig, run

pytestmark = pytest.mark.usefixtures("one_context")


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
