"""What a GPU does otherwise than a CPU, where it changes what is kept for the backward pass.

Steps are traced as on a CPU, so that the figures are the same wherever they are worked out; for a
GPU these differences are put in. Read in torch 2.13 (``native/transformers``, ``Dropout.cpp``,
``autocast_mode.h``).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor
from torch.nn import functional


@contextmanager
def as_on_gpu() -> Iterator[None]:
    """Within it, three functions of torch keep what their GPU kernels would keep.

    - Attention with dropout still has a fused kernel: no matrix of all tokens against all tokens.
    - Dropout keeps one byte an element, not a number.
    - Layer norm runs in fp32 under autocast.

    The functions are replaced by name: a torch function mode would not reach the second forward
    pass of checkpointed layers.
    """
    attention, dropout = functional.scaled_dot_product_attention, functional.dropout
    layer_norm = functional.layer_norm

    def fused(query: Tensor, key: Tensor, value: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        mask = args[0] if args else kwargs.pop("attn_mask", None)
        kwargs.pop("dropout_p", None)
        return attention(query, key, value, mask, 0.0, *args[2:], **kwargs)

    def small(
        input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
    ) -> Tensor:
        if not training or not 0 < p < 1:
            return dropout(input, p, training, inplace)
        return torch.native_dropout(input, p, True)[0]

    def raised(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        on = torch.is_autocast_enabled("cpu")
        return layer_norm(input.float() if on else input, *args, **kwargs)

    with patch.multiple(
        functional, scaled_dot_product_attention=fused, dropout=small, layer_norm=raised
    ):
        yield
