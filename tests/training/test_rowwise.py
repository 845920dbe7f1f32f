"""The row-wise optimiser is the dense formula, worked out for the rows that a step uses."""

import pytest
import torch

from lingweave.errors import LingweaveError
from lingweave.training import TrainConfig
from lingweave.training.rowwise import RowwiseRMSProp
from lingweave.training.run import train


def test_updates_are_those_of_a_dense_loop():
    torch.manual_seed(0)
    bag = torch.nn.EmbeddingBag(20, 4, mode="mean", sparse=True, dtype=torch.float64)
    expected, moment = bag.weight.detach().clone(), torch.zeros(20, dtype=torch.float64)
    optimizer = RowwiseRMSProp([bag.weight], lr=0.1, beta=0.9)
    for step in range(1, 30):
        ids = torch.randint(0, 20 if step % 5 else 3, (4, 3))
        optimizer.zero_grad()
        bag(ids).square().sum().backward()
        dense = bag.weight.grad.to_dense()
        optimizer.step()
        moment = 0.9 * moment + 0.1 * dense.square().mean(1)
        scale = (moment / (1 - 0.9**step)).sqrt() + 1e-8
        expected -= 0.1 * dense / scale.unsqueeze(1)
        # The moments are kept in fp32.
        torch.testing.assert_close(bag.weight.detach(), expected, rtol=1e-5, atol=1e-5)


def test_rows_that_no_step_uses_stay_as_they_are():
    torch.manual_seed(0)
    weight = torch.nn.Parameter(torch.randn(6, 2))
    before = weight.detach().clone()
    optimizer = RowwiseRMSProp([weight], lr=0.1)
    weight.grad = torch.sparse_coo_tensor([[1, 4, 1]], torch.ones(3, 2), (6, 2))
    optimizer.step()
    changed = (weight.detach() != before).any(1).tolist()
    assert changed == [False, True, False, False, True, False]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"encoder": "transformer"}, "optimizer: rowwise is for static encoders"),
        ({"max_grad_norm": 1.0}, "max_grad_norm: 1 is not possible with the rowwise optimiser"),
    ],
)
def test_it_is_refused_where_it_would_leave_something_out(quick, options, message):
    with pytest.raises(LingweaveError, match=message):
        train(TrainConfig(**quick | {"optimizer": "rowwise", "steps": 2} | options))
