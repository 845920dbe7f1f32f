"""The trained numbers of a model as one safetensors file, and back: what a checkpoint needs.

Weights that training never changes are those of the model that the run starts from, so they are
not written again: with adapters a checkpoint of a 34B model is some hundred megabytes.
"""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from lingweave.errors import LingweaveError

WEIGHTS = "trained.safetensors"


def trained_tensors(model: nn.Module) -> dict[str, Tensor]:
    """Parameters that are trained and buffers that are saved, by name, each storage once."""
    frozen = {name for name, p in model.named_parameters(remove_duplicate=False)
              if not p.requires_grad}  # fmt: skip
    found: dict[str, Tensor] = {}
    seen: set[tuple[object, ...]] = set()
    for name, tensor in model.state_dict().items():
        # Tied weights have one storage under several names.
        key = (tensor.data_ptr(), tensor.shape, tensor.stride()) if tensor.numel() else (name,)
        if name not in frozen and key not in seen:
            seen.add(key)
            found[name] = tensor
    return found


def save_weights(model: nn.Module, folder: Path) -> Path:
    """Writes what training has changed into a folder that is there; returns the file.

    Raises:
        OSError, SafetensorError: it cannot be written.
    """
    path = folder / WEIGHTS
    tensors = {name: t.detach().cpu().contiguous() for name, t in trained_tensors(model).items()}
    save_file(tensors, path)
    return path


@torch.no_grad()
def load_weights(model: nn.Module, folder: Path) -> None:
    """Gives a model, built as the one that was saved, the saved numbers; bit by bit, in place.

    Raises:
        LingweaveError: the file is not there, is damaged, or is of another model.
    """
    path = folder / WEIGHTS
    try:
        stored = load_file(path)
    except (OSError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:160]
        raise LingweaveError(
            f"{path}: cannot be read ({reason}); remove this checkpoint to use one before it"
        ) from error
    own = trained_tensors(model)
    odd = own.keys() ^ stored.keys()
    odd |= {n for n in own.keys() & stored.keys() if own[n].shape != stored[n].shape}
    if odd:
        raise LingweaveError(
            f"{path}: the weights of another model (they differ in {min(odd)}); give the encoder"
            " and adapters that the run began with"
        )
    for name, tensor in own.items():
        tensor.copy_(stored[name])
