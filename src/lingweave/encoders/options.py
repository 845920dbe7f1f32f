"""The options that every command with an encoder shares, and which of them go together."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from lingweave.errors import LingweaveError, refuse_unused

CHOICES = ("model", "endpoint", "encoder", "vectors")
"""Of these options one is given."""


@dataclass(frozen=True, kw_only=True)
class EncoderOptions:
    """What turns texts into scores: a model, an endpoint, a floor or a file of vectors."""

    model: str | None = None
    """A sentence-transformers or transformers model: a folder, or a name on the hub; with an
    endpoint, the name that it knows the model by."""
    endpoint: str | None = field(default=None, repr=False)
    """Address of a server that gives vectors, such as http://localhost:8080/v1, in place of a model
    here."""
    api: Literal["openai", "tei"] = "openai"
    """How the endpoint is asked: openai, POST /v1/embeddings, served by many; tei, POST /embed of
    text-embeddings-inference."""
    api_key_env: str | None = field(default=None, repr=False)
    """Name of the environment variable that holds the endpoint's key; with openai OPENAI_API_KEY by
    default, if that is set; '' sends none."""
    encoder: Literal["tfidf", "bm25", "random", "oracle"] | None = None
    """A floor or ceiling in place of a model: a name of `ENCODERS`."""
    vectors: Path | None = None
    """An .npz file with arrays q_<language> and c_<language> in place of a model."""
    similarity: Literal["cosine", "dot"] = "cosine"
    """cosine: L2-normalised and scored in fp32; dot: vectors as they are."""
    query_prompt: str | None = None
    """What stands before each query; by default a model's own, and nothing with an endpoint."""
    passage_prompt: str | None = None
    """What stands before each passage; by default a model's own, and nothing with an endpoint."""
    query_prompt_name: str | None = None
    """With tei: name of the prompt of the served model that goes before queries."""
    passage_prompt_name: str | None = None
    """With tei: name of the prompt of the served model that goes before passages."""
    pooling: Literal["mean", "cls", "lasttoken"] | None = None
    """How a model's token vectors become one; by default as the model says, and for a plain
    transformers model by its kind: the last token of decoders, cls for LaBSE, else the mean."""
    max_length: int | None = None
    """Tokens of a text that a model reads; by default as the model says."""
    truncate: bool = True
    """With tei: whether the endpoint cuts texts that are too long, instead of refusing them."""
    truncate_dim: int | None = None
    """Numbers of each vector that are kept, from the first; an openai endpoint is asked for so
    many (`dimensions`)."""
    seed: int | None = None
    """Seed of the random encoder (0 by default) and of the atlas (31 by default)."""
    batch_size: int = 64
    """Texts a model encodes together, or an endpoint is sent in one request at most."""
    dtype: Literal["fp32", "bf16", "int8"] = "fp32"
    """A model's arithmetic; bf16 is faster where the processor has it, int8 on CPUs with a model
    that `lingweave shrink` wrote."""
    device: str | None = None
    """Where a model encodes, such as cpu or cuda; by default an accelerator if there is one."""
    cache: Path | None = None
    """Folder where vectors are kept, so that no text is encoded twice; by default only an
    endpoint's, in lingweave's cache."""
    shards: Path | None = None
    """Folder for the vectors of corpora past memory: encoded in parts, each once, and ranked from
    the disk where they do not fit in memory."""
    ray: str | None = None
    """With shards: address of a Ray cluster that encodes them; local starts one."""
    concurrency: int = 4
    """Requests that an endpoint is sent at once."""
    requests_per_minute: float | None = None
    """Requests that an endpoint is sent a minute at most."""
    texts_per_minute: float | None = None
    """Texts that an endpoint is sent a minute at most."""
    timeout: float = 60.0
    """Seconds that an endpoint has to answer."""
    retries: int = 6
    """How often a request is tried again, after growing waits or as long as the endpoint asks."""
    encoding_format: Literal["float", "base64"] = "float"
    """With openai: how vectors are sent; base64 is shorter, and not every server has it."""
    progress: bool = True
    """Whether to show progress while texts are encoded."""

    def __post_init__(self) -> None:
        named = bool(self.endpoint and self.model)
        given = [
            name for name in CHOICES if getattr(self, name) and not (named and name == "model")
        ]
        if len(given) != 1:
            raise LingweaveError(
                "give exactly one of --model, --endpoint, --encoder and --vectors"
                f" ({' and '.join(f'--{name}' for name in given) or 'none'} given)"
            )
        _check_values(self)
        _check_together(self)


_FOR_TEI = ("query_prompt_name", "passage_prompt_name", "truncate")
_FOR_ENDPOINTS = (
    "api", "api_key_env", *_FOR_TEI, "concurrency", "requests_per_minute", "texts_per_minute",
    "timeout", "retries", "encoding_format",
)  # fmt: skip
_FOR_MODELS = ("pooling", "max_length", "dtype", "device")
_FOR_BOTH = ("query_prompt", "passage_prompt", "truncate_dim", "cache", "shards", "ray")


def _check_values(options: EncoderOptions) -> None:
    for name, known in (
        ("encoder", ("tfidf", "bm25", "random", "oracle")),
        ("api", ("openai", "tei")),
        ("similarity", ("cosine", "dot")),
        ("dtype", ("fp32", "bf16", "int8")),
        ("pooling", ("mean", "cls", "lasttoken")),
        ("encoding_format", ("float", "base64")),
    ):
        value = getattr(options, name)
        if value is not None and value not in known:
            raise LingweaveError(f"--{name} {value}: choose from {', '.join(known)}")
    for name in ("batch_size", "concurrency", "max_length", "truncate_dim"):
        value = getattr(options, name)
        if value is not None and value < 1:
            raise LingweaveError(f"--{name} {value}: must be 1 or more")
    for name in ("requests_per_minute", "texts_per_minute", "timeout"):
        value = getattr(options, name)
        if value is not None and not 0 < value < float("inf"):
            raise LingweaveError(f"--{name} {value}: must be more than 0")
    for name in ("retries", "seed"):
        value = getattr(options, name)
        if value is not None and value < 0:
            raise LingweaveError(f"--{name} {value}: must be 0 or more")


def _check_together(options: EncoderOptions) -> None:
    if options.encoder is not None and options.similarity == "dot":
        raise LingweaveError(
            f"--similarity dot: {options.encoder} has one similarity; it goes with --model,"
            " --endpoint and --vectors"
        )
    if options.dtype == "int8" and options.device not in (None, "cpu"):
        raise LingweaveError(f"--device {options.device}: --dtype int8 runs on the CPU only")
    local = options.model is not None and options.endpoint is None
    for names, fits, whose in (
        (_FOR_ENDPOINTS, options.endpoint is not None, "--endpoint"),
        (_FOR_MODELS, local, "a --model that is run here"),
        (_FOR_BOTH, local or options.endpoint is not None, "--model and --endpoint"),
    ):
        if not fits:
            refuse_unused(options, names, f"only goes with {whose}; leave it out")
    if options.ray is not None and options.shards is None:
        raise LingweaveError("--ray: encodes shards; give --shards too, a folder for them")
    if options.shards is not None and options.cache is not None:
        raise LingweaveError("--cache: --shards keeps all vectors; give one of them")
    if options.endpoint is None:
        return
    if options.api == "openai":
        if options.model is None:
            raise LingweaveError(
                "--endpoint: with --api openai give --model too, the name that the endpoint knows"
                " the model by"
            )
        refuse_unused(options, _FOR_TEI, "only goes with --api tei; leave it out")
    elif options.model is not None:
        raise LingweaveError("--model: a tei endpoint serves one model; leave it out")
    elif options.encoding_format != "float":
        raise LingweaveError("--encoding_format: only goes with --api openai; leave it out")
    for side in ("query", "passage"):
        if getattr(options, f"{side}_prompt") and getattr(options, f"{side}_prompt_name"):
            raise LingweaveError(f"--{side}_prompt_name: there is a --{side}_prompt; give one")
