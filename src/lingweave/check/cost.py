"""What training on a table would cost, from the trainer's own plan of a run."""

import json
import tempfile
from pathlib import Path
from typing import NamedTuple

from transformers import XLMRobertaConfig
from transformers.utils import logging

from lingweave.check.config import CheckConfig
from lingweave.errors import LingweaveError
from lingweave.table import ParallelTable
from lingweave.training.config import TrainConfig
from lingweave.training.footprint.devices import DEVICES, USABLE, UTILISATION
from lingweave.training.footprint.footprint import Footprint, footprint_of
from lingweave.training.options import recipe_of

XLMR_BASE = "the shape of XLM-R base"


class Cost(NamedTuple):
    """What a run over the table takes, if each record is seen once."""

    records: int
    """Of the table."""
    cells: int
    """Queries with passages, in all languages."""
    batch_size: int
    """Records of a batch."""
    batches: int
    """Batches in which each record stands once, in languages that the recipe draws."""
    all_batches: int
    """Batches in which each record stands once in each of its languages."""
    plan: Footprint
    """Of the first of the two."""
    model: str
    """In words."""

    @property
    def assumed(self) -> str:
        """What the figures stand on."""
        kind, device = "bf16" if self.plan.bf16 else "fp32", self.plan.device
        return (
            f"Assumed: {self.model}, recipe {self.plan.config.recipe}, one {device.name}"
            f" ({device.source}) in {kind} at {UTILISATION:.0%} of its peak with {USABLE:.0%} of"
            f" its memory for tensors; AdamW; {self.plan.texts.known}; no hard negatives. Nothing"
            " was run."
        )


def refuse_unknown_device(name: str) -> None:
    """Refuses a device of which nothing is known.

    Raises:
        LingweaveError: naming those that are.
    """
    known = [device.name for device in DEVICES] + ["cpu"]
    if name not in known:
        raise LingweaveError(f"--device {name}: choose from {', '.join(known)}")


def cost_of(config: CheckConfig, some: ParallelTable, records: int, cells: int) -> Cost:
    """The plan of one pass over a table.

    Args:
        config: the model, the device and the size of a batch.
        some: records of the table, for the lengths of texts.
        records: how many the table has.
        cells: how many queries with passages it has in all languages.

    Raises:
        LingweaveError: the model or the device is not known, or the table cannot be trained on.
    """
    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        with tempfile.TemporaryDirectory() as folder:
            plan = _plan(config, config.model or _xlmr_base(Path(folder)), some, records)
    finally:
        logging.set_verbosity(verbosity)
    return Cost(
        records,
        cells,
        config.batch_size,
        plan.config.steps,
        -(-cells // config.batch_size),
        plan,
        config.model or XLMR_BASE,
    )


def _plan(config: CheckConfig, encoder: str, some: ParallelTable, records: int) -> Footprint:
    run = TrainConfig(
        encoder=encoder,
        recipe="hybrid" if len(some.languages) > 1 else "x-x-mono",
        steps=-(-records // config.batch_size),
        batch_size=config.batch_size,
        pooling="auto" if config.model else "mean",
        plan_device=config.device,
        plan_only=True,
    )
    return footprint_of(run, some, recipe_of(run))


def _xlmr_base(folder: Path) -> str:
    """A folder with the configuration of XLM-R base (Conneau et al. 2020, table 5), without its
    tokenizer: texts are then taken to be as long as they may be."""
    shape = XLMRobertaConfig(
        vocab_size=250_002, max_position_embeddings=514, type_vocab_size=1, architectures=[]
    )
    (folder / "config.json").write_text(json.dumps(shape.to_dict()), encoding="utf-8")
    return str(folder)
