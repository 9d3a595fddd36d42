"""Total variation of an estimate that is improved step by step."""

from __future__ import annotations

import torch

LEAST_DIVISOR = 0.05  # 1 - λ div p in three dimensions at the largest λ


class Variation:
    """What total variation of weight λ asks of an estimate: to be divided by ``1 - λ div p``.

    At rest p is the direction of the slope, ``∇x / |∇x|``, as in Dey et al. (2006). Taken from
    the present estimate that direction jumps from one iteration to the next where x is flat, and
    a checkerboard of up to 4 λ x remains. Here p is the dual variable of total variation
    (Chambolle 2004): it follows the slope by steps that are small enough and is kept from one
    iteration to the next, so that flat regions become flat for every λ. Steps are relative to
    the intensities nearby: the unit and what is far away do not matter.

    Parameters
    ----------
    inside : Tensor
        True where the object may be, boolean; there are no slopes across its border.
    weight : float
        λ, at most 0.2.
    """

    def __init__(self, inside: torch.Tensor, weight: float) -> None:
        self._axes = range(inside.ndim)
        self._weight = weight
        steps = inside.to(torch.float32) / (2 * inside.ndim * weight)
        self._steps = [torch.roll(inside, -1, dims=axis) * steps for axis in self._axes]
        self._duals = [torch.zeros_like(steps) for _ in self._axes]
        self._divisor = torch.ones_like(steps)

    def regularise(self, values: torch.Tensor) -> None:
        """Divide `values`, which are above 0, by ``1 - λ div p`` after p has followed them."""
        present = values / self._divisor
        squares = torch.zeros_like(values)
        for axis, step, dual in zip(self._axes, self._steps, self._duals, strict=True):
            following = torch.roll(present, -1, dims=axis)
            slope = (following - present).mul_(step)
            dual.add_(slope.div_(following.add_(present)))
            squares.addcmul_(dual, dual)
        norm = squares.sqrt_().clamp_(min=1)
        self._divisor.fill_(1)
        for axis, dual in zip(self._axes, self._duals, strict=True):
            dual.div_(norm)
            self._divisor.add_(torch.roll(dual, 1, dims=axis).sub_(dual), alpha=self._weight)
        values /= self._divisor.clamp_(min=LEAST_DIVISOR)
