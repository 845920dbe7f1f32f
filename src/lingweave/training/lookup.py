"""The gradient of an embedding table, made where it is kept, of the rows that were looked up.

Autograd's own gradient of a lookup is a matrix of the whole vocabulary, nearly all of it zeros,
which is then added to that of the chunk before: 15 ms a chunk for 32,000 × 256 on one core, where
the rows that were looked up take 0.2 ms. Its sparse gradient of bags has a row for each token, to
be added up later: 2.2 ms for 6,500 tokens × 128, where sums by row take 0.6 ms.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional


class _Lookup(torch.autograd.Function):
    """Rows of a table; the backward pass adds to the table's gradient itself."""

    @staticmethod
    def forward(ctx: Any, ids: Tensor, table: Tensor, padding: int | None) -> Tensor:
        ctx.save_for_backward(ids)
        ctx.table, ctx.padding = table, padding
        return functional.embedding(ids, table)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, None, None]:
        (ids,), table = ctx.saved_tensors, ctx.table
        (gradient,) = gradients
        if ctx.padding is not None:
            gradient = gradient.masked_fill((ids == ctx.padding).unsqueeze(-1), 0)
        if table.grad is None:
            table.grad = torch.zeros_like(table)
        table.grad.index_add_(0, ids.reshape(-1), gradient.reshape(-1, table.shape[1]))
        return None, None, None


class _Means(torch.autograd.Function):
    """Means of the rows of bags; the backward pass sets the table's gradient, sparse and summed."""

    @staticmethod
    def forward(ctx: Any, ids: Tensor, offsets: Tensor, table: Tensor) -> Tensor:
        ctx.save_for_backward(ids, offsets)
        ctx.table = table
        return functional.embedding_bag(ids, table, offsets, mode="mean")

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, None, None]:
        (ids, offsets), table = ctx.saved_tensors, ctx.table
        (gradient,) = gradients
        sizes = torch.diff(offsets, append=offsets.new_tensor([len(ids)]))
        bags = torch.repeat_interleave(sizes)
        # Sums by row are bags too: of the gradients of the texts in which a row stands.
        by_row, order = _in_order(ids, len(table))
        rows, counts = torch.unique_consecutive(by_row, return_counts=True)
        values = functional.embedding_bag(
            bags[order], gradient / sizes.unsqueeze(1), counts.cumsum(0) - counts, mode="sum"
        )
        found = torch.sparse_coo_tensor(
            rows.unsqueeze(0), values, table.shape, is_coalesced=True, check_invariants=False
        )
        table.grad = found if table.grad is None else table.grad + found
        return None, None, None


def _in_order(ids: Tensor, rows: int) -> tuple[Tensor, Tensor]:
    """The ids, (n,) below ``rows``, in ascending order, and where each of them stood."""
    if ids.device.type == "cpu" and rows <= 1 << 16:  # numpy sorts 16 bits five times as fast.
        order = torch.from_numpy(np.argsort(ids.numpy().astype(np.uint16), kind="stable"))
        return ids[order], order
    by_row, order = ids.sort(stable=True)
    return by_row, order


def plain_tables(model: nn.Module) -> list[nn.Embedding]:
    """The embedding tables whose gradient can be added up in place: on a CPU, trained in fp32 or
    more, and looked up in the plain way. On a GPU the additions would come in any order."""
    return [
        module
        for module in model.modules()
        if type(module) is nn.Embedding
        and "forward" not in vars(module)  # Somebody else's hook.
        and module.weight.requires_grad
        and module.weight.device.type == "cpu"
        and module.weight.dtype in (torch.float32, torch.float64)
        and not module.sparse
        and not module.scale_grad_by_freq
        and module.max_norm is None
    ]


@contextmanager
def added_in_place(tables: Sequence[nn.Embedding | nn.EmbeddingBag]) -> Iterator[None]:
    """Within it the gradients of these tables are added to ``weight.grad`` by the backward pass:
    those of bags, which must be means, as sparse matrices.

    Not under what sums gradients over processes as autograd brings them.
    """
    for table in tables:
        own: Any = _rows if isinstance(table, nn.Embedding) else _means
        table.forward = partial(own, table)  # type: ignore[method-assign]
    try:
        yield
    finally:
        for table in tables:
            del table.forward


def _rows(table: nn.Embedding, ids: Tensor) -> Tensor:
    found: Tensor = _Lookup.apply(ids, table.weight, table.padding_idx)  # type: ignore[no-untyped-call]
    return found


def _means(table: nn.EmbeddingBag, ids: Tensor, offsets: Tensor) -> Tensor:
    found: Tensor = _Means.apply(ids, offsets, table.weight)  # type: ignore[no-untyped-call]
    return found
