"""One step of training over callables: encode chunks, work out the loss, send its gradient back.

The loss is worked out on vectors that are cut off from the encoder, and its gradient with respect
to them is sent back through the encoder afterwards. The gradient of the weights is that of the
plain way, by the chain rule, and the same few lines serve one process and many, small batches and
those whose activations would not fit.

Source of the two passes: Gao et al. 2021, "Scaling Deep Contrastive Learning Batch Size under
Memory Limited Setup" (arXiv 2101.06983).
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import accumulate
from typing import TypeVar

import torch
from torch import Tensor

PIECE = 32
"""Chunks whose vectors' gradient is let go together: few large pieces, which leave memory whole."""

Chunk = TypeVar("Chunk")

Encode = Callable[[int, Chunk], Tensor]
"""(number of the chunk, chunk) -> (texts of the chunk, d). Called twice for one number, it must do
the same: what is random in it may depend on the number only."""
Loss = Callable[[Tensor], tuple[Tensor, Tensor]]
"""(n, d) vectors -> the loss, a scalar, and its gradient, (n, d)."""


def whole_step(
    encode: Encode[Chunk], chunks: Sequence[Chunk], order: Tensor | None, loss: Loss
) -> Tensor:
    """The loss of a batch, its gradient added to the weights'; activations of all chunks are kept.

    Args:
        encode: gives the vectors of a chunk.
        chunks: the batch's n texts.
        order: (n,) where among the chunks' texts each text stands; None: as they come.
        loss: of the vectors in the order of the texts.
    """
    vectors = _ordered([encode(number, chunk) for number, chunk in enumerate(chunks)], order)
    value, gradient = loss(vectors.detach())
    torch.autograd.backward(vectors, gradient)
    return value


def cached_step(
    encode: Encode[Chunk],
    chunks: Sequence[Chunk],
    order: Tensor | None,
    loss: Loss,
    unsynchronised: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> Tensor:
    """As ``whole_step``, with the activations of one chunk at a time: each is encoded twice.

    The second time the last chunk comes first, and the vectors' gradient goes as it is used: the
    longest texts, whose activations are largest, stand in the first chunks.

    Args:
        encode: gives the vectors of a chunk.
        chunks: the batch's n texts.
        order: (n,) where among the chunks' texts each text stands; None: as they come.
        loss: of the vectors in the order of the texts.
        unsynchronised: within it gradients are not summed over processes; the chunk that comes
            last is outside it.
    """
    with torch.no_grad():
        vectors, texts, sizes = _encoded(encode, chunks, order)
    value, gradient = loss(vectors)
    del vectors  # The activations come now, and in a large batch it is as large as they are.
    starts = [0, *accumulate(sizes)]
    pieces = [
        gradient[texts[starts[first] : starts[min(first + PIECE, len(sizes))]]]
        for first in range(0, len(sizes), PIECE)
    ]
    del gradient
    for number in reversed(range(len(sizes))):
        first = starts[number - number % PIECE]
        part = pieces[-1][starts[number] - first : starts[number + 1] - first]
        with unsynchronised() if number else nullcontext():
            torch.autograd.backward(encode(number, chunks[number]), part)
        if number % PIECE == 0:
            pieces.pop()
    return value


def _encoded(
    encode: Encode[Chunk], chunks: Sequence[Chunk], order: Tensor | None
) -> tuple[Tensor, Tensor, list[int]]:
    """The vectors of all texts, there once and not a second time as parts; the texts of the chunks,
    one chunk after another; how many each chunk has."""
    if order is None:
        found = [encode(number, chunk) for number, chunk in enumerate(chunks)]
        vectors = torch.cat(found)
        return (
            vectors,
            torch.arange(len(vectors), device=vectors.device),
            [len(part) for part in found],
        )
    texts = torch.empty_like(order)
    texts[order] = torch.arange(len(order), device=order.device)
    first = encode(0, chunks[0])
    vectors = first.new_empty(len(order), first.shape[1])
    sizes, start = [], 0
    for number, chunk in enumerate(chunks):
        part = encode(number, chunk) if number else first
        vectors[texts[start : start + len(part)]] = part
        sizes.append(len(part))
        start += len(part)
    return vectors, texts, sizes


def _ordered(found: list[Tensor], order: Tensor | None) -> Tensor:
    vectors = found[0] if len(found) == 1 else torch.cat(found)
    return vectors if order is None else vectors[order]
