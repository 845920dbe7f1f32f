"""What a transformer needs before it is trained as an encoder, and which options go together.

Everything here works on a model without numbers too (shapes only), so that the plan of a run and
the run itself cannot drift apart.
"""

import importlib.util
from contextlib import suppress
from typing import Any

import torch
from sentence_transformers.sentence_transformer.modules import Transformer
from torch import nn
from transformers.utils.import_utils import is_flash_attn_2_available

from lingweave.errors import LingweaveError
from lingweave.training.adapters import add_adapters, poolers_of
from lingweave.training.config import FROM_NOTHING, TrainConfig


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
    if config.encoder in FROM_NOTHING:
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
