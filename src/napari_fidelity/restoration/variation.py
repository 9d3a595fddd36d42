"""Total variation of an estimate: the curvature of its level lines."""

from __future__ import annotations

import torch

LEAST_FLAT = 0.005  # a slope of less than 0.5 % of the intensity a pixel is never an edge
# A correction by λ div(∇x / |∇x|) is a step of diffusion of size λ / flat where x is flat, and
# such a step oscillates from 1 / (2 ndim) on.
FLAT_PER_WEIGHT = 2.5


class Variation:
    """``div(∇x / |∇x|)`` on the part of a grid where an object may be.

    Forward differences, none across the border of that part. The norm has ``(f x)²`` added
    under its root, with f = 2.5 ndim λ: noise in flat regions is smoothed instead of cut into
    steps, corrections of weight λ never oscillate, and the result depends neither on the unit of
    the intensities nor on what is far away.

    Parameters
    ----------
    inside : Tensor
        True where the object may be, boolean.
    weight : float
        λ, the weight of the corrections that are made with it.
    """

    def __init__(self, inside: torch.Tensor, weight: float) -> None:
        self._axes = range(inside.ndim)
        self._flat = max(LEAST_FLAT, FLAT_PER_WEIGHT * inside.ndim * weight)
        self._linked = [
            (inside & torch.roll(inside, -1, dims=axis)).to(torch.float32) for axis in self._axes
        ]

    def find_curvature(self, values: torch.Tensor) -> torch.Tensor:
        """The curvature of `values`, float32, not negative: between -3.5 and 3.5 in a plane."""
        slopes = [
            torch.roll(values, -1, dims=axis).sub_(values).mul_(linked)
            for axis, linked in zip(self._axes, self._linked, strict=True)
        ]
        norm = (self._flat * values).square_().add_(torch.finfo(values.dtype).tiny)
        for slope in slopes:
            norm.addcmul_(slope, slope)
        norm = norm.rsqrt_()
        curvature = torch.zeros_like(values)
        for axis, slope in zip(self._axes, slopes, strict=True):
            direction = slope.mul_(norm)
            curvature += direction
            curvature -= torch.roll(direction, 1, dims=axis)
        return curvature
