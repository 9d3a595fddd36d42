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
        places = inside.to(torch.float32) / (2 * inside.ndim * weight)
        self._steps = [_after(inside, axis) * _before(places, axis) for axis in self._axes]
        self._duals = [torch.zeros_like(steps) for steps in self._steps]
        self._divisor = torch.ones_like(places)
        self._scratch = torch.empty_like(places), torch.empty_like(places)

    def regularise(self, values: torch.Tensor) -> None:
        """Divide `values`, which are above 0, by ``1 - λ div p`` after p has followed them."""
        present, squares = self._scratch
        torch.div(values, self._divisor, out=present)
        squares.zero_()
        for axis, steps, dual in zip(self._axes, self._steps, self._duals, strict=True):
            here, following = _before(present, axis), _after(present, axis)
            slope = (following - here).mul_(steps)
            dual.addcdiv_(slope, following + here)
            _before(squares, axis).addcmul_(dual, dual)
        norm = squares.clamp_(min=1).sqrt_()
        self._divisor.fill_(1)
        for axis, dual in zip(self._axes, self._duals, strict=True):
            dual.div_(_before(norm, axis))
            _before(self._divisor, axis).sub_(dual, alpha=self._weight)
            _after(self._divisor, axis).add_(dual, alpha=self._weight)
        values /= self._divisor.clamp_(min=LEAST_DIVISOR)


def _before(values: torch.Tensor, axis: int) -> torch.Tensor:
    """All lines along an axis but the last."""
    return values.narrow(axis, 0, values.shape[axis] - 1)


def _after(values: torch.Tensor, axis: int) -> torch.Tensor:
    """All lines along an axis but the first."""
    return values.narrow(axis, 1, values.shape[axis] - 1)
