"""Options to encoders: what goes together, what is told apart, and models read in other ways."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from data import benchmark
from sentence_transformers import SentenceTransformer
from tiny import tiny_decoder, tiny_model
from transformers import AutoModel, AutoTokenizer

from lingweave.encoders.bm25 import bm25_scores
from lingweave.encoders.choice import EncoderOptions, encoder_of, identity_of, scores_of
from lingweave.encoders.random_vectors import RandomVectors
from lingweave.encoders.scores import Scores, encoder_scores
from lingweave.encoders.tfidf import tfidf_scores
from lingweave.errors import LingweaveError

BENCHMARK = benchmark(3)
URL = "http://localhost:1"


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_model(tmp_path_factory.mktemp("static") / "m"))


@pytest.fixture(scope="module")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    texts = ["sky is blue", "grass is green", "snow is white"] * 4
    return str(tiny_decoder(tmp_path_factory.mktemp("decoder") / "m", "llama", texts))


def blocks(scores: Scores) -> Iterator[np.ndarray]:
    for x, side in BENCHMARK.queries.items():
        if side.ids:
            yield scores.block(x, slice(0, len(side.ids)))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"encoder": "tfidf"}, tfidf_scores(BENCHMARK)),
        ({"encoder": "bm25"}, bm25_scores(BENCHMARK)),
        ({"encoder": "random", "seed": 3}, encoder_scores(RandomVectors(3), BENCHMARK)),
    ],
)
def test_a_name_gives_its_scores(options: dict[str, Any], expected: Scores) -> None:
    found = scores_of(EncoderOptions(**options), BENCHMARK)
    assert found.provenance == expected.provenance
    for one, other in zip(blocks(found), blocks(expected), strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_encodes_and_what_does_not() -> None:
    assert encoder_of(EncoderOptions(encoder="random", seed=2)) == RandomVectors(2)
    for options in ({"encoder": "bm25"}, {"encoder": "tfidf"}, {"vectors": Path("v.npz")}):
        with pytest.raises(LingweaveError, match="encodes no new texts; give --model"):
            encoder_of(EncoderOptions(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "exactly one of --model, --endpoint, --encoder and --vectors .none given"),
        ({"endpoint": URL, "encoder": "tfidf"}, "--endpoint and --encoder given"),
        ({"model": "m", "vectors": Path("v")}, "--model and --vectors given"),
        ({"endpoint": URL}, "give --model too"),
        ({"endpoint": URL, "api": "tei", "model": "m"}, "serves one model; leave it out"),
        ({"endpoint": URL, "api": "x", "model": "m"}, "--api x: choose from openai, tei"),
        ({"encoder": "x"}, "choose from tfidf, bm25, random, oracle"),
        ({"encoder": "bm25", "similarity": "dot"}, "bm25 has one similarity"),
        ({"encoder": "bm25", "query_prompt": "q"}, "--query_prompt: only goes with --model and"),
        ({"encoder": "bm25", "cache": Path("c")}, "--cache: only goes with"),
        ({"vectors": Path("v"), "truncate_dim": 3}, "--truncate_dim: only goes with"),
        ({"model": "m", "retries": 2}, "--retries: only goes with --endpoint"),
        ({"model": "m", "api_key_env": "sk-secret"}, "--api_key_env: only goes with --endpoint"),
        ({"model": "m", "endpoint": URL, "pooling": "cls"}, "--pooling: only goes with a --model"),
        ({"model": "m", "endpoint": URL, "dtype": "bf16"}, "--dtype: only goes with a --model"),
        ({"model": "m", "ray": "local"}, "--ray: encodes shards; give --shards too"),
        ({"encoder": "bm25", "shards": Path("s")}, "--shards: only goes with --model and"),
        ({"model": "m", "pooling": "max"}, "--pooling max: choose from mean, cls, lasttoken"),
        ({"model": "m", "max_length": 0}, "--max_length 0: must be 1 or more"),
        ({"model": "m", "endpoint": URL, "concurrency": 0}, "--concurrency 0: must be 1"),
        ({"model": "m", "endpoint": URL, "timeout": 0}, "--timeout 0: must be more than 0"),
        ({"model": "m", "endpoint": URL, "texts_per_minute": -1}, "--texts_per_minute -1: must"),
        ({"model": "m", "endpoint": URL, "retries": -1}, "--retries -1: must be 0 or more"),
        ({"model": "m", "endpoint": URL, "truncate": False}, "--truncate: only goes with --api te"),
        ({"model": "m", "endpoint": URL, "query_prompt_name": "q"}, "only goes with --api tei"),
        ({"endpoint": URL, "api": "tei", "encoding_format": "base64"}, "goes with --api openai"),
        (
            {"endpoint": URL, "api": "tei", "query_prompt": "a", "query_prompt_name": "b"},
            "--query_prompt_name: there is a --query_prompt; give one",
        ),
    ],
)
def test_options_that_do_not_go_together(options: dict[str, Any], words: str) -> None:
    with pytest.raises(LingweaveError, match=words) as caught:
        EncoderOptions(**options)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_what_decides_the_vectors_decides_the_identity(static: str, tmp_path: Path) -> None:
    base = {"model": static}
    plain = identity_of(EncoderOptions(**base))  # type: ignore[arg-type]
    assert plain.keys() == {"encoder", "similarity", "dtype", "model"}
    for same in ({"batch_size": 3}, {"device": "cpu"}, {"cache": tmp_path}, {"progress": False}):
        assert identity_of(EncoderOptions(**base, **same)) == plain  # type: ignore[arg-type]
    for other in (
        {"query_prompt": ""}, {"truncate_dim": 2}, {"pooling": "cls"}, {"max_length": 3},
        {"similarity": "dot"}, {"dtype": "bf16"},
    ):  # fmt: skip
        assert identity_of(EncoderOptions(**base, **other)) != plain  # type: ignore[arg-type]
    served = EncoderOptions(endpoint="http://user:secret@h:1", model="m", api_key_env="")
    assert identity_of(served)["endpoint"]["address"] == "http://h:1/v1"
    assert "secret" not in json.dumps(identity_of(served))
    other = EncoderOptions(endpoint="http://h:1", model="other")
    assert identity_of(served) != identity_of(other)


def test_prompts_replace_the_models_own(static: str) -> None:
    plain = SentenceTransformer(static, device="cpu")
    own = encoder_of(EncoderOptions(model=static, device="cpu"))
    assert own.describe()["prompts"] == {"query": "Query: ", "document": "Passage: "}
    given = encoder_of(
        EncoderOptions(model=static, device="cpu", query_prompt="grass ", passage_prompt="")
    )
    for found, prompt in (
        (own.encode_queries(["sky"], "en"), "Query: "),
        (given.encode_queries(["sky"], "en"), "grass "),
        (given.encode_passages(["sky"], "en"), ""),
    ):
        np.testing.assert_allclose(found, plain.encode([prompt + "sky"], prompt=""), rtol=1e-6)
    assert given.describe()["prompts"] == {"query": "grass "}


def test_fewer_numbers(static: str) -> None:
    whole = encoder_of(EncoderOptions(model=static)).encode_queries(["sky snow"], "en")
    cut = encoder_of(EncoderOptions(model=static, truncate_dim=3))
    np.testing.assert_array_equal(cut.encode_queries(["sky snow"], "en"), whole[:, :3])
    with pytest.raises(LingweaveError, match=r"--truncate_dim 9: vectors of .* have 8 numbers"):
        encoder_of(EncoderOptions(model=static, truncate_dim=9))


def test_a_static_model_pools_and_cuts_nothing(static: str) -> None:
    with pytest.raises(LingweaveError, match=r"--pooling cls: .* pools nothing"):
        encoder_of(EncoderOptions(model=static, pooling="cls"))
    with pytest.raises(LingweaveError, match=r"--max_length 3: .* reads texts of any length"):
        encoder_of(EncoderOptions(model=static, max_length=3))


def hidden(decoder: str, text: str, longest: int | None = None) -> torch.Tensor:
    """The last layer's states of a text's tokens, the end mark included."""
    tokenizer = AutoTokenizer.from_pretrained(decoder)
    ids = [*tokenizer(text)["input_ids"], tokenizer.eos_token_id]
    if longest is not None:
        ids = [*ids[:-1][: longest - 1], ids[-1]]
    model = AutoModel.from_pretrained(decoder, dtype=torch.float32).eval()
    with torch.no_grad():
        states: torch.Tensor = model(torch.tensor([ids])).last_hidden_state[0]
    return states


def test_a_plain_decoder_reads_the_last_token_or_as_asked(decoder: str) -> None:
    texts = ["sky is blue", "snow"]
    last = encoder_of(EncoderOptions(model=decoder, device="cpu", query_prompt="green "))
    expected = torch.stack([hidden(decoder, f"green {text}")[-1] for text in texts])
    found = last.encode_queries(texts, "en")
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-4, atol=1e-5)
    assert last.describe()["pooling"] == "lasttoken"
    first = encoder_of(EncoderOptions(model=decoder, device="cpu", pooling="cls"))
    expected = torch.stack([hidden(decoder, text)[0] for text in texts])
    found = first.encode_passages(texts, "en")
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-4, atol=1e-5)


def test_a_model_reads_so_many_tokens(decoder: str) -> None:
    short = encoder_of(EncoderOptions(model=decoder, device="cpu", max_length=4))
    found = short.encode_queries(["sky is blue grass is green"], "en")
    expected = hidden(decoder, "sky is blue grass is green", longest=4)[-1]
    np.testing.assert_allclose(found[0], expected.numpy(), rtol=1e-4, atol=1e-5)
    assert short.describe()["max_length"] == 4
    with pytest.raises(LingweaveError, match=r"--max_length 999: .* has positions for 512 tokens"):
        encoder_of(EncoderOptions(model=decoder, max_length=999))


def test_a_model_with_a_cache_encodes_nothing_twice(
    static: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = encoder_of(EncoderOptions(model=static))
    options = EncoderOptions(model=static, cache=tmp_path, batch_size=1, progress=False)
    texts = [" ".join(["sky"] * i + ["snow"]) for i in range(40)]
    first = encoder_of(options)
    expected = plain.encode_passages(texts, "en")
    np.testing.assert_allclose(first.encode_passages(texts, "en"), expected, rtol=1e-6)
    assert first.describe() | {"batch_size": 64} == plain.describe()

    def never(*_: object, **__: object) -> None:
        raise AssertionError("encoded again")

    monkeypatch.setattr(SentenceTransformer, "encode_document", never)
    again = encoder_of(options).encode_passages(texts, "en")
    np.testing.assert_array_equal(again, first.encode_passages(texts, "en"))
    prompted = EncoderOptions(model=static, cache=tmp_path, passage_prompt="x", progress=False)
    with pytest.raises(AssertionError, match="encoded again"):
        encoder_of(prompted).encode_passages(texts, "en")


def test_vectors_in_shards_give_the_same_scores(static: str, tmp_path: Path) -> None:
    plain = scores_of(EncoderOptions(model=static, progress=False), BENCHMARK)
    options = EncoderOptions(model=static, shards=tmp_path / "s", progress=False)
    found = scores_of(options, BENCHMARK)
    for one, other in zip(blocks(found), blocks(plain), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    assert any((tmp_path / "s").rglob("*"))
