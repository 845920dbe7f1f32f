"""How a model's texts become token ids, and token ids a batch of its inputs."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Protocol

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, StaticEmbedding, Transformer
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerBase

from lingweave.errors import LingweaveError
from lingweave.training.tokens.sequences import Sequences

Features = dict[str, Any]
"""Tensors by the names of the model's inputs; of unpadded texts also two whole numbers."""
_SAMPLES = ["Wo liegt Genf?", "ジュネーブはスイスにあります。" * 40, "a"]


class Way(Protocol):
    """What one kind of model does before its first layer."""

    @property
    def key(self) -> str:
        """A hash of all in the tokenizer, and of the libraries, that decides ids."""
        ...

    def ids(self, texts: list[str], length: int) -> list[list[int]]:
        """Token ids of each text, special tokens included, at most ``length``."""
        ...

    def features(self, sequences: Sequences) -> Features:
        """The texts as one batch of the model's inputs."""
        ...


def way_of(model: SentenceTransformer, prompts: tuple[str, str], lengths: tuple[int, int]) -> Way:
    """How this model reads texts.

    Held against the library's own preprocessing on samples; a model that does more than tokenise
    (chat templates, query expansion) is refused rather than trained on inputs that it will not see
    later. Texts are given without padding where the library itself would do so: with attention
    kernels for sequences of any length, on a GPU.

    Raises:
        LingweaveError: the model cannot be trained here.
    """
    first = model[0]
    if any(prompts) and any(isinstance(m, Pooling) and not m.include_prompt for m in model):
        raise LingweaveError(
            "encoder: its pooling leaves out the prompt, which training does not support; choose"
            " another model, or empty prompts"
        )
    if isinstance(first, StaticEmbedding):
        return _Static(first.tokenizer)
    if isinstance(first, Transformer) and isinstance(first.tokenizer, PreTrainedTokenizerBase):
        offset = first._flatten_position_offset if first.can_flatten_inputs else None
        way = _Transformer(first.tokenizer, offset)
        with _untouched(first.tokenizer):
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

    @property
    def key(self) -> str:
        return _hash("static", self.tokenizer.to_str())

    def ids(self, texts: list[str], length: int) -> list[list[int]]:
        encodings = self.tokenizer.encode_batch(texts, add_special_tokens=False)
        return [encoding.ids[:length] for encoding in encodings]

    def features(self, sequences: Sequences) -> Features:
        offsets = np.cumsum(sequences.sizes) - sequences.sizes
        return {
            "input_ids": torch.from_numpy(sequences.ids),
            "offsets": torch.from_numpy(offsets),
        }


@dataclass(frozen=True)
class _Transformer:
    """Ids padded to the longest text, on the tokenizer's own side, and a mask; or unpadded."""

    tokenizer: Any
    first_position: int | None = None
    """For texts without padding: the number of a text's first position; None: with padding."""

    @property
    def key(self) -> str:
        tokenizer = self.tokenizer
        settings = [tokenizer.truncation_side, getattr(tokenizer, "split_special_tokens", False)]
        if not tokenizer.is_fast:
            made_of = json.dumps(
                [tokenizer.get_vocab(), tokenizer.init_kwargs], sort_keys=True, default=str
            )
        else:
            with _untouched(tokenizer):  # As they are now is what some call has left.
                tokenizer.backend_tokenizer.no_truncation()
                tokenizer.backend_tokenizer.no_padding()
                made_of = tokenizer.backend_tokenizer.to_str()
        return _hash(type(tokenizer).__name__, repr(settings), made_of)

    def ids(self, texts: list[str], length: int) -> list[list[int]]:
        with _untouched(self.tokenizer):
            found = self.tokenizer(
                texts,
                truncation="longest_first",
                max_length=length,
                return_attention_mask=False,
                return_token_type_ids=False,
            )
        ids: list[list[int]] = found["input_ids"]
        return ids

    def features(self, sequences: Sequences) -> Features:
        if self.first_position is not None:
            return unpadded(sequences, self.first_position)
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


def unpadded(sequences: Sequences, first_position: int) -> Features:
    """The texts one after another as one row, and where each begins, as attention kernels for
    sequences of any length take them (the names are those of transformers'
    ``DataCollatorWithFlattening``).

    Args:
        sequences: n texts of T tokens together.
        first_position: the number of a text's first position.

    Returns:
        Ids, positions and text numbers, each (1, T), boundaries (n + 1,) and the longest text's
        tokens.
    """
    sizes = sequences.sizes
    ends = np.cumsum(sizes)
    positions = np.arange(len(sequences.ids)) - np.repeat(ends - sizes, sizes) + first_position
    numbers = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    bounds = torch.from_numpy(np.concatenate([[0], ends]).astype(np.int32))
    longest = int(sizes.max(initial=0))
    return {
        "input_ids": torch.from_numpy(sequences.ids).unsqueeze(0),
        "position_ids": torch.from_numpy(positions).unsqueeze(0),
        "seq_idx": torch.from_numpy(numbers).unsqueeze(0),
        "cu_seq_lens_q": bounds,
        "cu_seq_lens_k": bounds,
        "max_length_q": longest,
        "max_length_k": longest,
    }


def moved(features: Features, device: torch.device) -> Features:
    """The same on a device; nothing is waited for if the tensors are in pinned memory."""
    return {
        name: value.to(device, non_blocking=True) if isinstance(value, torch.Tensor) else value
        for name, value in features.items()
    }


@contextmanager
def _untouched(tokenizer: Any) -> Iterator[None]:
    """Puts truncation and padding back, which each call sets and which are saved with a model."""
    if not tokenizer.is_fast:
        yield
        return
    backend: Tokenizer = tokenizer.backend_tokenizer
    truncation, padding = backend.truncation, backend.padding
    try:
        yield
    finally:
        backend.no_truncation()
        backend.no_padding()
        if truncation:
            backend.enable_truncation(**truncation)
        if padding:
            backend.enable_padding(**padding)


def _hash(*parts: str) -> str:
    """A hash of the parts and of the libraries' versions: an update may mend a tokenizer."""
    digest = hashlib.sha256()
    for part in (*parts, *(version(x) for x in ("tokenizers", "transformers"))):
        content = part.encode()
        digest.update(len(content).to_bytes(8, "little") + content)
    return digest.hexdigest()


def _agree(
    model: SentenceTransformer, way: Way, prompts: tuple[str, str], lengths: tuple[int, int]
) -> None:
    for prompt, length in zip(prompts, lengths, strict=True):
        stock = model.preprocess(_SAMPLES, prompt=prompt, max_length=length)
        ids = way.ids([prompt + text for text in _SAMPLES], length)
        sizes = np.array([len(x) for x in ids])
        ours = way.features(Sequences(np.concatenate(ids), sizes, np.zeros_like(sizes)))
        tensors = {k for k, v in stock.items() if isinstance(v, torch.Tensor)}
        if not tensors <= ours.keys() <= stock.keys() or any(
            not torch.equal(torch.as_tensor(stock[name]), torch.as_tensor(value))
            for name, value in ours.items()
        ):
            raise LingweaveError(
                "encoder: its preprocessing is more than tokenising (chat template or expansion),"
                " which training does not support yet; choose another model"
            )
