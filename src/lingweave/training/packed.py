"""The chunks of a step in few pieces of memory: a chunk is cut out when it is asked for.

Several steps of a large batch are ready at once, each of thousands of chunks. As tensors of their
own they would take a while to send to a GPU, and would lie between what the encoder takes and
frees, so that its memory could not go back to the system.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import overload

import torch
from torch import Tensor

from lingweave.training.tokens import Features

_KINDS = {"attention_mask": torch.uint8}


class Packed(Sequence[Features]):
    """Chunks of padded texts: ids of four bytes and masks of one, each kind in one tensor."""

    def __init__(self, whole: dict[str, Tensor], shapes: list[tuple[int, int, int]]) -> None:
        """
        Args:
            whole: of each kind the (T,) values of all chunks, one chunk after another.
            shapes: of each chunk where its values begin, its texts, and their length with padding.
        """
        self._whole = whole
        self._shapes = shapes

    @classmethod
    def of(cls, chunks: Iterable[Features], total: int) -> "Packed | list[Features]":
        """The chunks packed; as they are where texts are not padded, which leaves few large pieces.

        Args:
            chunks: made one after another.
            total: their tokens, padding included.
        """
        whole: dict[str, Tensor] = {}
        shapes: list[tuple[int, int, int]] = []
        start = 0
        for chunk in chunks:
            if "attention_mask" not in chunk:
                return [chunk, *chunks]
            rows, width = chunk["attention_mask"].shape
            for name, values in chunk.items():
                if name not in whole:
                    whole[name] = torch.empty(total, dtype=_KINDS.get(name, torch.int32))
                whole[name][start : start + values.numel()] = values.flatten()
            shapes.append((start, rows, width))
            start += rows * width
        return cls(whole, shapes)

    def mapped(self, change: Callable[[Tensor], Tensor]) -> "Packed":
        """The same chunks out of changed tensors."""
        return Packed({name: change(values) for name, values in self._whole.items()}, self._shapes)

    def __len__(self) -> int:
        return len(self._shapes)

    @overload
    def __getitem__(self, number: int) -> Features: ...

    @overload
    def __getitem__(self, number: slice) -> list[Features]: ...

    def __getitem__(self, number: int | slice) -> Features | list[Features]:
        if isinstance(number, slice):
            return [self._cut(*shape) for shape in self._shapes[number]]
        return self._cut(*self._shapes[number])

    def __iter__(self) -> Iterator[Features]:
        return (self._cut(*shape) for shape in self._shapes)

    def _cut(self, start: int, rows: int, width: int) -> Features:
        end = start + rows * width
        return {name: values[start:end].view(rows, width) for name, values in self._whole.items()}


def widened(features: Features) -> Features:
    """A chunk as the encoder takes it, in a dict of its own."""
    if "attention_mask" not in features:
        return dict(features)
    return {name: values.long() for name, values in features.items()}
