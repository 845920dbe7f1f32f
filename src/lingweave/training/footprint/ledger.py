"""What a stretch of torch code allocates and computes, from the code itself.

The code runs on tensors without data (``FakeTensorMode``): shapes, types, views and life times are
the real ones, nothing is computed. So the figure holds for any architecture, attention kernel and
autocast, and needs no formula for any of them.
"""

import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry, sdpa_backward_flop_count, sdpa_flop_count

Kind = Literal["activations", "gradients", "loss"]
KINDS: tuple[Kind, ...] = ("activations", "gradients", "loss")


class Moment(NamedTuple):
    """Bytes in use at one moment, beside the weights and the optimiser."""

    activations: int = 0
    """What the forward pass keeps for the backward pass, inputs, and what is being worked out."""
    gradients: int = 0
    """Of the trained weights, finished or still being added up."""
    loss: int = 0
    """Vectors of the batch, scores and masks."""

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self)


class Ledger(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts bytes and floating-point operations of the torch code that runs within it.

    Enter it inside of a ``FakeTensorMode``. A byte is counted from the operation that allocates its
    storage until the storage is freed; what an operation needs inside of itself is not seen.

    Args:
        trained: parameters whose gradients are told apart from activations.
    """

    def __init__(self, trained: Iterable[nn.Parameter] = ()) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.flops = 0
        """Multiplications and additions of matrix products and attention so far."""
        self.early = Moment()
        """The moment with the largest total before half of the gradients were there."""
        self.late = Moment()
        """The one after it: along the backward pass activations go as gradients come, evenly, so
        that the worst moment is near one of its ends."""
        self.most = Moment()
        """The largest of each kind so far, at whatever moment."""
        self.section: Kind = "activations"
        """What new storages are counted as, unless they are gradients."""
        self._now: dict[Kind, int] = dict.fromkeys(KINDS, 0)
        self._known: weakref.WeakSet[Any] = weakref.WeakSet()
        self._freed: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
        trained = list(trained)
        self._half = sum(p.numel() * p.element_size() for p in trained) / 2
        shapes = {_shape(p) for p in trained}
        self._shapes = shapes | {shape[::-1] for shape in shapes}

    @property
    def now(self) -> Moment:
        """What is in use now."""
        return Moment(**self._now)

    def ignore(self, tensors: Iterable[Tensor]) -> None:
        """Leaves storages that are there already out of the count."""
        for tensor in tensors:
            self._known.add(tensor.untyped_storage())

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if (
            func is torch.ops.aten.add.Tensor
            and self._in_backward()
            and not torch.is_grad_enabled()
        ):
            self._take_over(args[0], result)
        for tensor in tree_leaves(result):
            if isinstance(tensor, Tensor) and tensor.layout is torch.strided:
                self._note(tensor)
        self.flops += _flops(func, args, kwargs or {}, result)
        return result

    def _note(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        if storage in self._known:
            return
        kind, size = self._kind(tensor), storage.nbytes()
        self._now[kind] += size
        self._hold(storage, kind, size)
        now = self.now
        self.most = Moment(*(max(pair) for pair in zip(self.most, now, strict=True)))
        if now.gradients < self._half:
            self.early = max(self.early, now, key=lambda moment: moment.total)
        else:
            self.late = max(self.late, now, key=lambda moment: moment.total)

    def _hold(self, storage: Any, kind: Kind, size: int) -> None:
        self._known.add(storage)
        self._freed[storage] = weakref.finalize(storage, self._free, kind, size)

    def _take_over(self, old: Tensor, new: Tensor) -> None:
        """Counts a sum as its first summand: the backward pass adds up gradients in place, but not
        those of tensors without data."""
        freed = self._freed.get(old.untyped_storage())
        if freed is not None and freed.alive and old.shape == new.shape:
            _, _, given, _ = freed.detach()
            self._hold(new.untyped_storage(), *given)

    @staticmethod
    def _in_backward() -> bool:
        return bool(torch._C._current_graph_task_id() != -1)

    def _kind(self, tensor: Tensor) -> Kind:
        if self.section == "loss":
            return "loss"
        # Gradients of several chunks are added up before they reach the weight, so that their
        # shape is all that shows what they are; a mistaken one is only counted under another name.
        return (
            "gradients" if self._in_backward() and _shape(tensor) in self._shapes else self.section
        )

    def _free(self, kind: Kind, size: int) -> None:
        self._now[kind] -= size


def _shape(tensor: Tensor) -> tuple[int, ...]:
    return tuple(size for size in tensor.shape if size != 1)


def _attention(args: Sequence[Any], kwargs: Any, result: Any) -> int:
    shapes = [tensor.shape for tensor in args[:3]]
    return int(sdpa_flop_count(*shapes))  # type: ignore[no-untyped-call]


def _attention_backward(args: Sequence[Any], kwargs: Any, result: Any) -> int:
    shapes = [tensor.shape for tensor in args[:4]]
    return int(sdpa_backward_flop_count(*shapes))  # type: ignore[no-untyped-call]


# torch counts the attention kernels of GPUs, and not that of CPUs.
_CPU_ATTENTION: dict[Any, Callable[..., int]] = {
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _attention,
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward: _attention_backward,
}


def _flops(func: Any, args: Sequence[Any], kwargs: Any, result: Any) -> int:
    packet = func._overloadpacket
    if packet in _CPU_ATTENTION:
        return _CPU_ATTENTION[packet](args, kwargs, result)
    if packet in flop_registry:
        return int(flop_registry[packet](*args, **kwargs, out_val=result))
    return 0
