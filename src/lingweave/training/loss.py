"""The loss of a step and its gradient with respect to the vectors, over one or more processes.

Every process works out the losses of its own rows against the candidates of all, in blocks of rows,
so that no matrix of all rows against all candidates is kept.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from lingweave.objectives import Embedded, Ids, Term, part
from lingweave.training.processes import Processes

_SCORES = 1 << 20
"""Scores of a block of rows: 4 MB in fp32, several times over while the loss is worked out."""
_LEAST = 64
"""Rows of a block, if a batch has them: with fewer, products are slow."""


class Texts(NamedTuple):
    """What the n texts of a step are, beside their vectors: queries, candidates, then views."""

    ids: Tensor
    """(3, C) int64: records, groups and texts of the candidates; a row's passage stands at the
    row's number, hard negatives after all of them."""
    counts: tuple[tuple[int, ...], ...]
    """For every process: how many queries, candidates, other queries and other passages it has."""
    others: Tensor | None = None
    """(3, B) bool: which rows have their query, and their passage, in another language, and whose
    own passage is in the one that is asked for."""
    teacher: Tensor | None = None
    """(B + C, t): a teacher's vectors of the queries and candidates."""
    row_texts: Tensor | None = None
    """(3, B) int64: ids of the texts of the rows' queries, of these in another language, and of the
    passages in another language; -1 where there is none."""


def unit(vectors: Tensor) -> Tensor:
    """The rows at length one, in fp32 at least."""
    return functional.normalize(vectors if vectors.dtype == torch.float64 else vectors.float())


def loss_and_gradient(
    vectors: Tensor, texts: Texts, terms: Sequence[Term], processes: Processes
) -> tuple[Tensor, Tensor]:
    """The weighted loss of the batch, and its gradient with respect to this process's vectors.

    With several processes the mean over them of both values is that of the whole batch.

    Args:
        vectors: (n, d) unit rows, without a graph.
        texts: what they are.
        terms: the objective.
        processes: those that share the batch.
    """
    sides = _sides(vectors, texts.counts, processes)
    leaves = [torch.cat(of) if len(of) > 1 else of[0] for of in sides]
    batch = _embedded([leaf.requires_grad_() for leaf in leaves], texts, processes)
    value = vectors.new_zeros(())
    for rows in _blocks(texts, processes):
        loss = part(terms, batch, rows)
        torch.autograd.backward(loss)
        value += loss.detach()
    gradients = []
    for leaf, of in zip(leaves, sides, strict=True):
        gradient = leaf.grad if leaf.grad is not None else torch.zeros_like(leaf)
        gradient = processes.summed(gradient)
        gradients.append(torch.split(gradient, [len(some) for some in of])[processes.rank])
    gradient = torch.cat(gradients)
    if processes.size > 1:  # Gradients are averaged over processes later.
        return value * processes.size, gradient * processes.size
    return value, gradient


def mean_loss(vectors: Tensor, texts: Texts, terms: Sequence[Term]) -> Tensor:
    """The weighted loss of a batch of one process, without a gradient: a scalar."""
    alone = Processes()
    batch = _embedded(list(torch.split(vectors, list(texts.counts[0]))), texts, alone)
    return torch.stack([part(terms, batch, rows) for rows in _blocks(texts, alone)]).sum()


def _blocks(texts: Texts, processes: Processes) -> Iterator[slice]:
    """The rows of this process, in blocks."""
    each = texts.counts[processes.rank][0]
    first = each * processes.rank
    block = max(_LEAST, _SCORES // sum(of[1] for of in texts.counts))
    for start in range(first, first + each, block):
        yield slice(start, min(start + block, first + each))


def _sides(
    vectors: Tensor, counts: tuple[tuple[int, ...], ...], processes: Processes
) -> list[list[Tensor]]:
    """For each side the vectors of every process."""
    parts = processes.gathered(vectors, [sum(of) for of in counts])
    by_process = [torch.split(p, list(of)) for p, of in zip(parts, counts, strict=True)]
    return [list(side) for side in zip(*by_process, strict=True)]


def _embedded(leaves: list[Tensor], texts: Texts, processes: Processes) -> Embedded:
    rows = [of[0] for of in texts.counts]
    candidates = [of[1] for of in texts.counts]
    ids = torch.cat(processes.gathered(texts.ids.T, candidates)).T
    starts = [sum(candidates[:rank]) for rank in range(len(candidates))]
    positives = torch.cat(
        [torch.arange(s, s + n, device=ids.device) for s, n in zip(starts, rows, strict=True)]
    )
    batch = Embedded(leaves[0], leaves[1], positives, Ids(*ids))
    if texts.others is not None:
        others = torch.cat(processes.gathered(texts.others.T, rows)).T
        batch = batch._replace(
            other_queries=leaves[2] if len(leaves[2]) else None,
            has_other_query=others[0],
            other_passages=leaves[3] if len(leaves[3]) else None,
            has_other_passage=others[1],
            passage_in_language=others[2],
        )
    if texts.row_texts is not None:
        row_texts = torch.cat(processes.gathered(texts.row_texts.T, rows)).T
        batch = batch._replace(
            query_texts=row_texts[0],
            other_query_texts=row_texts[1],
            other_passage_texts=row_texts[2],
        )
    if texts.teacher is not None:
        both = processes.gathered(texts.teacher, [sum(of[:2]) for of in texts.counts])
        split = [torch.split(t, list(of[:2])) for t, of in zip(both, texts.counts, strict=True)]
        batch = batch._replace(
            teacher_queries=torch.cat([one for one, _ in split]),
            teacher_candidates=torch.cat([two for _, two in split]),
        )
    return batch
