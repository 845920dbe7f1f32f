"""Objectives agree with a plain loop in double precision, and the masks keep their word."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lingweave.objectives import NONE, Ids, info_nce, shared


def naive_info_nce(queries, candidates, positives, mask, temperature):
    total = 0.0
    for i, query in enumerate(queries):
        scores = [sum(a * b for a, b in zip(query, c, strict=True)) / temperature
                  for c in candidates]  # fmt: skip
        kept = [s for j, s in enumerate(scores) if j == positives[i] or not mask[i][j]]
        top = max(kept)
        total += top + math.log(sum(math.exp(s - top) for s in kept)) - scores[positives[i]]
    return total / len(queries)


def naive_shared(records, groups, texts, positives):
    def same(a, b):
        return a == b and a != NONE

    return [
        [any(same(v[p], v[j]) for v in (records, groups, texts)) for j in range(len(records))]
        for p in positives
    ]


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_info_nce_is_the_plain_loop(data):
    rows = data.draw(st.integers(1, 6))
    extra = data.draw(st.integers(0, 4))
    torch.manual_seed(data.draw(st.integers(0, 10_000)))
    queries = torch.randn(rows, 3, dtype=torch.float64)
    candidates = torch.randn(rows + extra, 3, dtype=torch.float64)
    positives = torch.randperm(rows + extra)[:rows]
    mask = torch.rand(rows, rows + extra) < 0.4
    losses = info_nce(queries, candidates, positives, mask, 0.05)
    expected = naive_info_nce(
        queries.tolist(), candidates.tolist(), positives.tolist(), mask.tolist(), 0.05
    )
    assert losses.mean().item() == pytest.approx(expected, rel=1e-12, abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_masks_are_the_plain_loop(data):
    size = data.draw(st.integers(1, 8))
    ids = [data.draw(st.lists(st.integers(-1, 3), min_size=size, max_size=size)) for _ in range(3)]
    positives = data.draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=size))
    mask = shared(Ids(*(torch.tensor(x) for x in ids)), torch.tensor(positives))
    assert mask.tolist() == naive_shared(*ids, positives)


def test_a_positive_is_never_left_out():
    vectors = torch.eye(3, dtype=torch.float64)
    everything = torch.ones(3, 3, dtype=torch.bool)
    assert info_nce(vectors, vectors, torch.arange(3), everything, 0.05).tolist() == [0, 0, 0]


def test_a_masked_candidate_has_no_gradient():
    torch.manual_seed(0)
    queries, candidates = torch.randn(2, 4), torch.randn(3, 4, requires_grad=True)
    mask = torch.tensor([[False, False, True], [False, False, True]])
    info_nce(queries, candidates, torch.arange(2), mask, 0.05).sum().backward()
    assert candidates.grad is not None
    assert candidates.grad[2].abs().sum() == 0
    assert (candidates.grad[:2].abs().sum(1) > 0).all()


def test_a_hard_negative_of_its_own_record_stays_a_negative():
    ids = Ids(
        records=torch.tensor([7, 8, NONE, NONE]),
        groups=torch.tensor([NONE, NONE, NONE, NONE]),
        texts=torch.tensor([1, 2, 3, 2]),
    )
    mask = shared(ids, torch.tensor([0, 1]))
    assert mask.tolist() == [[True, False, False, False], [False, True, False, True]]


def test_half_precision_is_raised_before_the_softmax():
    torch.manual_seed(0)
    queries = torch.nn.functional.normalize(torch.randn(8, 16), dim=1).bfloat16()
    mask = torch.zeros(8, 8, dtype=torch.bool)
    loss = info_nce(queries, queries, torch.arange(8), mask, 0.01)
    assert loss.dtype == torch.float32
    assert torch.isfinite(loss).all()
