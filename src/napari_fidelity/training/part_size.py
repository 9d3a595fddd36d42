"""A step in parts that fit into memory."""

from __future__ import annotations

from torch import Tensor

from napari_fidelity.training.method import Batch


def split_batch(batch: Batch, part: int) -> list[Batch]:
    """Parts of at most `part` patches, together the batch; what phases kept is split too.

    Examples
    --------
    >>> import torch
    >>> patches = torch.zeros(5, 1, 4, 4)
    >>> [len(one.inputs) for one in split_batch(Batch(patches, patches), 2)]
    [2, 2, 1]
    """
    count = len(batch.inputs)
    if part >= count:
        return [batch]
    parts = []
    for first in range(0, count, part):
        here = slice(first, first + part)
        kept = {key: _cut(value, here, count) for key, value in batch.kept.items()}
        parts.append(Batch(batch.inputs[here], batch.targets[here], kept))
    return parts


def _cut(value: Tensor, here: slice, count: int) -> Tensor:
    """The rows of a tensor that holds one for each patch; others as they are."""
    return value[here] if value.ndim and len(value) == count else value
