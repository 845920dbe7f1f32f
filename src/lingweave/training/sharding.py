"""A model split over processes: each holds its share of every weight and of the optimiser's state.

A layer's weights are put together while it works and dropped again, its gradient is averaged and
split as soon as it is there, so a process needs room for its share, and for one layer. Every pass
through the model is an exchange that all processes must take part in, in the same order.

Source: Zhao et al. 2023, "PyTorch FSDP: Experiences on Scaling Fully Sharded Data Parallel" (arXiv
2304.11277), in the form of ``torch.distributed.fsdp.fully_shard``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor

from lingweave.errors import LingweaveError
from lingweave.training.config import TrainConfig
from lingweave.training.processes import Processes


def check_sharding(config: TrainConfig) -> None:
    """Whether the run's options go with ``sharding: full``.

    Raises:
        LingweaveError: naming the option that does not.
    """
    if config.sharding == "none":
        return
    if config.encoder == "static":
        raise LingweaveError(
            "sharding: full is for transformers: a static encoder's table is exchanged by the rows"
            " that a step has used; leave it out"
        )
    if config.optimizer not in ("auto", "adamw"):
        raise LingweaveError(
            f"optimizer: {config.optimizer} cannot be split over processes; choose adamw, or"
            " sharding none"
        )


def shard(model: nn.Module, processes: Processes, device: torch.device) -> None:
    """Splits a model's weights over all processes, in place, and moves each share to the device.

    What is put together at once is an element of the model's outermost module lists, which is a
    layer in every transformer, and the rest of the model.

    Raises:
        LingweaveError: the model has no layers.
    """
    layers = list(layers_of(model))
    if not layers:
        raise LingweaveError("sharding: full needs a model with layers; leave it out")
    mesh = init_device_mesh(device.type, (processes.size,))
    for layer in layers:
        fully_shard(layer, mesh=mesh)
    fully_shard(model, mesh=mesh)


def layers_of(module: nn.Module) -> Iterator[nn.Module]:
    """The elements of the outermost module lists, in the order of the model."""
    for child in module.children():
        if isinstance(child, nn.ModuleList):
            yield from child
        else:
            yield from layers_of(child)


def is_sharded(model: nn.Module) -> bool:
    """Whether ``shard`` has split this model."""
    return isinstance(model, FSDPModule)


@contextmanager
def whole(model: nn.Module, first: bool, frozen: bool = True) -> Iterator[None]:
    """Within it the first process's model has its weights in one piece, on the CPU, for saving.

    All processes take part. What the first one changes in the weights is dropped afterwards. A
    model that is not split is left as it is.

    Args:
        model: what ``shard`` has split.
        first: whether this is the process that gets the weights.
        frozen: whether weights that are not trained are put together too.
    """
    if not is_sharded(model):
        yield
        return
    for part in model.modules():
        if isinstance(part, FSDPModule):
            part.reshard()
    kinds = {part: type(part) for part in model.modules() if isinstance(part, FSDPModule)}
    pieces: list[tuple[nn.Module, str, nn.Parameter]] = []
    found: dict[nn.Parameter, nn.Parameter | None] = {}
    for part in model.modules():
        for name, parameter in part.named_parameters(recurse=False):
            if not isinstance(parameter, DTensor) or not (frozen or parameter.requires_grad):
                continue
            if parameter not in found:
                tensor = parameter.full_tensor().detach()
                kept = nn.Parameter(tensor.cpu(), parameter.requires_grad) if first else None
                found[parameter] = kept
            pieces.append((part, name, parameter))
    if first:
        for part, name, parameter in pieces:
            part.register_parameter(name, found[parameter])
        for part, kind in kinds.items():
            part.__class__ = kind.__bases__[1]  # Its name is written into the saved model.
    try:
        yield
    finally:
        if first:
            for part, kind in kinds.items():
                part.__class__ = kind
            for part, name, parameter in pieces:
                part.register_parameter(name, parameter)


def whole_state(state: Any, first: bool) -> Any:
    """An optimiser's state with its tensors in one piece on the CPU of the first process.

    All processes take part; the others drop each tensor at once (None in its place).
    """
    if isinstance(state, DTensor):
        tensor = state.full_tensor()
        return tensor.cpu() if first else None
    if isinstance(state, dict):
        return {key: whole_state(value, first) for key, value in state.items()}
    if isinstance(state, list):
        return [whole_state(value, first) for value in state]
    return state


def split_state(state: dict[str, Any], optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """The reverse of ``whole_state``: each process takes its share, as the weights are split."""
    weights = [p for group in optimizer.param_groups for p in group["params"]]
    split = {}
    for number, of_weight in state["state"].items():
        weight = weights[number]
        split[number] = {
            name: _split_as(value, weight) if torch.is_tensor(value) else value
            for name, value in of_weight.items()
        }
    return {**state, "state": split}


def _split_as(value: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    if not isinstance(weight, DTensor) or value.shape != weight.shape:
        return value
    value = value.to(weight.device)
    return distribute_tensor(value, weight.device_mesh, weight.placements, src_data_rank=None)
