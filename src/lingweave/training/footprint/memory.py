"""From one traced step to the memory of a run, part by part."""

from typing import NamedTuple

from lingweave.training.footprint.ledger import Moment
from lingweave.training.footprint.traced import Step, Weights


class Part(NamedTuple):
    """One part of the memory, in bytes."""

    name: str
    """What it holds."""
    most: int
    """The most it ever takes."""
    at_peak: int
    """What it takes at the moment when all parts together take the most."""


class Memory(NamedTuple):
    """What one process needs on its device, tensors only."""

    parts: tuple[Part, ...]
    """Its parts."""

    @property
    def peak(self) -> int:
        """Bytes at the worst moment."""
        return sum(part.at_peak for part in self.parts)

    def of(self, name: str) -> Part:
        """The part of that name."""
        return next(part for part in self.parts if part.name == name)


def memory_of(step: Step, optimizer: str, ranks: int = 1, sharded: bool = False) -> Memory:
    """The memory of a run from its step.

    The peak is in the backward pass, or at the update if the gradients outweigh the activations.
    What several processes add is worked out by rule: DDP keeps the gradients a second time, in the
    buffers that it sends; FSDP splits weights, gradients and optimiser, and puts together two
    layers at once and what stands outside of the layers.

    Args:
        step: of one process.
        optimizer: adamw, adamw-8bit or rowwise.
        ranks: processes.
        sharded: whether FSDP splits the model over them.
    """
    weights = step.weights
    share = ranks if sharded else 1
    held = weights.memory // share
    state = optimizer_bytes(weights, optimizer) // share
    step_peak, most = step.peak, step.most
    full = weights.gradients // share
    in_step = Moment(step_peak.activations, step_peak.gradients // share, step_peak.loss)
    at_update = Moment(0, full, 0)
    worst = max(in_step, at_update, key=lambda moment: moment.total)
    parts = [
        Part("weights", held, held),
        Part("gradients", max(full, most.gradients // share), worst.gradients),
        Part("optimiser", state, state),
        Part("activations", most.activations, worst.activations),
        Part("loss", most.loss, worst.loss),
    ]
    if ranks > 1:
        size = weights.memory / max(1, weights.parameters)
        own = round(weights.gathered * size) if sharded else weights.gradients
        parts.append(Part("processes", own, own))
    return Memory(tuple(parts))


def optimizer_bytes(weights: Weights, optimizer: str) -> int:
    """Bytes of the optimiser's state.

    AdamW keeps two numbers a trained weight in the weight's type; bitsandbytes' keeps two bytes and
    two scales for 256 weights; the row-wise optimiser keeps two numbers a row.
    """
    if optimizer == "adamw":
        return 2 * weights.gradients
    if optimizer == "adamw-8bit":
        return 2 * weights.trainable + 2 * 4 * weights.trainable // 256
    return 2 * 4 * weights.rows
