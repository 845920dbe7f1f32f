"""One training step, run on tensors without data: the trainer's own code, counted."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode, UnsupportedFakeTensorException

from lingweave.errors import LingweaveError
from lingweave.objectives import Term, objective_of
from lingweave.training.chunks import chunks_by_length, places
from lingweave.training.config import TrainConfig
from lingweave.training.footprint.depth import extended, repeated, shortened
from lingweave.training.footprint.gpu import as_on_gpu
from lingweave.training.footprint.ledger import Ledger, Moment
from lingweave.training.footprint.shape import (
    Bag,
    Described,
    as_on_cpu,
    features_of,
    layer_sizes,
    shaped_encoder,
)
from lingweave.training.loss import Texts, loss_and_gradient, unit
from lingweave.training.processes import Processes
from lingweave.training.step import cached_step, whole_step
from lingweave.training.tokens import Features

Ints = NDArray[np.int64]


class Weights(NamedTuple):
    """The numbers of an encoder."""

    parameters: int
    """All of them."""
    trainable: int
    """Those that the run changes."""
    memory: int
    """Bytes of all, with buffers."""
    gradients: int
    """Bytes of the gradients of the trainable ones."""
    gathered: int
    """Parameters that FSDP has in one piece at once: two of the largest layers, and what stands
    outside of the layers."""
    rows: int
    """Rows of the trainable ones."""


class Step(NamedTuple):
    """What one step of one process takes."""

    weights: Weights
    """The encoder."""
    flops: float
    """Floating-point operations of matrix products and attention, forward and backward."""
    peak: Moment
    """The moment with the most memory in use."""
    most: Moment
    """The most memory of each kind, at whatever moment."""
    chunks: int
    """Chunks of the step."""


class Setting(NamedTuple):
    """What a step depends on beside the encoder."""

    config: TrainConfig
    """The run."""
    sizes: Ints
    """(n,) tokens of the texts of one process: queries, candidates, views."""
    budget: int
    """Tokens of a chunk, padding included; 0: one chunk."""
    bf16: bool
    """Whether the encoder runs under autocast to bf16."""
    gpu: bool
    """Whether kernels are a GPU's."""
    ranks: int = 1
    """Processes whose candidates stand in one batch."""


def traced_step(shape: Described, setting: Setting) -> Step:
    """A step of the run, without its weights and its data.

    Of an encoder with many layers alike only a few are run, and of many chunks only some: what
    is counted grows evenly with both.

    Raises:
        LingweaveError: the encoder cannot be made or run without data.
    """
    config = setting.config
    encoder = shaped_encoder(shape, config)
    layers = getattr(shape.config and shape.config.get_text_config(), "num_hidden_layers", 0) or 0
    lists = repeated(encoder, layers)
    chunks = _chunks(setting)
    weights = _weights(encoder)
    if isinstance(encoder, Bag) and encoder.by_rows:
        # A row for each that the tokens name, with its number, and one more for its update.
        rows = min(int(setting.sizes.sum()), config.vocabulary)
        weights = weights._replace(gradients=rows * (8 * config.dimension + 8))

    def at_depth(depth: int) -> list[float]:
        with shortened(lists, depth):
            return _counted(encoder, setting, chunks, static=shape.config is None)

    with FakeTensorMode(), as_on_gpu() if setting.gpu else nullcontext():
        try:
            found = extended(at_depth, layers) if lists else at_depth(layers)
        except (RuntimeError, UnsupportedFakeTensorException) as error:
            reason = " ".join(str(error).split())[:160]
            raise LingweaveError(
                f"plan_only: a step of {config.encoder} cannot be worked out without data: {reason}"
            ) from error
    moments = [Moment(*map(round, found[at : at + 3])) for at in (1, 4, 7)]
    peak = max(moments[:2], key=lambda moment: moment.total)
    return Step(weights, found[0], peak, moments[2], len(chunks))


def _chunks(setting: Setting) -> list[Ints]:
    """The texts of every chunk."""
    if setting.budget:
        return chunks_by_length(setting.sizes, setting.budget)
    return [np.arange(len(setting.sizes))]


def _counted(
    encoder: nn.Module, setting: Setting, chunks: Sequence[Ints], static: bool
) -> list[float]:
    """Operations, then activations, gradients and loss at the worst moment early in the backward
    pass, late in it, and at most."""
    as_on_cpu(encoder)
    encoder.zero_grad()
    config, sizes = setting.config, setting.sizes
    # The longest texts need the most; with GradCache no other chunk is there at the same time.
    places_of = {0, len(chunks) // 2} | ({len(chunks) - 1} if not config.grad_cache else set())
    some = [chunks[place] for place in sorted(places_of)]
    whole = len(some) == len(chunks)
    ledger = Ledger(p for p in encoder.parameters() if p.requires_grad)
    ledger.ignore([*encoder.parameters(), *encoder.buffers()])
    held = Moment()

    def encode(number: int, chunk: Features) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=setting.bf16):
            vectors: Tensor = encoder(chunk)
        return unit(vectors)

    def loss(vectors: Tensor) -> tuple[Tensor, Tensor]:
        nonlocal held
        held, ledger.section = ledger.now, "loss"
        full = vectors if whole else vectors.new_empty((len(sizes), vectors.shape[1]))
        value, gradient = _loss(full, setting)
        ledger.section = "activations"
        return value, gradient[: len(vectors)]

    with ledger:
        given = [
            features_of(len(c), int(sizes[c].max()), static, int(sizes[c].sum())) for c in some
        ]
        order = torch.from_numpy(places(list(chunks))) if setting.budget and whole else None
        step = cached_step if config.grad_cache else whole_step
        step(encode, given, order, loss)
    share = _padded(chunks, sizes) / _padded(some, sizes)
    more = 0.0 if config.grad_cache else (share - 1) * held.activations
    moments = [
        (moment.activations + more, moment.gradients, moment.loss)
        for moment in (ledger.early, ledger.late, ledger.most)
    ]
    return [ledger.flops * share, *(value for moment in moments for value in moment)]


def _padded(chunks: Sequence[Ints], sizes: Ints) -> int:
    return sum(len(chunk) * int(sizes[chunk].max()) for chunk in chunks)


def _loss(vectors: Tensor, setting: Setting) -> tuple[Tensor, Tensor]:
    """The trainer's loss of (n, d) vectors and its gradient."""
    config, rows = setting.config, setting.config.batch_size
    terms: tuple[Term, ...] = objective_of(config.objective, config.temperature)
    needs = frozenset(need for term in terms for need in term.needs)
    views = [rows if need in needs else 0 for need in ("other_query", "other_passage")]
    counts = (rows, len(vectors) - rows - sum(views), *views)
    ids = torch.zeros((3, counts[1]), dtype=torch.int64)
    others = torch.zeros((3, rows), dtype=torch.bool) if any(views) else None
    teacher = vectors.new_empty(rows + counts[1], vectors.shape[1]) if "teacher" in needs else None
    texts = Texts(ids, (counts,) * setting.ranks, others, teacher)
    processes = _Imagined(0, setting.ranks) if setting.ranks > 1 else Processes()
    return loss_and_gradient(vectors, texts, terms, processes)


class _Imagined(Processes):
    """Other processes of which only the number is there."""

    def gathered(self, own: Tensor, counts: Sequence[int]) -> list[Tensor]:
        return [own.new_empty((count, *own.shape[1:])) for count in counts]

    def summed(self, values: Tensor) -> Tensor:
        return values


def _weights(encoder: nn.Module) -> Weights:
    parameters = list(encoder.parameters())
    trainable = [p for p in parameters if p.requires_grad]
    tensors = [*parameters, *encoder.buffers()]
    layers = layer_sizes(encoder)
    return Weights(
        sum(p.numel() for p in parameters),
        sum(p.numel() for p in trainable),
        sum(t.numel() * t.element_size() for t in tensors),
        sum(p.numel() * p.element_size() for p in trainable),
        2 * max(layers, default=0) + sum(p.numel() for p in parameters) - sum(layers),
        sum(p.shape[0] for p in trainable if p.ndim),
    )
