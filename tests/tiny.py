"""Models small enough to make in every test."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    AutoModel,
    Gemma3TextConfig,
    LlamaConfig,
    PreTrainedTokenizerFast,
    Qwen3Config,
)

from lingweave.training.tokenizer import trained_tokenizer

WORDS = ("[UNK]", "Query", "Passage", ":", "sky", "grass", "snow")


def tiny_model(folder: Path, seed: int = 0) -> Path:
    """A static model of seven words with the prompts that our trainer stores."""
    tokenizer = Tokenizer(models.WordLevel({w: i for i, w in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    weights = np.random.default_rng(seed).standard_normal((len(WORDS), 8)).astype(np.float32)
    static = StaticEmbedding(tokenizer, embedding_weights=weights)
    model = SentenceTransformer(
        modules=[static], prompts={"query": "Query: ", "document": "Passage: "}, device="cpu"
    )
    model.save(str(folder), create_model_card=False)
    return folder


def tiny_decoder(folder: Path, kind: str = "qwen3", texts: Iterable[str] = WORDS) -> Path:
    """A language model's backbone of two layers, 64 wide, as the hub would give it: without
    padding token, end mark or modules."""
    common = {
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 512,
    }
    tokenizer = trained_tokenizer(lambda: texts, 400)
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", eos_token="[SEP]"
    )
    common["vocab_size"] = len(wrapped)
    shapes = {
        "qwen3": lambda: Qwen3Config(**common, head_dim=16),
        "llama": lambda: LlamaConfig(**common),
        "gemma3": lambda: Gemma3TextConfig(**common, head_dim=16, sliding_window=16),
    }
    torch.manual_seed(0)
    AutoModel.from_config(shapes[kind]()).save_pretrained(folder)
    wrapped.save_pretrained(folder)
    return folder
