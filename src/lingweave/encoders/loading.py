"""Reading a model: a sentence-transformers folder, or a plain transformers one that gets a pooling.

Code from a model's folder is never run, and weights are read from safetensors only.
"""

from pathlib import Path
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from tokenizers import processors
from torch import nn
from transformers import PretrainedConfig, PreTrainedTokenizerBase
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
)

from lingweave.errors import LingweaveError

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


def read_model(
    folder: Path, name: str, pooling: str = "auto", weights: str = "fp32", device: str | None = None
) -> SentenceTransformer:
    """The model in a folder.

    Args:
        folder: where its files are, with safetensors weights.
        name: what the user called it; a plain model's default pooling may depend on it.
        pooling: how token vectors become one; auto: as the model says, else by its kind
            (``default_pooling``).
        weights: fp32 or bf16.
        device: where it is to compute; None takes an accelerator if there is one.

    Raises:
        LingweaveError: a pooling is asked for where nothing is pooled.
        Exception: whatever the libraries below raise for files that are no model.
    """
    options = {"use_safetensors": True, "dtype": DTYPES[weights]}
    if (folder / "modules.json").is_file():
        model = SentenceTransformer(
            str(folder),
            device=device,
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs=options,
        )
    else:
        module = Transformer(str(folder), model_kwargs={**options, "local_files_only": True})
        auto = default_pooling(module.config, name)
        chosen = auto if pooling == "auto" else pooling
        prepare_tokenizer(module.tokenizer, is_decoder(module.config), chosen)
        pool = Pooling(module.get_embedding_dimension(), auto)
        model = SentenceTransformer(modules=[module, pool], device=device)
    if pooling != "auto":
        places = [i for i, module in enumerate(model) if isinstance(module, Pooling)]
        if not places:
            raise LingweaveError(f"pooling: {name!r} pools nothing; leave pooling at auto")
        old = model[places[0]]
        model[places[0]] = Pooling(old.embedding_dimension, pooling, old.include_prompt)
    return model


def default_pooling(shape: PretrainedConfig, name: str) -> str:
    """How a plain transformers model is pooled if nobody says: the last token for decoders, the
    first for LaBSE, else the mean."""
    if is_decoder(shape):
        return "lasttoken"
    return "cls" if "labse" in name.lower() else "mean"


def is_decoder(shape: PretrainedConfig) -> bool:
    """Whether a token sees only what stands before it, as far as the configuration says."""
    if getattr(shape, "use_bidirectional_attention", None) is True:
        return False
    kind = shape.model_type
    language_model = kind in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
    # BERT-like types have both heads, and say so when they are decoders.
    masked = kind in MODEL_FOR_MASKED_LM_MAPPING_NAMES
    return bool(getattr(shape, "is_decoder", False)) or (language_model and not masked)


def prepare_tokenizer(tokenizer: PreTrainedTokenizerBase, decoder: bool, pooling: str) -> None:
    """Makes a language model's tokenizer fit for batches of texts to embed, in place.

    It gets a padding token if it has none. With the last token as the text's vector, texts end in
    the end mark, so that the vector is always read at the same token; it is added by the tokenizer
    itself, and so by everything that loads the finished model. Padding goes to the right, where a
    decoder's tokens do not see it and positions start at zero as they do without padding.
    """
    if not decoder:
        return
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    tokenizer.padding_side = "right"
    end = tokenizer.eos_token_id
    if pooling != "lasttoken" or end is None or tokenizer("a")["input_ids"][-1:] == [end]:
        return
    backend: Any = tokenizer.backend_tokenizer
    mark = processors.TemplateProcessing(
        single=f"$A:0 {tokenizer.eos_token}:0",
        pair=f"$A:0 $B:1 {tokenizer.eos_token}:1",
        special_tokens=[(tokenizer.eos_token, end)],
    )
    before = backend.post_processor
    backend.post_processor = processors.Sequence([before, mark]) if before else mark


def limit_of(own: int | None, backbone: nn.Module) -> int | None:
    """Tokens that a transformer can read, by its own settings and its positions; None: any number.

    Tables of positions that count from behind the padding token's number, as XLM-R's, have so many
    fewer.

    Args:
        own: what the model's files say; None: nothing.
        backbone: its layers; numbers in them are not needed.
    """
    limits = [own, getattr(backbone.config, "max_position_embeddings", None)]
    for name, module in backbone.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, nn.Embedding):
            skipped = 0 if module.padding_idx is None else module.padding_idx + 1
            limits.append(module.num_embeddings - skipped)
    known = [int(limit) for limit in limits if limit is not None and 0 < limit < float("inf")]
    return min(known, default=None)
