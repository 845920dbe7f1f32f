"""Devices to plan for, with what their makers state. Nothing here is measured."""

import os
import time
from functools import lru_cache
from typing import NamedTuple

import torch

from lingweave.errors import LingweaveError


class Device(NamedTuple):
    """What a plan must know of a device."""

    name: str
    """How it is called in ``plan_device``."""
    memory: int
    """Bytes."""
    bf16: float
    """Peak of dense matrix products in bf16 with sums in fp32, floating-point operations a second.
    """
    fp32: float
    """Peak in fp32 without tensor cores, as torch computes it by default."""
    gpu: bool = True
    """Whether kernels are a GPU's."""
    source: str = "data sheet"
    """Where the peaks are from."""


_GB, _TERA = 10**9, 1e12

# Makers' data sheets and architecture papers: NVIDIA A100 (80 GB, SXM), H100 (SXM5), H200, L4,
# L40S, Ada (RTX 4090) and Ampere GA102 (RTX 3090). Figures "with sparsity" are halved.
DEVICES = (
    Device("a100-40gb", 40 * _GB, 312 * _TERA, 19.5 * _TERA),
    Device("a100-80gb", 80 * _GB, 312 * _TERA, 19.5 * _TERA),
    Device("h100-80gb", 80 * _GB, 989.4 * _TERA, 67 * _TERA),
    Device("h200", 141 * _GB, 989.4 * _TERA, 67 * _TERA),
    Device("l4", 24 * _GB, 121 * _TERA, 30.3 * _TERA),
    Device("l40s", 48 * _GB, 362 * _TERA, 91.6 * _TERA),
    Device("rtx-3090", 24 * _GB, 71 * _TERA, 35.6 * _TERA),
    Device("rtx-4090", 24 * _GB, 165.2 * _TERA, 82.6 * _TERA),
)

MEASURED = "measured here"
"""The source of peaks that no data sheet gives."""
UTILISATION = 0.4
"""Share of the peak that a training step is assumed to reach."""
USABLE = 0.92
"""Share of a device's memory that is assumed to be left beside its driver and to fragmentation."""


def device_of(name: str | None, cpu_only: bool = False) -> Device:
    """The device of that name; None: the one at hand.

    Args:
        name: one of ``DEVICES``, or cpu.
        cpu_only: whether a GPU at hand is left alone.

    Raises:
        LingweaveError: there is no such name.
    """
    known = {device.name: device for device in DEVICES}
    if name in known:
        return known[name]
    if name not in (None, "cpu"):
        raise LingweaveError(
            f"plan_device: {name!r} is not known; choose from {', '.join(known)}, cpu"
        )
    if name is None and not cpu_only and torch.cuda.is_available():
        return _gpu_at_hand()
    return _cpu_at_hand()


def _model(name: str) -> list[str]:
    return [part for part in name.split("-") if not part.endswith("gb")]


def _gpu_at_hand() -> Device:
    properties = torch.cuda.get_device_properties(0)
    words = properties.name.lower().replace("-", " ").split()
    alike = [d for d in DEVICES if set(_model(d.name)) <= set(words)]
    if not alike:
        return Device(properties.name, properties.total_memory, 0.0, 0.0)
    closest = min(alike, key=lambda device: abs(device.memory - properties.total_memory))
    return closest._replace(memory=properties.total_memory)


@lru_cache(maxsize=1)
def _cpu_at_hand() -> Device:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    bf16, fp32 = _measured_peak(torch.bfloat16), _measured_peak(torch.float32)
    return Device("cpu", memory, bf16, fp32, gpu=False, source=MEASURED)


def _measured_peak(dtype: torch.dtype) -> float:
    """Operations a second of one large matrix product, the best of a few within 0.3 s."""
    size = 768
    one = torch.ones(size, size, dtype=dtype)
    best, until = float("inf"), time.perf_counter() + 0.3
    while True:
        start = time.perf_counter()
        one @ one
        end = time.perf_counter()
        best = min(best, end - start)
        if end > until:
            return 2 * size**3 / best
