"""A sentence-transformers model small enough to make in every test."""

from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer, models, pre_tokenizers

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
