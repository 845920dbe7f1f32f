"""An optimiser that touches the rows of an embedding table that a step has used, and no others.

A step uses a few thousand of the rows of a static encoder. A dense optimiser reads and writes all
of them, and its moments too: most of the step's time, and more with every row of the vocabulary.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from torch import Tensor, nn

from lingweave.training.config import TrainConfig
from lingweave.training.defaults import optimizer_of


def row_weights(config: TrainConfig, model: SentenceTransformer) -> list[nn.Parameter]:
    """The table of a static encoder, which is all that is trained.

    Raises:
        LingweaveError: something else would be trained too.
    """
    weights = [p for p in model.parameters() if p.requires_grad]
    optimizer_of(config, isinstance(model[0], StaticEmbedding) and len(weights) == 1)
    return weights


class RowwiseRMSProp(torch.optim.Optimizer):
    """RMSProp with one second moment a row, for sparse gradients.

    ``v = beta * v + (1 - beta) * mean(g**2)`` for every row and step, a step that does not use the
    row counting as g = 0, so that rare rows take larger steps, as they do under a dense optimiser;
    the decay of the steps in between is made up for when the row comes up again. The update is
    ``lr * g / (sqrt(v / (1 - beta**t)) + eps)``. There is no momentum and no weight decay: both
    would move every row in every step.

    Source: RMSProp (Tieleman and Hinton 2012, lecture 6.5) with the bias correction of Adam (arXiv
    1412.6980) and a moment a row, as row-wise Adagrad has it.
    """

    def __init__(
        self, params: Iterable[Tensor], lr: float, beta: float = 0.99, eps: float = 1e-8
    ) -> None:
        """``params`` are matrices whose gradients are sparse along the rows."""
        super().__init__(params, {"lr": lr, "beta": beta, "eps": eps})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One update; ``closure`` is not used."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, group)

    def _update(self, parameter: Tensor, group: dict[str, Any]) -> None:
        gradient = parameter.grad
        assert gradient is not None
        gradient = gradient.coalesce()
        rows, values = gradient.indices()[0], gradient.values()
        state = self.state[parameter]
        if not state:
            state["step"] = torch.zeros((), dtype=torch.int64)
            state["seen"] = torch.zeros(len(parameter), device=parameter.device)
            state["moment"] = torch.zeros(len(parameter), device=parameter.device)
        state["step"] += 1
        step, beta = int(state["step"]), group["beta"]
        moment = state["moment"][rows] * beta ** (step - state["seen"][rows])
        moment += (1 - beta) * values.square().mean(1)
        state["moment"][rows], state["seen"][rows] = moment, float(step)
        scale = (moment / (1 - beta**step)).sqrt() + group["eps"]
        parameter.index_add_(0, rows, values / scale.unsqueeze(1), alpha=-group["lr"])
