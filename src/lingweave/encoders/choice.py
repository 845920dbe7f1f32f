"""From the options of a command to its encoder, or to that encoder's scores."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lingweave.benchmark import Benchmark
from lingweave.encoders.options import EncoderOptions
from lingweave.encoders.oracle import oracle_scores
from lingweave.encoders.random_vectors import RandomVectors
from lingweave.encoders.scores import Encoder, Scores, encoder_scores
from lingweave.encoders.vectors import vectors_scores
from lingweave.errors import LingweaveError
from lingweave.sources.atlas import fact_of
from lingweave.sources.rows import cache_folder

if TYPE_CHECKING:
    from lingweave.encoders.address import Address
    from lingweave.encoders.apis import Api
    from lingweave.encoders.endpoint import EndpointEncoder
    from lingweave.encoders.sentence_transformer import SentenceTransformerEncoder

__all__ = ["ENCODERS", "EncoderOptions", "encoder_of", "identity_of", "scores_of"]

# Torch, scikit-learn and HTTP take seconds to import: only those who need one wait for it.


def _tfidf(benchmark: Benchmark, options: EncoderOptions) -> Scores:
    from lingweave.encoders.tfidf import tfidf_scores

    return tfidf_scores(benchmark)


def _bm25(benchmark: Benchmark, options: EncoderOptions) -> Scores:
    from lingweave.encoders.bm25 import bm25_scores

    return bm25_scores(benchmark)


ENCODERS: dict[str, Callable[[Benchmark, EncoderOptions], Scores]] = {
    "tfidf": _tfidf,
    "bm25": _bm25,
    "random": lambda benchmark, options: encoder_scores(
        RandomVectors(options.seed or 0), benchmark
    ),
    "oracle": lambda benchmark, options: oracle_scores(benchmark, fact_of),
}
"""Names of encoders that need no model to their scores."""


def scores_of(options: EncoderOptions, benchmark: Benchmark) -> Scores:
    """The chosen encoder's scores on a benchmark.

    Raises:
        LingweaveError: the encoder cannot be had, or does not fit the benchmark.
    """
    if options.encoder is not None:
        return ENCODERS[options.encoder](benchmark, options)
    if options.vectors is not None:
        return vectors_scores(options.vectors, benchmark, options.similarity)
    if options.shards is not None:
        return _sharded(options, options.shards, benchmark)
    return encoder_scores(encoder_of(options), benchmark, options.similarity)


def _sharded(options: EncoderOptions, folder: Path, benchmark: Benchmark) -> Scores:
    from lingweave.encoders.shards import ShardOptions
    from lingweave.encoders.streamed import sharded_scores

    identity = identity_of(options)
    del identity["similarity"]  # It decides how vectors are compared, not what they are.
    return sharded_scores(
        partial(encoder_of, options),
        benchmark,
        ShardOptions(folder, ray=options.ray),
        identity,
        options.similarity,
        options.device,
    )


def encoder_of(options: EncoderOptions) -> Encoder:
    """The chosen encoder of texts into vectors.

    Raises:
        LingweaveError: it cannot be had, or what was chosen gives scores and no vectors.
    """
    if options.encoder == "random":
        return RandomVectors(options.seed or 0)
    if options.model is None and options.endpoint is None:
        what = options.encoder or "vectors"
        raise LingweaveError(
            f"--{'encoder ' if options.encoder else ''}{what}: encodes no new texts; give --model,"
            " --endpoint or --encoder random"
        )
    from lingweave.encoders.cache import CachedEncoder

    if options.endpoint is not None:
        folder = options.cache or cache_folder() / "vectors"
        return CachedEncoder(_endpoint(options), folder, probed=True, progress=options.progress)
    model = _model(options, options.model)
    if options.cache is None:
        return model
    return CachedEncoder(model, options.cache, progress=options.progress)


def _model(options: EncoderOptions, name: str | None) -> "SentenceTransformerEncoder":
    assert name is not None
    from lingweave.encoders.sentence_transformer import SentenceTransformerEncoder

    how = {
        key: getattr(options, key)
        for key in ("pooling", "query_prompt", "passage_prompt", "max_length", "truncate_dim")
    }
    if options.dtype == "int8":
        from lingweave.encoders.onnx import OnnxEncoder

        return OnnxEncoder(name, options.batch_size, options.progress, **how)
    return SentenceTransformerEncoder(
        name, options.batch_size, options.dtype, options.device, options.progress, **how
    )


def identity_of(options: EncoderOptions) -> dict[str, Any]:
    """What decides the encoder's part of a figure: plain JSON values, without secrets.

    A model is told by the checksum of its files and a vectors file by its own, so that neither
    moving nor overwriting one goes unnoticed; an endpoint by its address and what is asked of it.
    Batch size, device and places are left out.
    """
    kept: dict[str, Any] = {
        name: getattr(options, name) for name in ("encoder", "similarity", "dtype")
    }
    if options.encoder == "random":
        kept["seed"] = options.seed or 0
    for name in ("query_prompt", "passage_prompt", "pooling", "max_length", "truncate_dim"):
        if getattr(options, name) is not None:
            kept[name] = getattr(options, name)
    if options.endpoint is not None:
        api = _api(options)
        kept["endpoint"] = {"address": _address(options)[0].url, "api": options.api, **asdict(api)}
    elif options.model is not None:
        from lingweave.encoders.routes import has_routes
        from lingweave.encoders.sentence_transformer import identity, model_folder

        folder = model_folder(options.model)
        kept["model"] = identity(options.model, folder)["sha256"]
        if options.dtype == "int8":
            from lingweave.encoders.onnx import onnx_sha256

            kept["onnx"] = onnx_sha256(folder)
        if has_routes(folder):
            kept["by_language"] = True
    if options.vectors is not None:
        kept["vectors"] = _sha256(options.vectors)
    return kept


def _endpoint(options: EncoderOptions) -> "EndpointEncoder":
    from lingweave.encoders.address import OPENAI_KEY, secrets_of
    from lingweave.encoders.client import Client, Patience
    from lingweave.encoders.endpoint import EndpointEncoder, Prompts
    from lingweave.encoders.pace import Pace

    address, user = _address(options)
    default = OPENAI_KEY if options.api == "openai" else None
    client = Client(
        address,
        secrets_of(user, options.api_key_env, default),
        Patience(options.retries, options.timeout),
        Pace(options.requests_per_minute, options.texts_per_minute),
    )
    prompts = Prompts(options.query_prompt or "", options.passage_prompt or "")
    return EndpointEncoder(_api(options), client, prompts, options.batch_size, options.concurrency)


def _address(options: EncoderOptions) -> "tuple[Address, tuple[str, str] | None]":
    """Where requests go; people give the address with or without its usual end."""
    from lingweave.encoders.address import address_of

    assert options.endpoint is not None
    address, user = address_of(options.endpoint)
    url = address.url.removesuffix(_api(options).path)
    if options.api == "openai" and url.count("/") == 2:
        url += "/v1"
    return address._replace(url=url), user


def _api(options: EncoderOptions) -> "Api":
    from lingweave.encoders.apis import OpenAI, Tei

    if options.api == "openai":
        assert options.model is not None
        return OpenAI(options.model, options.truncate_dim, options.encoding_format)
    return Tei(
        truncate=options.truncate,
        normalize=options.similarity == "cosine",
        query_prompt_name=options.query_prompt_name,
        passage_prompt_name=options.passage_prompt_name,
        dimensions=options.truncate_dim,
    )


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise LingweaveError(f"--vectors {path}: cannot be read ({error.strerror})") from error
