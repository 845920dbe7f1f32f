"""Checkpoints: what a run needs to go on from a step, as folders of safetensors and JSON.

    step-00001000/
      trained.safetensors    the weights that training changes
      optimizer.safetensors  the tensors of the optimiser's state
      optimizer.json         its numbers and those of the learning-rate schedule, and where which
                             tensor belongs
      trainer_state.json     step, best step, history
      checkpoint.json        written last: number of processes, and size and SHA-256 of the others

Nothing in them is executable: no pickle is written or read. A folder takes its name only when all
of it is on the disk (``new_folder``), so a folder of that name is whole unless the disk has failed
it; that is checked before a run goes on from it, and the one before is taken instead.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from lingweave.atomic import write_json
from lingweave.errors import LingweaveError

FOLDER = "checkpoints"
"""Where they are in a run's folder."""
PREFIX = "step-"
MANIFEST = "checkpoint.json"
TENSORS, NUMBERS = "optimizer.safetensors", "optimizer.json"
FORMAT_VERSION = 2
"""1 had pickled states and no manifest."""
State = Mapping[Any, Any]
"""What ``state_dict()`` of an optimiser or a schedule gives: nested, of tensors and numbers."""


def checkpoint_of(folder: Path, step: int) -> Path:
    """Where the checkpoint of a step stands among others."""
    return folder / f"{PREFIX}{step:08d}"


def step_of(checkpoint: Path) -> int:
    """The step of a checkpoint."""
    return int(checkpoint.name.removeprefix(PREFIX))


def complete_checkpoints(folder: Path) -> list[Path]:
    """Checkpoints in the order of their steps; half-written ones have another name."""
    return sorted(p for p in folder.glob(f"{PREFIX}*") if p.name.removeprefix(PREFIX).isdigit())


def save_states(folder: Path, states: Mapping[str, State]) -> None:
    """Writes states, such as an optimiser's, into a folder that is there.

    Raises:
        TypeError: something in them is neither a tensor nor has a form in JSON.
        OSError, SafetensorError: they cannot be written.
    """
    tensors: dict[str, Tensor] = {}
    numbers = {name: _flat(state, name, tensors) for name, state in states.items()}
    save_file(_apart(tensors), folder / TENSORS)
    write_json(folder / NUMBERS, numbers)


def load_states(folder: Path) -> dict[str, dict[Any, Any]]:
    """The states that ``save_states`` wrote, the tensors on the CPU.

    Raises:
        LingweaveError: a file is missing or damaged.
    """
    try:
        numbers = json.loads((folder / NUMBERS).read_text(encoding="utf-8"))
        tensors = load_file(folder / TENSORS)
        return {name: _nested(value, tensors) for name, value in numbers.items()}
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:160]
        raise LingweaveError(
            f"{folder}: cannot be read ({reason}); remove this checkpoint to use one before it"
        ) from error


def _flat(value: Any, name: str, tensors: dict[str, Tensor]) -> Any:
    """The value for JSON, its tensors moved to ``tensors`` under their dotted places."""
    if isinstance(value, Tensor):
        tensors[name] = value.detach().cpu().contiguous()
        return {"tensor": name}
    if isinstance(value, Mapping):
        # JSON knows no numbers as keys, and an optimiser's state is by the parameter's number.
        kind = "numbered" if all(type(key) is int for key in value) else "named"
        return {kind: {str(k): _flat(v, f"{name}.{k}", tensors) for k, v in value.items()}}
    if isinstance(value, list | tuple):
        return [_flat(v, f"{name}.{i}", tensors) for i, v in enumerate(value)]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{name}: {type(value).__name__} has no place in a checkpoint")


def _apart(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors, none in the memory of another: safetensors writes no shared memory."""
    found: dict[str, Tensor] = {}
    seen: set[int] = set()
    for name, tensor in tensors.items():
        place = tensor.untyped_storage().data_ptr()
        found[name] = tensor.clone() if place in seen else tensor
        seen.add(place)
    return found


def _nested(value: Any, tensors: Mapping[str, Tensor]) -> Any:
    if isinstance(value, list):
        return [_nested(item, tensors) for item in value]
    if not isinstance(value, dict):
        return value
    [(kind, inside)] = value.items()
    if kind == "tensor":
        return tensors[inside]
    return {int(k) if kind == "numbered" else k: _nested(v, tensors) for k, v in inside.items()}


def load_optimizer(optimizer: torch.optim.Optimizer, state: State) -> None:
    """Gives an optimiser, made as the one that was saved, the saved state.

    Raises:
        LingweaveError: it is of another optimiser.
    """
    own = optimizer.state_dict()["param_groups"]
    groups = state["param_groups"]
    try:
        for group, now in zip(groups, own, strict=True):
            if group.keys() != now.keys():
                raise ValueError(f"it has {min(group.keys() ^ now.keys())}, or has not")
            for name, value in now.items():
                if isinstance(value, tuple):  # JSON made a list of it.
                    group[name] = tuple(group[name])
        optimizer.load_state_dict(dict(state))
    except (ValueError, KeyError) as error:
        reason = " ".join(str(error).split())[:160]
        raise LingweaveError(
            f"optimizer: the checkpoint is of another optimiser or version ({reason}); choose"
            " another folder, or go on with what the run began with"
        ) from error


def seal(folder: Path, processes: int) -> None:
    """Notes how many processes trained, and what every file of a checkpoint is, in the last one."""
    files = {
        path.name: {"bytes": path.stat().st_size, "sha256": _digest(path)}
        for path in sorted(folder.iterdir())
        if path.name != MANIFEST
    }
    manifest = {"format_version": FORMAT_VERSION, "processes": processes, "files": files}
    write_json(folder / MANIFEST, manifest)


def damage(checkpoint: Path) -> str | None:
    """What is wrong with a checkpoint's files, in a few words; None: nothing.

    Raises:
        LingweaveError: it is whole, but of another version of lingweave.
    """
    path = checkpoint / MANIFEST
    old = "optimizer.pt"
    if not path.is_file() and not (checkpoint / old).is_file():
        return f"{MANIFEST} is missing"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        version = manifest.get("format_version", 1)
        files = {name: (f["bytes"], f["sha256"]) for name, f in manifest.get("files", {}).items()}
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return f"{MANIFEST} cannot be read"
    if version != FORMAT_VERSION:
        raise LingweaveError(
            f"{checkpoint}: a checkpoint of another version of lingweave; finish the run with that"
            f" version, or remove {checkpoint.parent} to begin again"
        )
    for name, (size, digest) in files.items():
        file = checkpoint / name
        if not file.is_file():
            return f"{name} is missing"
        try:
            if file.stat().st_size != size:
                return f"{name} has {file.stat().st_size} bytes instead of {size}"
            if _digest(file) != digest:
                return f"{name} has changed since it was written"
        except OSError as error:
            return f"{name} cannot be read: {error.strerror}"
    return None


def latest_whole(folder: Path, processes: int, say: Callable[[str], None]) -> Path | None:
    """The last checkpoint whose files are what was written; None: the run has none.

    Damaged ones after it are renamed, so that nothing takes them for the last one.

    Args:
        folder: of the checkpoints.
        processes: how many there are now.
        say: told of damaged checkpoints, a line each.

    Raises:
        LingweaveError: all are damaged, or they are of another version or number of processes.
    """
    for checkpoint in reversed(complete_checkpoints(folder)):
        wrong = damage(checkpoint)
        if wrong is None:
            _check_processes(checkpoint, processes)
            return checkpoint
        aside = checkpoint.with_name(checkpoint.name + ".damaged")
        shutil.rmtree(aside, ignore_errors=True)
        checkpoint.rename(aside)
        say(f"{aside}: damaged ({wrong}), not used; remove it when the disk has been looked at")
    if any(folder.glob(f"{PREFIX}*.damaged")):
        raise LingweaveError(
            f"{folder}: no checkpoint is whole any more; remove {folder} to begin again"
        )
    return None


def _check_processes(checkpoint: Path, processes: int) -> None:
    before = json.loads((checkpoint / MANIFEST).read_text(encoding="utf-8"))["processes"]
    if before != processes:
        raise LingweaveError(
            f"{checkpoint}: the run began on {before} processes and this is {processes}, which"
            f" would change every batch; start {before}, or choose another folder"
        )


def remove_old(folder: Path, keep: int, best_step: int | None) -> None:
    """Removes all but the latest ``keep`` checkpoints and the best one."""
    for path in complete_checkpoints(folder)[:-keep]:
        if step_of(path) != best_step:
            doomed = path.with_name(path.name + ".old")
            shutil.rmtree(doomed, ignore_errors=True)
            path.rename(doomed)  # First out of sight: a kill must not leave a half-removed one.
            shutil.rmtree(doomed, ignore_errors=True)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
