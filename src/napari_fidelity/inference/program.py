"""A network as a list of steps that computes no more than the pixels asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from napari_fidelity.inference.convolution import Convolution, split_phases
from napari_fidelity.inference.steps import (
    Box,
    Convolve,
    ConvolveEnlarged,
    Enlarge,
    Join,
    Size,
    Step,
    Value,
    area,
    join_boxes,
    renumber,
)
from napari_fidelity.inference.trace import trace_steps

_PACKING_SIDE = 256  # for which oneDNN chooses the layout of weights; others are right as well


@dataclass(frozen=True, eq=False)
class Program:
    """The steps in order; step 0 is the input, the last one the output.

    Calling it needs no lock: it changes nothing.
    """

    steps: tuple[Step, ...]

    def __call__(self, inputs: Tensor, inner: Box | None = None) -> Tensor:
        """The output in `inner`, a box (start, stop) an axis; default: the whole.

        Parameters
        ----------
        inputs : Tensor
            (N, channels, *spatial).
        inner : tuple of (int, int), optional
            Each step computes what these pixels need and little more: the halo of a tile costs
            most at the input, and nothing at the output.
        """
        size = tuple(inputs.shape[2:])
        boxes = self._boxes(size, inner or tuple((0, side) for side in size))
        held: dict[int, Value] = {0: Value(inputs, (0,) * len(size))}
        last = self._last_uses()
        for number, step in enumerate(self.steps[1:], start=1):
            held[number] = step.run([held[source] for source in step.sources], boxes[number])
            for source in step.sources:
                if last[source] == number:
                    held.pop(source, None)
        return held[len(self.steps) - 1].crop(boxes[-1])

    def operations(self, size: Size, inner: Box | None = None) -> float:
        """Multiplications and additions of the convolutions for one input of this size."""
        boxes = self._boxes(size, inner or tuple((0, side) for side in size))
        total = 0.0
        for step, box in zip(self.steps, boxes, strict=True):
            if isinstance(step, Convolve):
                total += area(box) * step.convolution.operations
            elif isinstance(step, ConvolveEnlarged):
                phases = 2 ** len(box)
                total += area(box) * (step.coarse.operations / phases + step.fine.operations)
        return total

    def values(self, size: Size) -> float:
        """Numbers that are held at once, an upper bound: half of all that convolutions make.

        A U-Net holds one of the two values of each level until it comes up again.
        """
        boxes = self._boxes(size, tuple((0, side) for side in size))
        made = 0.0
        for step, box in zip(self.steps, boxes, strict=True):
            if isinstance(step, Convolve):
                made += area(box) * step.convolution.weight.shape[0]
            elif isinstance(step, ConvolveEnlarged):
                made += 2 * area(box) * step.fine.weight.shape[0]
        return made / 2

    def _boxes(self, size: Size, inner: Box) -> list[Box]:
        """The box that is needed of every value."""
        sizes = [size]
        for step in self.steps[1:]:
            sizes.append(step.size([sizes[source] for source in step.sources]))
        wanted: list[list[Box]] = [[] for _ in self.steps]
        wanted[-1].append(inner)
        boxes: list[Box] = [()] * len(self.steps)
        for number in range(len(self.steps) - 1, -1, -1):
            step = self.steps[number]
            boxes[number] = join_boxes(wanted[number])
            needed = step.needs(boxes[number], [sizes[source] for source in step.sources])
            for source, box in zip(step.sources, needed, strict=True):
                wanted[source].append(box)
        return boxes

    def _last_uses(self) -> dict[int, int]:
        return {source: n for n, step in enumerate(self.steps) for source in step.sources}

    def placed(self, device: torch.device, dtype: torch.dtype, *, packed: bool) -> Program:
        """The same with its weights on `device` in `dtype`; packed for oneDNN on the CPU."""

        def place(convolution: Convolution) -> Convolution:
            put = convolution.placed(device, dtype)
            return put.packed_for(_PACKING_SIDE) if packed and not put.exact else put

        return Program(tuple(_map_convolutions(step, place) for step in self.steps))


def compile_network(network: nn.Module, dims: int) -> Program:
    """The steps of a network in evaluation mode, batch norms folded, enlargements never made.

    Raises
    ------
    Untraceable
        It does something for which there is no step.
    """
    steps = _join_enlarged(trace_steps(network, dims))
    return Program(tuple(_drop_unused(steps)))


def _join_enlarged(steps: Sequence[Step]) -> list[Step]:
    """Convolutions of (something enlarged, something fine) in one step."""
    joined = list(steps)
    for number, step in enumerate(steps):
        if not isinstance(step, Convolve):
            continue
        source = steps[step.sources[0]]
        convolution = step.convolution
        if not isinstance(source, Join) or len(source.sources) != 2 or convolution.groups != 1:
            continue
        enlarged = steps[source.sources[0]]
        if isinstance(enlarged, Enlarge) and set(convolution.weight.shape[2:]) == {3}:
            coarse = _count_channels(steps, enlarged.sources[0])
            if coarse:
                joined[number] = ConvolveEnlarged(
                    (enlarged.sources[0], source.sources[1]),
                    split_phases(replace(convolution, weight=convolution.weight[:, :coarse])),
                    replace(convolution, weight=convolution.weight[:, coarse:]),
                )
    return joined


def _count_channels(steps: Sequence[Step], number: int) -> int:
    """Channels that a convolution makes; 0 for another step."""
    step = steps[number]
    return step.convolution.weight.shape[0] if isinstance(step, Convolve) else 0


def _drop_unused(steps: Sequence[Step]) -> list[Step]:
    used = {len(steps) - 1, 0}
    for number in range(len(steps) - 1, -1, -1):
        if number in used:
            used.update(steps[number].sources)
    numbers = {old: new for new, old in enumerate(sorted(used))}
    return [renumber(steps[old], numbers) for old in sorted(used)]


def _map_convolutions(step: Step, change: Callable[[Convolution], Convolution]) -> Step:
    if isinstance(step, Convolve):
        return replace(step, convolution=change(step.convolution))
    if isinstance(step, ConvolveEnlarged):
        return replace(step, coarse=change(step.coarse), fine=change(step.fine))
    return step
