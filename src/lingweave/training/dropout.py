"""Dropout as a function of where it is used, so that no random state is carried along."""

import torch

from lingweave.plan.draws import folded


def step_seed(seed: int, step: int, rank: int, chunk: int) -> int:
    """The seed of dropout for a chunk of a step on a rank: 63 bits, unrelated to any other."""
    return folded(seed, step, rank, chunk) >> 1


def seed_torch(seed: int, device: torch.device) -> None:
    """Seeds the generators in use. ``torch.manual_seed`` takes 0.3 ms where there is no GPU."""
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.manual_seed(seed)
