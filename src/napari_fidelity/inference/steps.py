"""The steps of which local networks consist; each knows which box of its sources it reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from napari_fidelity.inference.convolution import Convolution, join_phases

Box = tuple[tuple[int, int], ...]  # half-open (start, stop), one an axis, in pixels of a value
Size = tuple[int, ...]
_WORTH_CROPPING = 0.95  # below this share of pixels a copy costs less than it saves


@dataclass(frozen=True, eq=False)
class Value:
    """A part of one intermediate image: the box that `tensor` covers starts at `start`."""

    tensor: Tensor
    start: tuple[int, ...]

    def crop(self, box: Box) -> Tensor:
        """The pixels in `box`, a view."""
        place = [slice(a - s, b - s) for (a, b), s in zip(box, self.start, strict=True)]
        return self.tensor[(slice(None), slice(None), *place)]


class Step(Protocol):
    """One step: where its sources come from, what it reads for a box, and the computation."""

    @property
    def sources(self) -> tuple[int, ...]:
        """Numbers of the values that it reads."""

    def size(self, sizes: Sequence[Size], /) -> Size:
        """Spatial size of the output for those of the sources."""

    def needs(self, box: Box, sizes: Sequence[Size], /) -> list[Box]:
        """What is read of each source for `box` of the output."""

    def run(self, values: Sequence[Value], box: Box, /) -> Value:
        """The output, at least in `box`; the values hold at least what is needed."""


def grow(box: Box, reach: Sequence[int], size: Size) -> Box:
    """`box` larger by `reach` on every side, but not beyond the image."""
    return tuple(
        (max(a - r, 0), min(b + r, n)) for (a, b), r, n in zip(box, reach, size, strict=True)
    )


def join_boxes(boxes: Sequence[Box]) -> Box:
    """The smallest box that holds all."""
    return tuple(
        (min(side[0] for side in sides), max(side[1] for side in sides))
        for sides in zip(*boxes, strict=True)
    )


def starts(box: Box) -> tuple[int, ...]:
    """First index along each axis."""
    return tuple(a for a, _ in box)


def area(box: Box) -> int:
    """Pixels in a box."""
    return prod(b - a for a, b in box)


@dataclass(frozen=True, eq=False)
class Input:
    """The network's input."""

    sources: tuple[int, ...] = ()

    def size(self, _sizes: Sequence[Size]) -> Size:
        """Set by who runs the program."""
        raise NotImplementedError

    def needs(self, _box: Box, _sizes: Sequence[Size]) -> list[Box]:
        """Nothing."""
        return []

    def run(self, _values: Sequence[Value], _box: Box) -> Value:
        """Set by who runs the program."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Pointwise:
    """A function of pixels alone: sums, products, activations, channels taken or summed."""

    sources: tuple[int, ...]
    function: Callable[..., Any]  # Any: a tensor, as torch's untyped functions return it

    def size(self, sizes: Sequence[Size]) -> Size:
        """All sources are of one size."""
        return sizes[0]

    def needs(self, box: Box, _sizes: Sequence[Size]) -> list[Box]:
        """The same box."""
        return [box] * len(self.sources)

    def run(self, values: Sequence[Value], box: Box) -> Value:
        """The function of the boxes."""
        return Value(self.function(*(value.crop(box) for value in values)), starts(box))


@dataclass(frozen=True, eq=False)
class Join(Pointwise):
    """Channels of several images one after the other, in the narrowest of their types."""

    function: Callable[..., Any] = field(default=lambda *parts: _join(parts))  # Any: a tensor


def _join(parts: Sequence[Tensor]) -> Tensor:
    narrowest = min((part.dtype for part in parts), key=lambda dtype: dtype.itemsize)
    return torch.cat([part.to(narrowest) for part in parts], 1)


@dataclass(frozen=True, eq=False)
class Pool:
    """Maximum or mean of 2×2 pixels (2×2×2 in 3-D)."""

    sources: tuple[int, ...]
    function: Callable[[Tensor, int], Tensor]

    def size(self, sizes: Sequence[Size]) -> Size:
        """Half the sides."""
        return tuple(side // 2 for side in sizes[0])

    def needs(self, box: Box, _sizes: Sequence[Size]) -> list[Box]:
        """Twice the box."""
        return [tuple((2 * a, 2 * b) for a, b in box)]

    def run(self, values: Sequence[Value], box: Box) -> Value:
        """All whole pairs that the source holds, or the box alone where that is much less."""
        source = values[0]
        held = tuple(
            (s + s % 2, (s + n) // 2 * 2)
            for s, n in zip(source.start, source.tensor.shape[2:], strict=True)
        )
        wanted = self.needs(box, [])[0]
        if area(wanted) < _WORTH_CROPPING * area(held):
            held = wanted
        made = self.function(source.crop(held), 2)
        return Value(made, tuple(a // 2 for a, _ in held))


@dataclass(frozen=True, eq=False)
class Enlarge:
    """Every pixel repeated twice along every axis."""

    sources: tuple[int, ...]

    def size(self, sizes: Sequence[Size]) -> Size:
        """Twice the sides."""
        return tuple(2 * side for side in sizes[0])

    def needs(self, box: Box, _sizes: Sequence[Size]) -> list[Box]:
        """Half the box, rounded outwards."""
        return [tuple((a // 2, -(-b // 2)) for a, b in box)]

    def run(self, values: Sequence[Value], box: Box) -> Value:
        """The enlarged half box."""
        half = self.needs(box, [])[0]
        made = functional.interpolate(values[0].crop(half), scale_factor=2.0, mode="nearest")
        return Value(made, tuple(2 * a for a, _ in half))


@dataclass(frozen=True, eq=False)
class Convolve:
    """A padded convolution and its activation."""

    sources: tuple[int, ...]
    convolution: Convolution

    def size(self, sizes: Sequence[Size]) -> Size:
        """As its source."""
        return sizes[0]

    def needs(self, box: Box, sizes: Sequence[Size]) -> list[Box]:
        """The box and half a kernel more."""
        return [grow(box, self.convolution.padding, sizes[0])]

    def run(self, values: Sequence[Value], box: Box) -> Value:
        """The convolution of all that the source holds, or of what is needed if much less.

        Within half a kernel of a cut the output is wrong: nobody asked for it.
        """
        source = values[0]
        size = tuple(s + n for s, n in zip(source.start, source.tensor.shape[2:], strict=True))
        needed = grow(box, self.convolution.padding, size)
        needed = tuple((max(a, s), b) for (a, b), s in zip(needed, source.start, strict=True))
        if area(needed) < _WORTH_CROPPING * prod(source.tensor.shape[2:]):
            return Value(self.convolution(source.crop(needed)), starts(needed))
        return Value(self.convolution(source.tensor), source.start)


@dataclass(frozen=True, eq=False)
class ConvolveEnlarged:
    """3×3 convolution of (first source enlarged twice, second source), as `split_phases` says.

    Neither the enlarged image nor the joined channels are ever made.
    """

    sources: tuple[int, int]
    coarse: Convolution
    fine: Convolution

    def size(self, sizes: Sequence[Size]) -> Size:
        """As the second source."""
        return sizes[1]

    def needs(self, box: Box, sizes: Sequence[Size]) -> list[Box]:
        """Whole coarse pixels around the box, and the fine ones that they cover."""
        fine = grow(box, (1,) * len(box), sizes[1])
        half = tuple((a // 2, -(-b // 2)) for a, b in fine)
        return [half, tuple((2 * a, 2 * b) for a, b in half)]

    def run(self, values: Sequence[Value], box: Box) -> Value:
        """The sum of both convolutions, over what is needed of the coarse source."""
        coarse, fine = values
        size = tuple(s + n for s, n in zip(fine.start, fine.tensor.shape[2:], strict=True))
        half, whole = self.needs(box, [(), size])
        half = tuple((max(a, s), b) for (a, b), s in zip(half, coarse.start, strict=True))
        whole = tuple((2 * a, 2 * b) for a, b in half)
        total = join_phases(self.coarse(coarse.crop(half)))
        return Value(self.fine.add_to(total, fine.crop(whole)), starts(whole))


def renumber(step: Step, numbers: dict[int, int]) -> Step:
    """The same step with other numbers for its sources."""
    sources = tuple(numbers[source] for source in step.sources)
    changed: Step = replace(step, sources=sources)  # type: ignore[type-var]  # all are dataclasses
    return changed
