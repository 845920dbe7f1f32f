"""The size, memory and time of a run before it starts: `lingweave train --plan-only`."""

import os
from dataclasses import replace
from typing import NamedTuple

from lingweave.plan import Recipe
from lingweave.table import ParallelTable
from lingweave.training.checks import cut_lengths
from lingweave.training.config import TrainConfig
from lingweave.training.defaults import autocasts, chunk_budget, optimizer_of
from lingweave.training.feeding import wanted_of
from lingweave.training.footprint.batches import (
    Texts,
    padded_tokens,
    texts_at_limits,
    texts_sampled,
)
from lingweave.training.footprint.devices import USABLE, UTILISATION, Device, device_of
from lingweave.training.footprint.memory import Memory, memory_of
from lingweave.training.footprint.shape import described, limit
from lingweave.training.footprint.traced import Setting, Step, traced_step
from lingweave.training.options import options_of
from lingweave.training.teacher import check_followed


class Footprint(NamedTuple):
    """What a run takes, as far as that is known before it starts."""

    config: TrainConfig
    """The run."""
    device: Device
    """Where each process would run."""
    ranks: int
    """Processes."""
    bf16: bool
    """Whether matrix products are in bf16."""
    optimizer: str
    """adamw, adamw-8bit or rowwise."""
    texts: Texts
    """How long a step's texts are."""
    step: Step
    """The step with the most tokens, of one process."""
    memory: Memory
    """Of one process."""
    flops: float
    """Floating-point operations of an average step of one process."""

    @property
    def fits(self) -> bool:
        """Whether the peak is within the usable share of the device's memory."""
        return self.memory.peak <= USABLE * self.device.memory

    @property
    def seconds(self) -> float | None:
        """Of the whole run at the assumed utilisation; None where no peak is known, or a step is
        bound by memory traffic."""
        peak = self.device.bf16 if self.bf16 else self.device.fp32
        if not peak or self.config.encoder == "static":
            return None
        return self.config.steps * self.flops / (peak * UTILISATION)


def footprint_of(
    config: TrainConfig, table: ParallelTable | None = None, recipe: Recipe | None = None
) -> Footprint:
    """The footprint of a run from its encoder's configuration alone; no weights are read.

    Args:
        config: the run; ``plan_device`` says where. The number of processes is WORLD_SIZE of the
            environment, as torchrun sets it.
        table: its records, for the lengths of texts; None: lengths at their limits.
        recipe: its batches; needed with a table.

    Raises:
        LingweaveError: the encoder has no configuration, or cannot be planned; or the run would be
            refused.
    """
    device = device_of(config.plan_device, config.device == "cpu")
    ranks = int(os.environ.get("WORLD_SIZE", "1"))
    shape = described(config)
    static = shape.config is None
    terms = options_of(replace(config, plan_only=True)).terms
    lengths, _ = cut_lengths(config, limit(shape, config))
    config = replace(config, query_length=lengths[0], passage_length=lengths[1])
    optimizer = optimizer_of(config, static)
    if table is not None:
        wanted_of(config, table, terms)
        check_followed(config, table)
    budget = chunk_budget(config, static, device.gpu)
    autocast = autocasts(config, static, device.gpu)
    needs = frozenset(need for term in terms for need in term.needs)
    texts = None
    if table is not None and recipe is not None:
        texts = texts_sampled(config, shape, table, recipe, needs, budget)
    texts = texts or texts_at_limits(config, needs, budget)
    together = ranks if config.gather else 1
    setting = Setting(config, texts.sizes, budget, autocast, device.gpu, together)
    step = traced_step(shape, setting)
    memory = memory_of(step, optimizer, ranks, config.sharding == "full")
    flops = step.flops * texts.padded / padded_tokens(texts.sizes, budget)
    bf16 = autocast or config.weights == "bf16"
    return Footprint(config, device, ranks, bf16, optimizer, texts, step, memory, flops)
