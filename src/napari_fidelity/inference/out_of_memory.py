"""A batch that does not fit into memory, made of smaller ones that do."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import torch
from torch import Tensor

from napari_fidelity.inference.steps import Box
from napari_fidelity.tiling import align_up

Run = Callable[[Tensor, Box], Tensor]
_WORDS = ("out of memory", "not enough memory", "can't allocate memory", "bad_alloc")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a computation failed for want of memory, on any device."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(w in str(error).lower() for w in _WORDS)


def run_batch_halves(batch: Tensor, inner: Box, run: Run) -> Tensor:
    """Half of the inputs, then the other half."""
    return torch.cat([run(half, inner) for half in torch.tensor_split(batch, 2)])


def run_tile_halves(batch: Tensor, inner: Box, run: Run, *, reach: int, multiple: int
                    ) -> Tensor | None:  # fmt: skip
    """The two halves of `inner`, each read with no more than its halo; None if that saves nothing.

    Equal to the whole for a network of this reach: a half that ends at the border of the input
    still does, and one that ends inside sees as far as it can.
    """
    size = batch.shape[2:]
    axis = max(range(len(inner)), key=lambda a: inner[a][1] - inner[a][0])
    start, stop = inner[axis]
    middle = (start + stop) // 2
    parts = []
    for side in ((start, middle), (middle, stop)):
        box = (*inner[:axis], side, *inner[axis + 1 :])
        read = tuple(
            (max(a - reach, 0) // multiple * multiple, min(align_up(b + reach, multiple), n))
            for (a, b), n in zip(box, size, strict=True)
        )
        if start == middle or prod(b - a for a, b in read) >= prod(size):
            return None
        parts.append((box, read))
    outputs = []
    for box, read in parts:
        key: tuple[slice, ...] = (slice(None), slice(None), *(slice(a, b) for a, b in read))
        moved = tuple((a - r, b - r) for (a, b), (r, _) in zip(box, read, strict=True))
        outputs.append(run(batch[key], moved))
    return torch.cat(outputs, axis + 2)
