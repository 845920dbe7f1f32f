"""Token ids of a table's texts, worked out once for each (record, language, side).

Tokenising inside the step is most of a step's time for a static encoder, and the same text comes
back in every epoch and in every language pair.
"""

import hashlib
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding, Transformer
from transformers import PreTrainedTokenizerBase

from lingweave.table import ParallelTable, Side

Features = dict[str, torch.Tensor]
SIDES: tuple[Side, Side] = ("query", "passage")


class Encoded(NamedTuple):
    """One text as the encoder takes it."""

    tokens: NDArray[np.int64]
    """Token ids with the prompt's, cut to the side's length."""
    text: int
    """63 bits of a hash of the text itself: equal texts have equal ids, on every rank."""


class Tokens:
    """Tokenised texts of one table for one tokenizer, filled as they are asked for.

    May be shared by runs over the same table, tokenizer, prompts and lengths, one after another.
    """

    def __init__(
        self,
        model: SentenceTransformer,
        table: ParallelTable,
        prompts: tuple[str, str],
        lengths: tuple[int, int],
        limit: int = 2_000_000,
    ) -> None:
        """``prompts`` and ``lengths`` (in tokens) are the query's and the passage's.

        ``limit`` is the number of texts kept; beyond it texts are tokenised each time (about 0.4 KB
        a text is held).
        """
        self.table = table
        self.prompts = prompts
        self.lengths = lengths
        self._limit = limit
        self._tokenize, self._join = _ways(model, prompts, lengths)
        self._kept: tuple[dict[int, Encoded], ...] = ({}, {})
        self._negatives: dict[int, tuple[Encoded, ...]] = {}

    def serves(self, other: "Tokens") -> bool:
        """Whether this one gives what ``other`` would: same table, prompts, lengths, tokenizer."""
        if (self.table, self.prompts, self.lengths) != (other.table, other.prompts, other.lengths):
            return False
        samples = list(islice(self.table.texts("passage"), 0, None, 1 + len(self.table) // 16))[:16]
        pairs = zip(self._tokenize(1, samples), other._tokenize(1, samples), strict=True)
        return all(np.array_equal(one, two) for one, two in pairs)

    def encoded(
        self, side: int, rows: NDArray[np.int64], languages: NDArray[np.int64]
    ) -> list[Encoded]:
        """Query (side 0) or passage (side 1) of each row in its language."""
        kept = self._kept[side]
        keys = (rows * len(self.table.languages) + languages).tolist()
        missing = [k for k in dict.fromkeys(keys) if k not in kept]
        if not missing:
            return [kept[k] for k in keys]
        read = self.table.passage if side else self.table.query
        width = len(self.table.languages)
        texts = self._encode(side, [read(*divmod(k, width)) for k in missing])
        found = dict(zip(missing, texts, strict=True))
        if len(kept) < self._limit:
            kept.update(found)
        return [found[k] if k in found else kept[k] for k in keys]

    def negatives(
        self, rows: NDArray[np.int64], languages: NDArray[np.int64], count: int
    ) -> list[Encoded]:
        """At most ``count`` hard negatives of each row in its language, all rows' together."""
        width = len(self.table.languages)
        result: list[Encoded] = []
        for key in (rows * width + languages).tolist():
            if key not in self._negatives:
                texts = self.table.negatives(*divmod(key, width))
                found = tuple(self._encode(1, list(texts))) if texts else ()
                if len(self._negatives) < self._limit:
                    self._negatives[key] = found
            else:
                found = self._negatives[key]
            result.extend(found[:count])
        return result

    def features(self, side: int, encoded: Sequence[Encoded]) -> Features:
        """The texts as one batch of the encoder's inputs."""
        return self._join(side, encoded)

    def _encode(self, side: int, texts: list[str]) -> list[Encoded]:
        return [
            Encoded(ids, text_id(text))
            for text, ids in zip(texts, self._tokenize(side, texts), strict=True)
        ]


def text_id(text: str) -> int:
    """63 bits of BLAKE2b of the text: never negative, the same in every process."""
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


_Tokenize = Callable[[int, list[str]], list[NDArray[np.int64]]]
_Join = Callable[[int, Sequence[Encoded]], Features]


def _ways(
    model: SentenceTransformer, prompts: tuple[str, str], lengths: tuple[int, int]
) -> tuple[_Tokenize, _Join]:
    """How this model's texts become ids and ids a batch.

    The result is held against the library's own preprocessing on samples; a model that does more
    than tokenise (chat templates, query expansion, flattening) is refused rather than trained on
    inputs that it will not see later.
    """
    first = model[0]
    if isinstance(first, StaticEmbedding):
        return _static_ways(first, prompts, lengths)
    if isinstance(first, Transformer) and isinstance(first.tokenizer, PreTrainedTokenizerBase):
        ways = _transformer_ways(first, prompts, lengths)
        _agree(model, ways, prompts, lengths)
        return ways
    from lingweave.errors import LingweaveError

    raise LingweaveError(
        f"encoder: a first module of type {type(first).__name__} cannot be trained here;"
        " give a text model with a tokenizer, or a static one"
    )


def _static_ways(
    module: StaticEmbedding, prompts: tuple[str, str], lengths: tuple[int, int]
) -> tuple[_Tokenize, _Join]:
    tokenizer = module.tokenizer

    def tokenize(side: int, texts: list[str]) -> list[NDArray[np.int64]]:
        encodings = tokenizer.encode_batch(
            [prompts[side] + text for text in texts], add_special_tokens=False
        )
        return [np.array(e.ids[: lengths[side]], dtype=np.int64) for e in encodings]

    def join(side: int, encoded: Sequence[Encoded]) -> Features:
        sizes = np.fromiter((len(e.tokens) for e in encoded), np.int64, len(encoded))
        offsets = np.zeros(len(encoded), np.int64)
        np.cumsum(sizes[:-1], out=offsets[1:])
        ids = np.concatenate([e.tokens for e in encoded])
        return {"input_ids": torch.from_numpy(ids), "offsets": torch.from_numpy(offsets)}

    return tokenize, join


def _transformer_ways(
    module: Transformer, prompts: tuple[str, str], lengths: tuple[int, int]
) -> tuple[_Tokenize, _Join]:
    tokenizer: Any = module.tokenizer
    pad = tokenizer.pad_token_id or 0
    left = tokenizer.padding_side == "left"
    with_types = "token_type_ids" in tokenizer.model_input_names

    def tokenize(side: int, texts: list[str]) -> list[NDArray[np.int64]]:
        found = tokenizer(
            [prompts[side] + text for text in texts],
            truncation="longest_first",
            max_length=lengths[side],
            return_attention_mask=False,
            return_token_type_ids=False,
        )
        return [np.array(ids, dtype=np.int64) for ids in found["input_ids"]]

    def join(side: int, encoded: Sequence[Encoded]) -> Features:
        sizes = np.fromiter((len(e.tokens) for e in encoded), np.int64, len(encoded))
        width = int(sizes.max())
        places = np.arange(width)
        real = places >= width - sizes[:, None] if left else places < sizes[:, None]
        ids = np.full((len(encoded), width), pad, np.int64)
        ids[real] = np.concatenate([e.tokens for e in encoded])
        features = {
            "input_ids": torch.from_numpy(ids),
            "attention_mask": torch.from_numpy(real.astype(np.int64)),
        }
        if with_types:
            features["token_type_ids"] = torch.zeros_like(features["input_ids"])
        return features

    return tokenize, join


def _agree(
    model: SentenceTransformer,
    ways: tuple[_Tokenize, _Join],
    prompts: tuple[str, str],
    lengths: tuple[int, int],
) -> None:
    from lingweave.errors import LingweaveError

    samples = ["Wo liegt Genf?", "ジュネーブはスイスにあります。" * 40, "a"]
    for side in (0, 1):
        stock = model.preprocess(samples, prompt=prompts[side], max_length=lengths[side])
        ours = ways[1](side, [Encoded(ids, 0) for ids in ways[0](side, samples)])
        tensors = {k: v for k, v in stock.items() if isinstance(v, torch.Tensor)}
        if tensors.keys() != ours.keys() or not all(torch.equal(tensors[k], ours[k]) for k in ours):
            raise LingweaveError(
                "encoder: its preprocessing is more than tokenising (chat template, expansion or"
                " flattening), which training does not support yet; choose another model"
            )
