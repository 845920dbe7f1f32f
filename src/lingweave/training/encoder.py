"""Encoders to train: any sentence-transformers or transformers model, and two from nothing.

Code from a model's repository is never run, and weights are read from safetensors only.
"""

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import (
    Pooling,
    StaticEmbedding,
    Transformer,
)
from tokenizers import Tokenizer
from transformers import DistilBertConfig, DistilBertModel, PreTrainedTokenizerFast

from lingweave.encoders.loading import limit_of, read_model
from lingweave.encoders.sentence_transformer import model_folder
from lingweave.errors import LingweaveError
from lingweave.training.backbone import (
    check_static,
    leave_out_padding,
    prepare_backbone,
)
from lingweave.training.config import TrainConfig
from lingweave.training.kept import kept_tokenizer
from lingweave.training.tokenizer import SPECIAL, with_sentence_marks


def built_encoder(
    config: TrainConfig, texts: Callable[[], Iterable[str]], store: Path | None = None
) -> SentenceTransformer:
    """The encoder of a run before its first step, on the CPU, with the run's prompts.

    Args:
        config: the run.
        texts: gives all texts of the table, each time it is called; only encoders that start from
            nothing call it.
        store: the token store, which keeps the tokenizers that they train; None: none is kept.

    Raises:
        LingweaveError: the model is not there, holds no safetensors, or cannot be read.
    """
    if config.encoder == "static":
        tokenizer = kept_tokenizer(texts, config.vocabulary, store)
        model = static_encoder(tokenizer, config.dimension, config.seed)
    elif config.encoder == "transformer":
        tokenizer = kept_tokenizer(texts, config.vocabulary, store)
        model = transformer_encoder(tokenizer, config)
    else:
        model = loaded_encoder(config.encoder, config.pooling, config.weights)
        if isinstance(model[0], Transformer):
            prepare_backbone(model[0].model, config)
            if config.lora is not None:
                for module in list(model)[1:]:
                    module.requires_grad_(False)
        elif config.lora or config.gradient_checkpointing:
            name = "lora" if config.lora else "gradient_checkpointing"
            raise LingweaveError(f"{name}: {config.encoder!r} is no transformer; leave it out")
        elif isinstance(model[0], StaticEmbedding):
            check_static(config)
        longest = max(config.query_length, config.passage_length)
        if isinstance(model[0], Transformer):
            limit = limit_of(model[0].max_seq_length, model[0].model)
            model.max_seq_length = min(longest, limit or longest)
    if isinstance(model[0], Transformer):
        leave_out_padding(model[0], config)
    model.prompts = {
        "query": config.query_prompt,
        "document": config.passage_prompt,
        "passage": config.passage_prompt,
    }
    model.similarity_fn_name = "cosine"
    return model


def static_encoder(tokenizer: Tokenizer, dimension: int, seed: int) -> SentenceTransformer:
    """A bag of subwords: the mean of one vector a token. Fast on a CPU, blind to word order."""
    generator = torch.Generator().manual_seed(seed)
    # Rows of length about one: the gradient of a cosine falls with the length of the vectors.
    weights = torch.randn(tokenizer.get_vocab_size(), dimension, generator=generator)
    module = StaticEmbedding(tokenizer, embedding_weights=weights / dimension**0.5)
    return SentenceTransformer(modules=[module], device="cpu")


def transformer_encoder(tokenizer: Tokenizer, config: TrainConfig) -> SentenceTransformer:
    """A small DistilBERT with fresh weights and mean pooling."""
    longest = max(config.query_length, config.passage_length)
    wrapped = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=with_sentence_marks(tokenizer),
        **{f"{token[1:-1].lower()}_token": token for token in SPECIAL},
        model_max_length=longest,
        model_input_names=["input_ids", "attention_mask"],
    )
    shape = transformer_shape(config, tokenizer.get_vocab_size())
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        fresh = DistilBertModel(shape)
    # The library's module is only built from a folder.
    with tempfile.TemporaryDirectory() as folder:
        # Not by its own save_pretrained, which with several processes writes on the first only.
        shape.architectures = [type(fresh).__name__]
        shape.save_pretrained(folder)
        save_file(fresh.state_dict(), Path(folder) / "model.safetensors", {"format": "pt"})
        wrapped.save_pretrained(folder)
        module = Transformer(folder, max_seq_length=longest)
    pooling = "mean" if config.pooling == "auto" else config.pooling
    return SentenceTransformer(modules=[module, Pooling(config.dimension, pooling)], device="cpu")


def transformer_shape(config: TrainConfig, vocabulary: int) -> DistilBertConfig:
    """The configuration of the small transformer.

    Raises:
        LingweaveError: the dimension does not divide into heads of 32.
    """
    if config.dimension % 32:
        raise LingweaveError(
            f"dimension: {config.dimension} is not possible; give a multiple of 32 for transformer"
        )
    # DistilBERT is a BERT without a pooler: every weight in it is trained.
    return DistilBertConfig(
        vocab_size=vocabulary,
        dim=config.dimension,
        n_layers=config.layers,
        n_heads=config.dimension // 32,
        hidden_dim=4 * config.dimension,
        max_position_embeddings=max(config.query_length, config.passage_length),
        pad_token_id=SPECIAL.index("[PAD]"),
    )


def loaded_encoder(name: str, pooling: str = "auto", weights: str = "fp32") -> SentenceTransformer:
    """A model from a folder or from the hub (or its cache), on the CPU.

    Args:
        name: the folder or hub name.
        pooling: how vectors are pooled; auto: as the model says, else by its kind
            (``default_pooling``).
        weights: fp32 or bf16.

    Raises:
        LingweaveError: it is not there, holds no safetensors, or cannot be read.
    """
    folder = model_folder(name)
    try:
        return read_model(folder, name, pooling, weights, device="cpu")
    except (OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:200]
        raise LingweaveError(f"encoder: {name!r} cannot be read as a model: {reason}") from error
