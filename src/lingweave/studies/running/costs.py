"""What each run of a study takes: steps, pairs, tokens and parameters, and apart from them seconds.

The first are functions of the run, so that a report does not change when a study is interrupted;
seconds are measured, summed over restarts, and stand in a file of their own.
"""

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from lingweave.atomic import disk_errors_named, write_json
from lingweave.studies.reporting.contents import Cost
from lingweave.studies.running.launch import is_first, processes
from lingweave.studies.running.peaks import Peaks
from lingweave.studies.running.runs import Run, Runs
from lingweave.studies.running.tokens import tokens_per_step
from lingweave.training.config import TrainConfig

COSTS, SECONDS = "costs.json", "seconds.json"
"""What a run takes, in its folder, and the time it took."""
MEMORY = ("memory", "gpu_memory")
"""Names of the most bytes that training held: see `lingweave.studies.running.peaks`."""
_NOTED_EVERY = 10.0
"""Seconds after which the time that was spent is written down again."""


def is_costed(folder: Path) -> bool:
    """Whether a run's costs are written."""
    return (folder / COSTS).exists()


def costs_of(runs: Runs) -> tuple[Cost, ...]:
    """What each run of a study that is done took: starts first, then arms by seed."""
    named: list[tuple[Run, str, int | None]] = [
        (run, run.name, None) for run in runs.starts.values()
    ]
    named += [(run, arm, seed) for (arm, seed), run in runs.arms.items()]
    return tuple(_cost(run, arm, seed) for run, arm, seed in named if is_costed(run.folder))


def seconds_of(folder: Path) -> dict[str, Any]:
    """What was written of the time and memory that a run or measure took; empty if nothing was."""
    return _read(folder / SECONDS)


class Spent:
    """The time of this process that goes into one folder's work."""

    def __init__(self, folder: Path, before: dict[str, Any], gpu: bool, processes: int = 1) -> None:
        self._processes = processes
        self._peaks: Peaks | None = None
        self._path = folder / SECONDS
        self._before = before
        self._gpu = gpu
        self._begun = self._noted = time.monotonic()
        self._cpu = time.process_time()

    def note(self, last: bool = False) -> None:
        """Writes down what was spent until now, if the last time is a while ago."""
        now = time.monotonic()
        if not self._path.parent.is_dir() or (now - self._noted < _NOTED_EVERY and not last):
            return
        self._noted = now
        wall, cpu = now - self._begun, time.process_time() - self._cpu
        before = self._before
        write_json(
            self._path,
            {
                "wall": round(before.get("wall", 0.0) + wall, 2),
                "cpu": round(before.get("cpu", 0.0) + cpu, 2),
                "device": _device(self._gpu),
                "processes": self._processes,
                "starts": before.get("starts", 0) + 1,
                **self._memory(),
            },
        )

    @contextlib.contextmanager
    def memory(self) -> Iterator[None]:
        """The block trains: the most memory that it holds is written down as well."""
        with Peaks() as self._peaks:
            yield
            self._peaks.end()

    def _memory(self) -> dict[str, int]:
        """Bytes at the worst moment so far, of this start or one before."""
        now = self._peaks.now if self._peaks is not None else {}
        names = [name for name in MEMORY if name in now or name in self._before]
        return {name: max(now.get(name, 0), self._before.get(name, 0)) for name in names}


@contextlib.contextmanager
def spending(folder: Path, config: TrainConfig | None) -> Iterator[Spent]:
    """Measures what the block takes, also where it fails or is stopped.

    Args:
        folder: of the run or evaluation; what was spent before stands there.
        config: the run's, which says where it is trained; None: not a training run.
    """
    gpu, together = (False, 1) if config is None else (config.device != "cpu", processes())
    spent = Spent(folder, seconds_of(folder), gpu, together)
    try:
        yield spent
    finally:
        if is_first():
            with disk_errors_named(str(folder)):
                spent.note(last=True)


def write_costs(run: Run) -> None:
    """Writes what a finished run took, apart from time, beside its model."""
    told: dict[str, Any] = {"steps": 0, "pairs": 0, "tokens": None,
                            "parameters": parameters(run.model), "processes": 1}  # fmt: skip
    if run.config is not None:
        record = _read(run.model / "lingweave.json")
        steps = int(record.get("steps", run.config.steps))
        told["steps"] = steps
        # A study's batch is that of a step: whoever trained it had a part of it.
        told["pairs"] = steps * run.config.batch_size
        told["tokens"] = round(tokens_per_step(run.config, run.model) * steps)
        each = record.get("config", {}).get("batch_size", run.config.batch_size)
        told["processes"] = max(1, run.config.batch_size // each)
    with disk_errors_named(str(run.folder)):
        write_json(run.folder / COSTS, told)


def parameters(model: Path) -> int | None:
    """The numbers of a model's weights, from the heads of its files; None without any."""
    total = 0
    for path in model.rglob("*.safetensors"):
        with path.open("rb") as file:
            head = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        for name, tensor in head.items():
            if name != "__metadata__":
                total += int(np.prod(tensor["shape"], dtype=np.int64))
    return total or None


def _cost(run: Run, arm: str, seed: int | None) -> Cost:
    told, spent = _read(run.folder / COSTS), seconds_of(run.folder)
    return Cost(
        arm=arm,
        seed=seed,
        steps=int(told.get("steps", 0)),
        pairs=int(told.get("pairs", 0)),
        tokens=told.get("tokens"),
        parameters=told.get("parameters"),
        seconds=spent.get("wall"),
        device=_devices(spent),
        memory=spent.get("memory"),
        gpu_memory=spent.get("gpu_memory"),
    )


def _devices(spent: dict[str, Any]) -> str | None:
    """Where it was trained, as "8 × NVIDIA H100" where there were several processes."""
    device, count = spent.get("device"), spent.get("processes", 1)
    return f"{count} × {device}" if device is not None and count > 1 else device


def _device(gpu: bool) -> str:
    """What the work is done on, as far as that is known without starting a GPU's library."""
    if gpu:
        import torch

        if torch.cuda.is_available():
            return str(torch.cuda.get_device_name(0))
    return "cpu"


def _read(path: Path) -> dict[str, Any]:
    try:
        read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read
