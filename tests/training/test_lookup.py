"""Gradients of embedding tables that are added up in place are those of autograd."""

import torch
from torch import nn

from lingweave.training.lookup import added_in_place, plain_tables


class Words(nn.Module):
    """Two tables, one with padding, behind a weighted sum."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(30, 6, padding_idx=0)
        self.places = nn.Embedding(5, 6)
        self.bag = nn.EmbeddingBag(4, 6)
        self.frozen = nn.Embedding(3, 6).requires_grad_(False)
        self.few = nn.Embedding(3, 6, max_norm=1.0)

    def forward(self, ids):
        found = self.words(ids) + self.places(torch.arange(ids.shape[1]))
        return (found * torch.linspace(-1, 1, 6, dtype=found.dtype)).tanh()


def test_the_gradient_is_autograds_over_several_chunks():
    torch.manual_seed(0)
    model = Words().double()
    chunks = [torch.randint(0, 30, (3, 5)), torch.randint(0, 30, (2, 4)), torch.zeros(1, 3).long()]
    for chunk in chunks:
        model(chunk).square().sum().backward()
    expected = [table.weight.grad.clone() for table in (model.words, model.places)]
    assert (expected[0][0] == 0).all()
    assert (expected[0] != 0).any()
    model.zero_grad()

    with added_in_place(plain_tables(model)):
        for chunk in chunks:
            model(chunk).square().sum().backward()
    for table, wanted in zip((model.words, model.places), expected, strict=True):
        torch.testing.assert_close(table.weight.grad, wanted, rtol=0, atol=1e-12)
        assert "forward" not in vars(table)


def test_only_plain_tables_that_are_trained():
    model = Words()
    assert plain_tables(model) == [model.words, model.places]
    assert plain_tables(Words().bfloat16()) == []


def test_the_gradient_of_bags_is_autograds_summed_by_row():
    torch.manual_seed(0)
    bags = nn.EmbeddingBag(12, 4, mode="mean", dtype=torch.float64)
    ids = torch.tensor([3, 3, 7, 0, 7, 7, 11])
    offsets = torch.tensor([0, 3, 3, 4])  # The second bag is empty.
    weights = torch.randn(4, 4, dtype=torch.float64)

    def loss():
        return (bags(ids, offsets).tanh() * weights).sum()

    loss().backward()
    expected = bags.weight.grad.clone()
    bags.zero_grad()
    with added_in_place([bags]):
        found = loss()
        found.backward()
    assert found.item() == loss().item()
    gradient = bags.weight.grad
    assert gradient.is_coalesced()
    assert gradient.indices()[0].tolist() == [0, 3, 7, 11]
    torch.testing.assert_close(gradient.to_dense(), expected, rtol=0, atol=1e-15)
    with added_in_place([bags]):
        loss().backward()
    torch.testing.assert_close(bags.weight.grad.to_dense(), 2 * expected, rtol=0, atol=1e-15)
