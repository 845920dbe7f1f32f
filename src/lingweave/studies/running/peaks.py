"""The most memory that a process holds while it trains, above its level before the first step."""

import contextlib
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class Peaks:
    """Watches the block for its first step, and tells of the most memory since then.

    The level is taken, and what the system keeps as the largest value set back, as the first module
    begins its forward pass in training: weights, texts and libraries are there by then.
    """

    def __init__(self) -> None:
        self._level: int | None = None
        self._hook: Any = None
        self._ended: dict[str, int] | None = None

    def __enter__(self) -> Self:
        import torch

        self._hook = torch.nn.modules.module.register_module_forward_pre_hook(self._begin)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()
        self._hook.remove()

    def end(self) -> None:
        """What comes now is no part of the training."""
        if self._ended is None:
            self._ended = self.now

    @property
    def now(self) -> dict[str, int]:
        """Bytes by name; empty before the first step, and where the system does not tell.

        `memory`: resident memory at the worst moment, above the level before the first step.
        `gpu_memory`: the most that tensors took on the GPU, all of them.
        """
        if self._ended is not None:
            return self._ended
        if self._level is None:
            return {}
        peak, found = resident("VmHWM"), {}
        if peak is not None:
            found["memory"] = max(0, peak - self._level)
        torch = sys.modules["torch"]
        if torch.cuda.is_initialized():
            found["gpu_memory"] = torch.cuda.max_memory_allocated()
        return found

    def _begin(self, module: Any, given: Any) -> None:
        import torch

        if not module.training:  # A teacher, or a validation.
            return
        self._hook.remove()
        with contextlib.suppress(OSError):
            _CLEAR.write_text("5")
            self._level = resident("VmRSS")
        if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            torch.cuda.reset_peak_memory_stats()


def resident(name: str) -> int | None:
    """A line of this process's status in bytes; None where there is none."""
    with contextlib.suppress(OSError):
        for line in _STATUS.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    return None
