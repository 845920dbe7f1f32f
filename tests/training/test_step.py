"""Chunks, two passes and blocks of rows change neither the loss nor the gradient."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from lingweave.objectives import Embedded, Ids, objective_of, part
from lingweave.training import loss as losses
from lingweave.training import step as steps
from lingweave.training.chunks import chunks_by_length, places
from lingweave.training.loss import Texts, loss_and_gradient, mean_loss, unit
from lingweave.training.processes import Processes
from lingweave.training.step import cached_step, whole_step

ROWS, HARD = 6, 3


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=30), st.integers(1, 120))
def test_chunks_keep_to_the_budget_and_lose_no_text(sizes, budget):
    sizes = np.array(sizes)
    chunks = chunks_by_length(sizes, budget)
    assert sorted(np.concatenate(chunks)) == list(range(len(sizes)))
    for chunk in chunks:
        assert len(chunk) == 1 or sizes[chunk].max() * len(chunk) <= budget
    longest = [sizes[chunk].max() for chunk in chunks]
    assert longest == sorted(longest, reverse=True)
    np.testing.assert_array_equal(np.concatenate(chunks)[places(chunks)], range(len(sizes)))


class Toy(nn.Module):
    """Mean of embeddings under a mask, a layer, and dropout."""

    def __init__(self, dropout=0.0):
        super().__init__()
        self.words = nn.Embedding(50, 8)
        self.layer = nn.Linear(8, 5)
        self.dropout = nn.Dropout(dropout)

    def forward(self, chunk):
        ids, mask = chunk
        words = self.dropout(self.words(ids)) * mask.unsqueeze(2)
        return unit(torch.tanh(self.layer(words.sum(1) / mask.sum(1, keepdim=True))))


def texts_of(count, seed=0):
    generator = np.random.default_rng(seed)
    return [generator.integers(0, 50, size) for size in generator.integers(1, 12, count)]


def padded(texts):
    width = max(map(len, texts))
    ids, mask = torch.zeros(len(texts), width, dtype=torch.long), torch.zeros(len(texts), width)
    for row, text in enumerate(texts):
        ids[row, : len(text)], mask[row, : len(text)] = torch.from_numpy(text), 1
    return ids, mask.double()


def everything(dropout=0.0):
    torch.manual_seed(0)
    model = Toy(dropout).double()
    counts = (ROWS, ROWS + HARD, ROWS, ROWS)
    texts = texts_of(sum(counts))
    ids = torch.stack(
        [
            torch.cat([torch.arange(ROWS), torch.full((HARD,), -1)]),
            torch.tensor([0, 0, -1, -1, 1, 2] + [-1] * HARD),
            torch.arange(ROWS + HARD),
        ]
    )
    others = torch.ones(3, ROWS, dtype=torch.bool)
    others[0, 2] = others[1, 4] = others[2, 1] = False
    return model, texts, Texts(ids, (counts,), others)


OBJECTIVES = [
    "infonce",
    "symmetric=1,align_queries=0.3,align_passages=0.2",
    "multi_positive=1,variance=0.5,margin(0.3)=0.1",
    "infonce=1,language=0.01,semantic=0.2",
    "clear(en,0.4,0.2)",
]


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("way", ["chunks", "cached", "cached chunks", "blocks"])
def test_every_way_gives_the_plain_gradient(objective, way, monkeypatch):
    """In double precision, against autograd through one padded batch."""
    terms = objective_of(objective, 0.05)
    model, texts, about = everything()
    vectors = model(padded(texts))
    sides = list(torch.split(vectors, list(about.counts[0])))
    batch = Embedded(
        sides[0], sides[1], torch.arange(ROWS), Ids(*about.ids), sides[2], about.others[0],
        sides[3], about.others[1], passage_in_language=about.others[2],
    )  # fmt: skip
    plain = part(terms, batch, slice(0, ROWS))
    plain.backward()
    expected = [p.grad.clone() for p in model.parameters()]
    model.zero_grad()

    if way == "blocks":
        monkeypatch.setattr(losses, "_SCORES", 2 * (ROWS + HARD))
    chunks, order = [np.arange(len(texts))], None
    if "chunks" in way:
        chunks = chunks_by_length(np.array([len(text) for text in texts]), 30)
        assert len(chunks) > 3
        order = torch.from_numpy(places(chunks))
    monkeypatch.setattr(steps, "PIECE", 2)
    step = cached_step if "cached" in way else whole_step
    loss = step(
        lambda number, chunk: model(chunk),
        [padded([texts[i] for i in chunk]) for chunk in chunks],
        order,
        lambda vectors: loss_and_gradient(vectors, about, terms, Processes()),
    )
    assert loss.item() == pytest.approx(plain.item(), abs=1e-12)
    for found, wanted in zip((p.grad for p in model.parameters()), expected, strict=True):
        torch.testing.assert_close(found, wanted, rtol=0, atol=1e-13)
    assert mean_loss(vectors.detach(), about, terms).item() == pytest.approx(loss.item(), abs=1e-12)


def test_two_passes_meet_the_same_dropout():
    """A chunk's dropout is a function of its number, so a second pass repeats the first."""
    terms = objective_of("infonce", 0.05)
    gradients = []
    for step in (whole_step, cached_step):
        model, texts, about = everything(dropout=0.4)
        chunks = chunks_by_length(np.array([len(text) for text in texts]), 30)

        def encode(number, chunk, model=model):
            torch.manual_seed(number)
            return model(chunk)

        step(
            encode,
            [padded([texts[i] for i in chunk]) for chunk in chunks],
            torch.from_numpy(places(chunks)),
            lambda vectors, about=about: loss_and_gradient(vectors, about, terms, Processes()),
        )
        gradients.append([p.grad for p in model.parameters()])
    for one, two in zip(*gradients, strict=True):
        torch.testing.assert_close(one, two, rtol=0, atol=1e-13)


def test_cached_steps_hold_one_chunk_and_meet_once():
    """Sent back last chunk first, all but the one that comes last in the unsynchronised context."""
    model, texts, about = everything()
    depth, inside = [0], []

    class Apart:
        def __enter__(self):
            depth[0] += 1

        def __exit__(self, *_):
            depth[0] -= 1

    def encode(number, chunk):
        inside.append((number, depth[0], torch.is_grad_enabled()))
        return model(chunk)

    halves = [padded(texts[:10]), padded(texts[10:20]), padded(texts[20:])]
    terms = objective_of("infonce", 0.05)
    cached_step(
        encode, halves, None, lambda v: loss_and_gradient(v, about, terms, Processes()), Apart
    )
    first = [(number, 0, False) for number in range(3)]
    assert inside == [*first, (2, 1, True), (1, 1, True), (0, 0, True)]
