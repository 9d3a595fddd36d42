"""The next batches, drawn on a thread while a step computes."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from napari_fidelity.inference.convolution import MEMORY_FORMAT
from napari_fidelity.training.method import Batch

AHEAD = 2
Floats = npt.NDArray[np.float32]


class DrawsPatches(Protocol):
    """Data to train on."""

    def draw(self, count: int, key: Sequence[int]) -> tuple[Floats, Floats]:
        """Inputs and targets (N, C, *S); the same key gives the same patches."""


class ReadAhead:
    """Batches in the order of the steps.

    Parameters
    ----------
    data : DrawsPatches
    count : int
        Patches in a batch.
    key : sequence of int
        What keys the draws before and after the step: `(seed, step, *rest)`.
    first, last : int
        Steps, both included.
    device : torch.device
        Where the batches are wanted.
    """

    def __init__(
        self,
        data: DrawsPatches,
        count: int,
        *,
        seed: int,
        rest: tuple[int, ...] = (),
        first: int,
        last: int,
        device: torch.device,
    ) -> None:
        self._data, self._count, self._device = data, count, device
        self._seed, self._rest = seed, rest
        self._next, self._last = first, last
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="read-ahead")
        self._waiting: deque[Future[tuple[Tensor, Tensor]]] = deque()

    def __enter__(self) -> Self:
        self._fill()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def take(self) -> Batch:
        """The batch of the next step."""
        inputs, targets = self._waiting.popleft().result()
        self._fill()
        return Batch(
            inputs.to(self._device, non_blocking=True), targets.to(self._device, non_blocking=True)
        )

    def _fill(self) -> None:
        while len(self._waiting) < AHEAD and self._next <= self._last:
            self._waiting.append(self._pool.submit(self._draw, self._next))
            self._next += 1

    def _draw(self, step: int) -> tuple[Tensor, Tensor]:
        both = self._data.draw(self._count, (self._seed, step, *self._rest))
        inputs, targets = (self._prepare(array) for array in both)
        return inputs, targets

    def _prepare(self, array: Floats) -> Tensor:
        tensor = torch.from_numpy(np.ascontiguousarray(array, np.float32))
        tensor = tensor.contiguous(memory_format=MEMORY_FORMAT[tensor.ndim - 2])
        return tensor.pin_memory() if self._device.type == "cuda" else tensor
