"""What a transformer needs before it is trained as an encoder: pooling, an end mark, adapters.

Everything here works on a model without numbers too (shapes only), so that the plan of a run and
the run itself cannot drift apart.
"""

import importlib.util
from contextlib import suppress
from typing import Any

import torch
from sentence_transformers.sentence_transformer.modules import Transformer
from tokenizers import processors
from torch import nn
from transformers import PretrainedConfig, PreTrainedTokenizerBase
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
)
from transformers.utils.import_utils import is_flash_attn_2_available

from lingweave.errors import LingweaveError
from lingweave.training.adapters import add_adapters, poolers_of
from lingweave.training.config import TrainConfig

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


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


def prepare_backbone(backbone: nn.Module, config: TrainConfig) -> None:
    """Sets what is trained, and how much is kept for the backward pass, in place.

    Raises:
        LingweaveError: the model cannot do what the run asks for.
    """
    for _, pooler in poolers_of(backbone):
        # An unused head would get no gradient, which DDP takes for a bug.
        pooler.requires_grad_(False)
    if config.lora is not None:
        add_adapters(backbone, config)
    if config.gradient_checkpointing:
        # The name of transformers 5.20 and later, and the one before.
        enable: Any = getattr(backbone, "activation_checkpointing_enable", None)
        enable = enable or backbone.gradient_checkpointing_enable
        try:
            enable({"use_reentrant": False})
        except ValueError as error:
            raise LingweaveError(
                f"gradient_checkpointing: {type(backbone).__name__} cannot do it; leave it out"
            ) from error


def leave_out_padding(module: Transformer, config: TrainConfig) -> None:
    """Has a run on a GPU encode its texts without padding, where flash-attn is installed and the
    model can do it; else leaves everything as it is.

    The kernels take bf16 alone. A sharded run needs equally many chunks on all processes, which are
    made by cutting padded ones.

    Checked against the library's own unpadded inputs, but not yet run with the kernels themselves.
    """
    if (
        config.device == "cpu"
        or config.precision == "fp32"
        or config.sharding != "none"
        or not torch.cuda.is_available()
        or not torch.cuda.is_bf16_supported()
        or not is_flash_attn_2_available()
    ):
        return
    with suppress(ValueError, ImportError):  # Not every architecture has the kernels.
        module.model.set_attn_implementation("flash_attention_2")
    module.unpad_inputs = None  # Has it look again at what the model can do.


def check_static(config: TrainConfig) -> None:
    """Refuses what a static encoder would ignore: all texts of a step are one chunk without layers.

    Raises:
        LingweaveError: memory is to be saved that a static encoder does not take.
    """
    for name in ("grad_cache", "chunk_tokens"):
        if getattr(config, name):
            raise LingweaveError(
                f"{name}: {config.encoder!r} is a static encoder, which takes a step's texts at"
                " once; leave it out"
            )


def check_engine(config: TrainConfig) -> None:
    """Looks for the packages and the device that the options of large encoders need.

    Raises:
        LingweaveError: something is missing, or the options do not go together.
    """
    if config.encoder in ("static", "transformer"):
        for name in ("lora", "gradient_checkpointing"):
            if getattr(config, name):
                raise LingweaveError(
                    f"{name}: it is for pretrained encoders; {config.encoder} starts from nothing"
                )
        if config.weights != "fp32":
            raise LingweaveError(
                f"weights: {config.weights} is for pretrained encoders; leave it out"
            )
    if config.encoder == "static":
        check_static(config)
        if config.pooling != "auto":
            raise LingweaveError(
                f"pooling: static has the mean and no {config.pooling}; leave it out"
            )
    if config.weights == "bf16" and config.lora is None:
        raise LingweaveError(
            "weights: bf16 loses updates below its resolution where the weights themselves are"
            " trained; give lora, or weights fp32"
        )
    if config.optimizer == "rowwise":
        if config.encoder == "transformer":
            raise LingweaveError("optimizer: rowwise is for static encoders; give adamw")
        if config.max_grad_norm:
            raise LingweaveError(
                f"max_grad_norm: {config.max_grad_norm:g} is not possible with the rowwise"
                " optimiser; give 0, or optimizer adamw"
            )
    if config.lora is not None and importlib.util.find_spec("peft") is None:
        raise LingweaveError(
            "lora: it needs a package that is not installed: pip install 'lingweave[lora]'"
        )
    if config.optimizer == "adamw-8bit" and not config.plan_only:
        if importlib.util.find_spec("bitsandbytes") is None:
            raise LingweaveError(
                "optimizer: adamw-8bit needs a package that is not installed:"
                " pip install 'lingweave[8bit]'"
            )
        if config.device == "cpu" or not torch.cuda.is_available():
            raise LingweaveError("optimizer: adamw-8bit needs a GPU; choose adamw here")
