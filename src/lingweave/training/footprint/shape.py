"""An encoder as its configuration describes it: all of its layers, none of its numbers."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import torch
from huggingface_hub import snapshot_download
from sentence_transformers.sentence_transformer.modules import Pooling
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel

from lingweave.encoders.loading import DTYPES, default_pooling, limit_of
from lingweave.errors import LingweaveError, NotFetchedError
from lingweave.training.backbone import prepare_backbone
from lingweave.training.config import TrainConfig
from lingweave.training.defaults import optimizer_of
from lingweave.training.encoder import transformer_shape
from lingweave.training.sharding import layers_of
from lingweave.training.tokens import Features

_DESCRIBING = ["*.json", "*.txt", "*.model"]
"""What of a model on the hub is fetched for a plan: its description and tokenizer, no weights."""


class Described(NamedTuple):
    """What is known of an encoder before its weights are read."""

    config: PretrainedConfig | None
    """The backbone's; None for a static encoder."""
    pooling: str
    """How vectors are pooled."""
    heads: tuple[tuple[int, int], ...] = ()
    """Widths (in, out) of the linear layers behind the pooling."""
    folder: Path | None = None
    """Where the backbone's files are; None for encoders that start from nothing."""


def described(config: TrainConfig) -> Described:
    """The encoder of a run, from ``config.json`` and the like; weights need not be there.

    Raises:
        LingweaveError: there is no such configuration, or it cannot be read.
    """
    auto = config.pooling == "auto"
    if config.encoder == "static":
        return Described(None, "mean")
    if config.encoder == "transformer":
        shape = transformer_shape(config, config.vocabulary)
        return Described(shape, "mean" if auto else config.pooling)
    root = _root(config.encoder)
    parts = _modules(root)
    folder = root / parts[0].get("path", "") if parts else root
    if parts and "StaticEmbedding" in parts[0]["type"]:
        raise LingweaveError(
            "plan_only: a static encoder from a folder cannot be planned; its weights are its size"
        )
    try:
        shape = AutoConfig.from_pretrained(str(folder), local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())[:160]
        raise LingweaveError(f"encoder: {folder} has no readable config.json: {reason}") from error
    pooling, heads = default_pooling(shape, config.encoder), []
    for part in parts[1:]:
        given = _json(root / part.get("path", "") / "config.json")
        if part["type"].endswith("Pooling"):
            pooling = _pooling_mode(given)
        elif part["type"].endswith("Dense"):
            heads.append((given["in_features"], given["out_features"]))
    return Described(shape, pooling if auto else config.pooling, tuple(heads), folder)


def _root(name: str) -> Path:
    if Path(name).is_dir():
        return Path(name)
    try:
        return Path(snapshot_download(name, allow_patterns=_DESCRIBING))
    except Exception as error:  # Offline, unknown name, no access: each its own exception.
        reason = " ".join(str(error).split())[:160]
        raise NotFetchedError(
            f"encoder: {name!r} is no folder, and the hub does not give its config.json ({reason})"
        ) from error


def _modules(root: Path) -> list[dict[str, Any]]:
    """The parts of a sentence-transformers model; none for a plain transformers one."""
    path = root / "modules.json"
    return list(_json(path)) if path.is_file() else []


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LingweaveError(f"encoder: {path} cannot be read: {error}") from error


def _pooling_mode(given: dict[str, Any]) -> str:
    if "pooling_mode" in given:
        return str(given["pooling_mode"])
    flags = {"cls_token": "cls", "max_tokens": "max", "lasttoken": "lasttoken"}
    return next((mode for flag, mode in flags.items() if given.get(f"pooling_mode_{flag}")), "mean")


class Bag(nn.Module):
    """A static encoder: the mean of one vector a token."""

    def __init__(self, config: TrainConfig) -> None:
        super().__init__()
        self.by_rows = optimizer_of(config, static=True) == "rowwise"
        """Whether the gradient is of the rows that the tokens name, and not of the whole table."""
        self.embedding = nn.EmbeddingBag(config.vocabulary, config.dimension, mode="mean")

    def forward(self, features: Features) -> Tensor:
        """(texts, d)."""
        given = features["input_ids"], features["offsets"]
        if self.by_rows:
            return _Means.apply(*given, self.embedding.weight)  # type: ignore[no-any-return, no-untyped-call]
        vectors: Tensor = self.embedding(*given)
        return vectors


class _Means(torch.autograd.Function):
    """What ``lookup._Means`` allocates, with a row for each token: without data nobody knows how
    many of them are the same."""

    @staticmethod
    def forward(ctx: Any, ids: Tensor, offsets: Tensor, table: Tensor) -> Tensor:
        ctx.save_for_backward(ids, offsets)
        ctx.rows = min(len(ids), len(table))
        return functional.embedding_bag(ids, table, offsets, mode="mean")

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, None, None]:
        (ids, offsets), (gradient,) = ctx.saved_tensors, gradients
        bags, by_row, order, of_sorted = (torch.empty_like(ids) for _ in range(4))
        rows, counts = (ids.new_empty(ctx.rows) for _ in range(2))
        shares = gradient / offsets.new_ones(len(offsets)).unsqueeze(1)
        shares.new_empty((ctx.rows, shares.shape[1]))
        del bags, by_row, order, of_sorted, rows, counts
        return None, None, None


class Stack(nn.Module):
    """A transformer, its pooling and what stands behind it."""

    def __init__(self, shape: Described, config: TrainConfig) -> None:
        super().__init__()
        own = shape.config
        assert own is not None
        if hasattr(own, "use_cache"):
            own.use_cache = False
        self.backbone = _backbone(own, config)
        text = own.get_text_config()
        self.pooling = Pooling(text.hidden_size, shape.pooling)
        dtype = DTYPES[config.weights]
        self.heads = nn.Sequential(*(nn.Linear(*width, dtype=dtype) for width in shape.heads))
        prepare_backbone(self.backbone, config)
        if config.lora is not None:
            self.heads.requires_grad_(False)
        if own.is_encoder_decoder:
            # As sentence-transformers does, only the encoder is used.
            self.backbone = self.backbone.get_encoder()

    def forward(self, features: Features) -> Tensor:
        """(texts, d)."""
        found = self.backbone(**features, return_dict=True).last_hidden_state
        given = {"token_embeddings": found, "attention_mask": features["attention_mask"]}
        vectors: Tensor = self.heads(self.pooling(given)["sentence_embedding"])
        return vectors


def limit(shape: Described, config: TrainConfig) -> int | None:
    """Tokens that the encoder reads at most; None: any number.

    Raises:
        LingweaveError: no encoder can be made of the configuration.
    """
    if shape.config is None:
        return None
    with torch.device("meta"):
        backbone = _backbone(shape.config, config)
    return limit_of(_own_limit(shape.folder, config), backbone)


def _own_limit(folder: Path | None, config: TrainConfig) -> int | None:
    """What a model's files say of it: sentence-transformers' own first, if it is one of theirs."""
    if folder is None:
        return None
    by_them = _modules(_root(config.encoder))
    theirs = folder.glob("sentence_*_config.json") if by_them else ()
    for path, key in (
        *((path, "max_seq_length") for path in theirs),
        (folder / "tokenizer_config.json", "model_max_length"),
    ):
        found = _json(path).get(key) if path.is_file() else None
        if found is not None:
            return int(found)
    return None


def _backbone(shape: PretrainedConfig, config: TrainConfig) -> PreTrainedModel:
    try:
        return AutoModel.from_config(  # type: ignore[no-untyped-call,no-any-return]
            shape, dtype=DTYPES[config.weights]
        )
    except (ValueError, KeyError, ImportError, AttributeError) as error:
        reason = " ".join(str(error).split())[:160]
        raise LingweaveError(
            f"plan_only: no encoder can be made of {config.encoder}'s config.json: {reason}"
        ) from error


def shaped_encoder(shape: Described, config: TrainConfig) -> nn.Module:
    """The encoder on the meta device, ready to be trained.

    Raises:
        LingweaveError: the run asks for what the model cannot do.
    """
    with torch.device("meta"):
        encoder = Bag(config) if shape.config is None else Stack(shape, config)
    return encoder.train()


def as_on_cpu(encoder: nn.Module) -> None:
    """Puts CPU tensors in the place of an encoder's meta tensors: without data, if it is called
    within a ``FakeTensorMode``. Kernels and autocast are then chosen as on a CPU."""
    moved: dict[int, Tensor] = {}
    for module in encoder.modules():
        for held in (module._parameters, module._buffers):
            for name, tensor in held.items():
                if tensor is not None and tensor.is_meta:
                    if id(tensor) not in moved:  # Tied weights stay tied.
                        new = torch.empty(tensor.shape, dtype=tensor.dtype)
                        trained = tensor.requires_grad
                        moved[id(tensor)] = (
                            nn.Parameter(new, trained) if isinstance(tensor, nn.Parameter) else new
                        )
                    held[name] = moved[id(tensor)]  # type: ignore[assignment]


def layer_sizes(encoder: nn.Module) -> list[int]:
    """Parameters of each of the layers that FSDP puts together one at a time."""
    return [sum(p.numel() for p in layer.parameters()) for layer in layers_of(encoder)]


def features_of(rows: int, width: int, static: bool, tokens: int) -> Features:
    """A chunk of texts as the encoder takes it, without data.

    Args:
        rows: texts.
        width: tokens of the longest.
        static: whether texts are bags of tokens.
        tokens: tokens of all texts, without padding.
    """
    if static:
        ids, offsets = (torch.zeros(n, dtype=torch.int64) for n in (tokens, rows))
        return {"input_ids": ids, "offsets": offsets}
    names = ("input_ids", "attention_mask")
    return {name: torch.zeros((rows, width), dtype=torch.int64) for name in names}
