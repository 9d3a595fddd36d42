"""Signals turned into pixels of the result, on several threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.pixel_type import to_pixel_type
from napari_fidelity.operations.mask_labels import Index, MaskLabels
from napari_fidelity.simulation.observation import ObservationModel
from napari_fidelity.simulation.response import (
    RESPONSE_REACH_PX,
    Response,
    apply_response,
    blend_weight,
)

Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[Any]  # Any: the result's dtype
Corner = tuple[int, int]
BOX_PX = 512  # noise of a box takes some 80 ms: so long may a request to stop wait
_POLL_S = 0.05


@dataclass(frozen=True)
class Finish:
    """What makes pixels of a signal, the same for every part of an image."""

    response: Response
    observation: ObservationModel
    seed: int
    origin: tuple[int, ...]
    noise: bool
    dtype: np.dtype[Any]

    def make_pixels(self, signal: Floats, weight: Floats, place: tuple[int, ...]) -> Pixels:
        """The pixels of a box (Y, X) whose first pixel has the index `place`."""
        shape = (1,) * (len(place) - 2) + signal.shape
        pixels = apply_response(
            signal.reshape(shape),
            weight.reshape(shape),
            self.response,
            self.observation,
            seed=self.seed,
            origin=[i + o for i, o in zip(place, self.origin, strict=True)],
            noise=self.noise,
        )
        return to_pixel_type(pixels.reshape(signal.shape), self.dtype)


class Finisher:
    """Boxes of signal become pixels on threads; they are written on the thread that submits.

    Parameters
    ----------
    labels : MaskLabels
        The mask.
    finish : Finish
        Makes the pixels.
    write : callable
        `write(index, start, pixels)` with the first pixel (Y, X) of a box.
    threads : int
        Number of threads.
    poll : callable
        Called while waiting; may raise `Cancelled`.
    """

    def __init__(
        self,
        labels: MaskLabels,
        finish: Finish,
        write: Callable[[Index, Corner, Pixels], None],
        *,
        threads: int,
        poll: Callable[[], None],
    ) -> None:
        self._labels, self._finish, self._write, self._poll = labels, finish, write, poll
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="finish")
        self._most = 2 * threads
        self._waiting: deque[tuple[Index, Corner, Future[Pixels]]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def submit(self, index: Index, start: Corner, signal: Floats) -> None:
        """Have the pixels of a box made and, sooner or later, written; `signal` is copied."""
        for y in range(0, signal.shape[0], BOX_PX):
            for x in range(0, signal.shape[1], BOX_PX):
                part = signal[y : y + BOX_PX, x : x + BOX_PX].copy()
                self._submit_box(index, (start[0] + y, start[1] + x), part)

    def drain(self) -> None:
        """Wait until everything is written."""
        while self._waiting:
            self._write_first()

    def _submit_box(self, index: Index, start: Corner, signal: Floats) -> None:
        while len(self._waiting) >= self._most:
            self._write_first()
        sizes = self._labels.shape[-2:]
        low = tuple(max(first - RESPONSE_REACH_PX, 0) for first in start)
        high = tuple(
            min(first + side + RESPONSE_REACH_PX, size)
            for first, side, size in zip(start, signal.shape, sizes, strict=True)
        )
        crop = self._labels.read(index, (low[0], low[1]), (high[0], high[1]))
        inner = tuple(
            slice(first - edge, first - edge + side)
            for first, edge, side in zip(start, low, signal.shape, strict=True)
        )

        def make() -> Pixels:
            return self._finish.make_pixels(signal, blend_weight(crop > 0)[inner], (*index, *start))

        self._waiting.append((index, start, self._pool.submit(make)))

    def _write_first(self) -> None:
        index, start, future = self._waiting[0]
        while not wait([future], timeout=_POLL_S).done:
            self._poll()
        self._waiting.popleft()
        self._write(index, start, future.result())
        self._poll()
