"""The processes that `torchrun` has started, as it numbers them in the environment."""

import os
from dataclasses import replace

from lingweave.errors import LingweaveError
from lingweave.plan import Recipe
from lingweave.training.config import TrainConfig


def processes() -> int:
    """How many processes train together; 1 without `torchrun`."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_first() -> bool:
    """Whether this process speaks for all of them."""
    return os.environ.get("RANK", "0") == "0"


def divided(config: TrainConfig, among: int) -> TrainConfig:
    """A process's part of a run: together they take the steps that one process would take.

    `batch_size` of a `TrainConfig` is that of a process, and that of a study's run is of a step.

    Raises:
        LingweaveError: a batch cannot be dealt out evenly, or negatives are not shared.
    """
    if among == 1:
        return config
    size = config.batch_size
    rows = [size // part.rows_per_record for part in Recipe(config.recipe).parts]
    if size % among or size // among < 2 or any(records % among for records in rows):
        raise LingweaveError(
            f"batch_size {size} cannot be dealt out to {among} processes: start a number of them"
            " that divides it, with two rows or more for each"
        )
    if not config.gather:
        raise LingweaveError(
            f"gather: with {among} processes and without it, rows would have fewer negatives than"
            " in one process: leave gather out, or use one process"
        )
    return replace(config, batch_size=size // among)
