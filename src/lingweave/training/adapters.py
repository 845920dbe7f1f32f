"""LoRA adapters: a few trainable numbers beside frozen weights, merged into them at the end.

Source: Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models" (arXiv 2106.09685).
"""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from lingweave.errors import LingweaveError
from lingweave.training.config import TrainConfig


def add_adapters(backbone: nn.Module, config: TrainConfig) -> None:
    """Puts adapters beside linear layers of a backbone; they alone are trainable afterwards.

    Adapters are held in fp32 whatever the type of the weights, start as a change of zero, and
    depend on the seed alone.

    Args:
        backbone: a transformers model, changed in place.
        config: a run with ``lora``.

    Raises:
        LingweaveError: peft is missing, or a name in ``lora_targets`` fits no linear layer.
    """
    if importlib.util.find_spec("peft") is None:
        raise LingweaveError(
            "lora: it needs a package that is not installed: pip install 'lingweave[lora]'"
        )
    from peft import LoraConfig, inject_adapter_in_model

    assert config.lora is not None
    shape = LoraConfig(
        r=config.lora,
        lora_alpha=config.lora_alpha or 2 * config.lora,  # type: ignore[arg-type]
        target_modules=_targets(backbone, config.lora_targets),
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        inject_adapter_in_model(shape, backbone)
    for parameter in backbone.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()


def _targets(backbone: nn.Module, wanted: list[str] | None) -> list[str]:
    """Full names of the linear layers that get adapters; a pooler's is never used in training."""
    poolers = tuple(f"{name}." for name, _ in poolers_of(backbone))
    linear = [
        name
        for name, module in backbone.named_modules()
        if isinstance(module, nn.Linear | Conv1D) and not name.startswith(poolers or ("\0",))
    ]
    if wanted is None:
        return linear
    found = {word: [name for name in linear if f".{name}".endswith(f".{word}")] for word in wanted}
    for word, names in found.items():
        if not names:
            there = sorted({name.rpartition(".")[2] for name in linear})
            raise LingweaveError(
                f"lora_targets: {word!r} is no linear layer of this model; it has"
                f" {', '.join(there)}"
            )
    return list(dict.fromkeys(name for names in found.values() for name in names))


def poolers_of(module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Heads of BERT-like models that make one vector of the first token and are not used here."""
    for name, part in module.named_modules():
        if type(part).__name__.endswith("Pooler"):
            yield name, part


def adapted_layers(module: nn.Module) -> Iterator[tuple[str, Any]]:
    """The layers that have adapters, by name."""
    if importlib.util.find_spec("peft") is None:
        return
    from peft.tuners.lora import LoraLayer

    for name, part in list(module.named_modules()):
        if isinstance(part, LoraLayer):
            yield name, part


@contextmanager
def merged(model: nn.Module) -> Iterator[nn.Module]:
    """Within it the model has no adapters: their effect is in the weights, for saving.

    The merged layers are copies on the CPU, so a GPU needs no room for them; afterwards the model
    is what it was to the last bit. A model without adapters is left as it is.
    """
    adapted = list(adapted_layers(model))
    for name, layer in adapted:
        _put(model, name, _plain(layer))
    described = [part for part in model.modules() if hasattr(part, "peft_config")]
    notes = [part.peft_config for part in described]
    for part in described:
        del part.peft_config
    try:
        yield model
    finally:
        for name, layer in adapted:
            _put(model, name, layer)
        for part, note in zip(described, notes, strict=True):
            part.peft_config = note


@torch.no_grad()
def _plain(layer: Any) -> nn.Module:
    """A copy on the CPU of the layer under an adapter with the adapter's change added, in fp32."""
    base: nn.Module = layer.get_base_layer()
    tensors = {name: tensor.detach().cpu().clone() for name, tensor in base.state_dict().items()}
    weight = tensors["weight"]
    for name in layer.active_adapters:
        weight = weight.float() + layer.get_delta_weight(name).detach().cpu().float()
    tensors["weight"] = weight.to(tensors["weight"].dtype)
    with torch.device("meta"):
        if isinstance(base, Conv1D):
            inputs, outputs = base.weight.shape
            copy: nn.Module = Conv1D(outputs, inputs)  # type: ignore[no-untyped-call]
        else:
            assert isinstance(base, nn.Linear)
            copy = nn.Linear(base.in_features, base.out_features, base.bias is not None)
    copy.load_state_dict(tensors, assign=True)
    return copy.train(base.training)


def _put(model: nn.Module, name: str, layer: nn.Module) -> None:
    parent, _, child = name.rpartition(".")
    setattr(model.get_submodule(parent), child, layer)
