"""Any part of a synthesized image, made from that part of the mask alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import lcm
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from napari_fidelity.core import random
from napari_fidelity.data.mask_channels import REACH_PX, count_noise, encode_mask
from napari_fidelity.inference.engine import Engine
from napari_fidelity.inference.noise_cache import NoiseCache
from napari_fidelity.networks.keyed_noise import normal
from napari_fidelity.simulation.observation import ObservationModel
from napari_fidelity.simulation.response import (
    RESPONSE_REACH_PX,
    Response,
    apply_response,
    blend_weight,
    noise_streams,
    stray_light,
)
from napari_fidelity.tiling import align_up

# Boxes are computed from one multiple of this to another: an engine prepares itself anew for
# every shape (5 ms on two cores) and remembers some 80, and a stroke has many.
SHAPE_STEP_PX = 4

Floats = npt.NDArray[np.float32]
Corner = tuple[int, int]


class LiveSynthesis:
    """The pixels that `synthesize` gives with a pinned response, for any box of a canvas.

    Signal, blend weight and noise of a pixel depend on its neighbourhood and its coordinate
    alone; a box therefore equals the crop of the whole result, up to 1e-5 of the signal in
    float32, whatever the size of the canvas. Noise does not depend on the mask: it is kept.

    Parameters
    ----------
    engine : Engine
        The generator. Input channels: foreground[, boundary[, noise]].
    response : Response
        How a signal becomes intensities.
    observation : ObservationModel
        Scales and skew of stray light.
    shape : sequence of int
        The canvas, (..., Y, X).
    origin : sequence of int
        Index of its first pixel in its source, one entry an axis.
    seed : int
        Key of the noise.
    noise : bool
        Whether the random parts of the response are added.
    finish : callable
        Turns float32 intensities into pixels of the result.

    Attributes
    ----------
    reach_px : int
        How far a changed label changes pixels, along each axis.
    """

    def __init__(
        self,
        engine: Engine,
        response: Response,
        observation: ObservationModel,
        *,
        shape: Sequence[int],
        origin: Sequence[int],
        seed: int,
        noise: bool = True,
        finish: Callable[[Floats], npt.NDArray[Any]] = np.asarray,  # Any: the result's dtype
    ) -> None:
        self.engine = engine
        self.reach_px = max(engine.receptive_field_px + REACH_PX, RESPONSE_REACH_PX)
        self._response, self._observation = response, observation
        self._shape: Corner = (shape[-2], shape[-1])
        self._origin: Corner = (origin[-2], origin[-1])
        self._seed, self._noise, self._finish = seed, noise, finish
        self._step = lcm(SHAPE_STEP_PX, engine.size_multiple)
        self._halo_px = align_up(engine.receptive_field_px, engine.size_multiple)
        self._planes = [
            NoiseCache(
                lambda box, first, stream=stream: normal(  # type: ignore[misc]  # bound here
                    box, seed=seed, stream=stream, origin=first
                ).numpy(),
                origin,
            )
            for stream in range(count_noise(engine.in_channels))
        ]
        self._draws = [
            NoiseCache(
                lambda box, first, stream=stream: random.normal(  # type: ignore[misc]  # bound here
                    box, seed=seed, stream=stream, origin=first
                ),
                origin,
            )
            for stream in noise_streams(observation)
        ]
        self._field = NoiseCache(
            lambda box, first: stray_light(box, observation, seed=seed, origin=first), origin
        )

    def read_box(self, start: Sequence[int], stop: Sequence[int]) -> tuple[Corner, Corner]:
        """The box of labels (Y, X) that `render` needs for a box, clipped to the canvas."""
        first, last = self._computed_box(start, stop)
        margin = self._halo_px + REACH_PX
        lows, highs = [], []
        for axis, size in enumerate(self._shape):
            low = min(first[axis] - margin, start[axis] - RESPONSE_REACH_PX)
            high = max(last[axis] + margin, stop[axis] + RESPONSE_REACH_PX)
            lows.append(max(low, 0))
            highs.append(min(high, size))
        return (lows[0], lows[1]), (highs[0], highs[1])

    def render(
        self,
        index: Sequence[int],
        start: Sequence[int],
        stop: Sequence[int],
        labels: npt.NDArray[Any],  # Any: bool or integers of any width
    ) -> npt.NDArray[Any]:  # Any: the result's dtype
        """The result in a half-open box of one plane; may be called from several threads.

        Parameters
        ----------
        index : sequence of int
            The plane: an index for every leading axis of the canvas.
        start, stop : (int, int)
            The box (Y, X), inside the canvas.
        labels : ndarray
            The labels of that plane in `read_box(start, stop)`; not kept.

        Returns
        -------
        ndarray, shape stop - start

        Raises
        ------
        ValueError
            The labels have another shape than the box that is read.
        """
        low, high = self.read_box(start, stop)
        if labels.shape != (high[0] - low[0], high[1] - low[1]):
            raise ValueError(f"labels of shape {labels.shape} do not cover {low} to {high}")
        response, noisy = self._response, self._noise
        pixels = apply_response(
            self._predict(tuple(index), start, stop, low, labels),
            self._weigh(start, stop, low, labels),
            response,
            self._observation,
            seed=self._seed,
            origin=(0, 0),  # keys nothing: all noise that is needed is given
            noise=noisy,
            draws=[each.read(index, start, stop) for each in self._draws] if noisy else None,
            field=self._field.read(index, start, stop) if noisy and response.field_sd else None,
        )
        return self._finish(pixels)

    def _computed_box(self, start: Sequence[int], stop: Sequence[int]) -> tuple[Corner, Corner]:
        """The box around a box between steps counted in the source; may leave the canvas."""
        lows = [
            (low + origin) // self._step * self._step - origin
            for low, origin in zip(start, self._origin, strict=True)
        ]
        highs = [
            align_up(high + origin, self._step) - origin
            for high, origin in zip(stop, self._origin, strict=True)
        ]
        return (lows[0], lows[1]), (highs[0], highs[1])

    def _predict(
        self,
        index: tuple[int, ...],
        start: Sequence[int],
        stop: Sequence[int],
        low: Corner,
        labels: npt.NDArray[Any],  # Any: bool or integers of any width
    ) -> Floats:
        """The expected signal of a box; `low` is where `labels` begin."""
        first, last = self._computed_box(start, stop)
        halo = self._halo_px
        rows, columns = (
            np.clip(np.arange(f - halo - REACH_PX, e + halo + REACH_PX), 0, size - 1) - at
            for f, e, size, at in zip(first, last, self._shape, low, strict=True)
        )
        channels = encode_mask(labels[np.ix_(rows, columns)])[: self.engine.in_channels]
        corner, end = [side - halo for side in first], [side + halo for side in last]
        planes = [plane.read(index, corner, end)[None] for plane in self._planes]
        margin = slice(REACH_PX, -REACH_PX)
        inputs = np.concatenate([channels[:, margin, margin], *planes])
        inside = tuple((halo, halo + e - f) for f, e in zip(first, last, strict=True))
        signal = self.engine(torch.from_numpy(inputs)[None], inside)[0, 0].numpy()
        box = tuple(slice(a - f, b - f) for a, b, f in zip(start, stop, first, strict=True))
        return np.asarray(signal[box])

    def _weigh(
        self,
        start: Sequence[int],
        stop: Sequence[int],
        low: Corner,
        labels: npt.NDArray[Any],  # Any: bool or integers of any width
    ) -> Floats:
        """The blend weight of a box; `low` is where `labels` begin."""
        around = [
            slice(max(a - RESPONSE_REACH_PX, 0), min(b + RESPONSE_REACH_PX, size))
            for a, b, size in zip(start, stop, self._shape, strict=True)
        ]
        crop = labels[
            tuple(slice(s.start - o, s.stop - o) for s, o in zip(around, low, strict=True))
        ]
        weight = blend_weight(crop > 0)
        inner = tuple(
            slice(a - s.start, b - s.start) for a, b, s in zip(start, stop, around, strict=True)
        )
        return np.asarray(weight[inner])
