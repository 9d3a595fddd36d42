"""Several networks, orientations and repetitions as one network, with the spread of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from napari_fidelity.inference.predict_options import PredictOptions
from napari_fidelity.inference.steps import Box
from napari_fidelity.inference.tile_loop import Runner

ORIENTATIONS = {
    "none": ((0, False),),
    "mirrored": ((0, False), (0, True), (2, False), (2, True)),
    "all": tuple((turns, mirror) for turns in range(4) for mirror in (False, True)),
}


@dataclass(frozen=True)
class Orientation:
    """A quarter turn of Y and X, a number of times, and then perhaps X mirrored."""

    turns: int
    mirror: bool

    def apply(self, batch: Tensor) -> Tensor:
        """The batch turned and mirrored."""
        batch = torch.rot90(batch, self.turns, (-2, -1)) if self.turns else batch
        return batch.flip(-1) if self.mirror else batch

    def undo(self, batch: Tensor) -> Tensor:
        """The batch as it was before `apply`."""
        batch = batch.flip(-1) if self.mirror else batch
        return torch.rot90(batch, -self.turns, (-2, -1)) if self.turns else batch

    def move(self, box: Box, size: Sequence[int]) -> Box:
        """Where `apply` brings a box of a batch of this spatial size."""
        *rest, (top, bottom), (left, right) = box
        height, width = size[-2:]
        for _ in range(self.turns):
            top, bottom, left, right = width - right, width - left, top, bottom
            height, width = width, height
        if self.mirror:
            left, right = width - right, width - left
        return (*rest, (top, bottom), (left, right))


def list_orientations(options: PredictOptions) -> tuple[Orientation, ...]:
    """The orientations that the option `flips` names."""
    return tuple(Orientation(*each) for each in ORIENTATIONS[options.flips])


@dataclass(frozen=True)
class Member:
    """One opinion: an orientation, and the engines applied one after the other."""

    orientation: Orientation
    stages: tuple[Runner, ...]


def has_uncertainty(networks: int, options: PredictOptions) -> bool:
    """Whether anything says how sure the mean is."""
    return networks > 1 or options.flips != "none" or options.output == "mean-scale"


class Combination:
    """Members asked in turn; their mean, and the standard deviation of their mixture.

    With the mean μᵢ and variance σᵢ² of each of n members, the law of total variance gives
    the mixture's: mean of the σᵢ² plus variance of the μᵢ (divided by n). σᵢ² is 0 where a
    network states no scale. A scale is that of the last repetition; a negative one counts as 0.

    Parameters
    ----------
    members : sequence of Member
    options : PredictOptions
    batch_size : int
        How many tiles are run at once.
    poll : callable, optional
        Called before every network; may raise `Cancelled`.
    """

    def __init__(
        self,
        members: Sequence[Member],
        options: PredictOptions,
        batch_size: int = 1,
        poll: Callable[[], None] | None = None,
    ) -> None:
        self.batch_size = batch_size
        self._members = tuple(members)
        self._has_scale = options.output == "mean-scale"
        self._factor = math.sqrt(2) if options.scale == "laplace" else 1.0
        self._poll = poll or (lambda: None)

    def __call__(self, batch: Tensor, inner: Box | None = None) -> Tensor:
        """Means, then standard deviations if there are several members or a scale.

        Both in the box `inner` of every tile, or whole.
        """
        if len(self._members) == 1 and not self._has_scale:
            return self._ask(self._members[0], batch, inner)[0]
        mean, squares, variance = (torch.zeros(()) for _ in range(3))
        for count, member in enumerate(self._members, start=1):
            here, scale = self._ask(member, batch, inner)
            shift = here - mean
            mean = mean + shift / count
            squares = squares + shift * (here - mean)
            if scale is not None:
                variance = variance + (self._factor * scale.clamp(min=0)) ** 2
        total = (squares + variance) / len(self._members)
        return torch.cat([mean, total.clamp(min=0).sqrt()], 1)

    def _ask(
        self, member: Member, batch: Tensor, inner: Box | None
    ) -> tuple[Tensor, Tensor | None]:
        values, scale = member.orientation.apply(batch), None
        box = inner and member.orientation.move(inner, batch.shape[2:])
        for number, stage in enumerate(member.stages, start=1):
            self._poll()
            values = stage(values, box if number == len(member.stages) else None)
            if self._has_scale:
                values, scale = values.chunk(2, 1)
        undo = member.orientation.undo
        return undo(values), None if scale is None else undo(scale)
