"""Fewer layers in the place of many alike: what a step takes grows evenly with their number."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import numpy as np
from torch import nn

DEPTHS = (3, 5)
"""Layers with which a deep encoder is traced; from these two the whole is worked out."""


def repeated(encoder: nn.Module, layers: int) -> list[nn.ModuleList]:
    """The lists of an encoder that hold one module a layer; none: it cannot be shortened."""
    if layers <= DEPTHS[1] + 1:
        return []
    lists = [m for m in encoder.modules() if isinstance(m, nn.ModuleList)]
    return [found for found in lists if len(found) == layers]


@contextmanager
def shortened(lists: list[nn.ModuleList], depth: int) -> Iterator[None]:
    """Within it the lists hold ``depth`` of their modules, evenly over the whole."""
    whole = [list(found) for found in lists]
    try:
        for found, modules in zip(lists, whole, strict=True):
            chosen = np.linspace(0, len(modules) - 1, depth).round().astype(int)
            _fill(found, [modules[i] for i in chosen])
        yield
    finally:
        for found, modules in zip(lists, whole, strict=True):
            _fill(found, modules)


def _fill(found: nn.ModuleList, modules: Iterable[nn.Module]) -> None:
    found._modules.clear()
    found.extend(modules)


def extended(of_depth: Callable[[int], list[float]], layers: int) -> list[float]:
    """Numbers at a depth from those at two smaller ones, along a straight line."""
    few, more = DEPTHS
    pairs = zip(of_depth(few), of_depth(more), strict=True)
    return [b + (b - a) * (layers - more) / (more - few) for a, b in pairs]
