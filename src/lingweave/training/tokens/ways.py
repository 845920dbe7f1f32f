"""How a model's texts become token ids, and token ids a batch of its inputs."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding, Transformer
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerBase

from lingweave.errors import LingweaveError
from lingweave.training.tokens.sequences import Sequences, joined

Features = dict[str, torch.Tensor]
_SAMPLES = ["Wo liegt Genf?", "ジュネーブはスイスにあります。" * 40, "a"]


class Way(Protocol):
    """What one kind of model does before its first layer."""

    def ids(self, texts: list[str], length: int) -> list[NDArray[np.int64]]:
        """Token ids of each text, special tokens included, at most ``length``."""
        ...

    def features(self, sequences: Sequences) -> Features:
        """The texts as one batch of the model's inputs."""
        ...


def way_of(model: SentenceTransformer, prompts: tuple[str, str], lengths: tuple[int, int]) -> Way:
    """How this model reads texts.

    Held against the library's own preprocessing on samples; a model that does more than tokenise
    (chat templates, query expansion, flattening) is refused rather than trained on inputs that it
    will not see later.

    Raises:
        LingweaveError: the model cannot be trained here.
    """
    first = model[0]
    if isinstance(first, StaticEmbedding):
        return _Static(first.tokenizer)
    if isinstance(first, Transformer) and isinstance(first.tokenizer, PreTrainedTokenizerBase):
        way = _Transformer(first.tokenizer)
        _agree(model, way, prompts, lengths)
        return way
    raise LingweaveError(
        f"encoder: a first module of type {type(first).__name__} cannot be trained here;"
        " give a text model with a tokenizer, or a static one"
    )


@dataclass(frozen=True)
class _Static:
    """A bag of tokens: ids of all texts in one row, and where each text begins."""

    tokenizer: Tokenizer

    def ids(self, texts: list[str], length: int) -> list[NDArray[np.int64]]:
        encodings = self.tokenizer.encode_batch(texts, add_special_tokens=False)
        return [np.array(e.ids[:length], dtype=np.int64) for e in encodings]

    def features(self, sequences: Sequences) -> Features:
        offsets = np.cumsum(sequences.sizes) - sequences.sizes
        return {
            "input_ids": torch.from_numpy(sequences.ids),
            "offsets": torch.from_numpy(offsets),
        }


@dataclass(frozen=True)
class _Transformer:
    """Ids padded to the longest text, on the tokenizer's own side, and a mask."""

    tokenizer: Any

    def ids(self, texts: list[str], length: int) -> list[NDArray[np.int64]]:
        found = self.tokenizer(
            texts,
            truncation="longest_first",
            max_length=length,
            return_attention_mask=False,
            return_token_type_ids=False,
        )
        return [np.array(ids, dtype=np.int64) for ids in found["input_ids"]]

    def features(self, sequences: Sequences) -> Features:
        sizes = sequences.sizes[:, None]
        width = int(sizes.max(initial=0))
        places = np.arange(width)
        left = self.tokenizer.padding_side == "left"
        real = places >= width - sizes if left else places < sizes
        ids = np.full(real.shape, self.tokenizer.pad_token_id or 0, np.int64)
        ids[real] = sequences.ids
        features = {
            "input_ids": torch.from_numpy(ids),
            "attention_mask": torch.from_numpy(real.astype(np.int64)),
        }
        if "token_type_ids" in self.tokenizer.model_input_names:
            features["token_type_ids"] = torch.zeros_like(features["input_ids"])
        return features


def _agree(
    model: SentenceTransformer, way: Way, prompts: tuple[str, str], lengths: tuple[int, int]
) -> None:
    zero = np.zeros(1, np.int64)
    for prompt, length in zip(prompts, lengths, strict=True):
        stock = model.preprocess(_SAMPLES, prompt=prompt, max_length=length)
        ids = way.ids([prompt + text for text in _SAMPLES], length)
        ours = way.features(joined([Sequences(x, zero + len(x), zero) for x in ids]))
        tensors = {k: v for k, v in stock.items() if isinstance(v, torch.Tensor)}
        if tensors.keys() != ours.keys() or not all(torch.equal(tensors[k], ours[k]) for k in ours):
            raise LingweaveError(
                "encoder: its preprocessing is more than tokenising (chat template, expansion or"
                " flattening), which training does not support yet; choose another model"
            )
