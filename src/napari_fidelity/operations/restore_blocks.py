"""Blocks of an image that a restoration reads, and where their result is written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.image import Image
from napari_fidelity.core.pixel_type import to_float32
from napari_fidelity.core.regions import Region
from napari_fidelity.inference.lazy_arrays import Source, read_box
from napari_fidelity.restoration.spec import HaloPx

Floats = npt.NDArray[np.float32]
Box = tuple[tuple[int, int], ...]
BLOCK_VALUES = 1 << 23  # some 0.4 GB for ten arrays of float32
SAMPLE_VALUES = {2: 1 << 20, 3: 1 << 22}
CANDIDATES = 3  # along each axis, from which the sample is chosen


@dataclass(frozen=True)
class Block:
    """One read and one write: an index or a half-open range for every axis of the image.

    Parameters
    ----------
    read, written : tuple
        `(start, stop)` along each axis of the image.
    """

    read: Box
    written: Box


@dataclass(frozen=True, eq=False)
class SpatialSource:
    """An image as planes or volumes of float32.

    Parameters
    ----------
    image : Image
        Its array may be lazy.
    axes : tuple of int
        The axes that are restored together: those of Y and X, or of Z, Y and X.
    """

    image: Image
    axes: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a plane or volume."""
        return tuple(self.image.shape[axis] for axis in self.axes)

    def read(self, box: Box) -> Floats:
        """The pixels of a box of one plane or volume.

        Raises
        ------
        UserError
            Some are NaN or infinite, or the file cannot be read.
        """
        index = tuple(
            slice(*side) if axis in self.axes else side[0] for axis, side in enumerate(box[:-2])
        )
        start, stop = zip(*box[-2:], strict=True)
        source: Source = self.image.array
        return to_float32(read_box(source, index, start, stop), self.image.name)


def choose_axes(image: Image, *, volume: bool) -> tuple[int, ...]:
    """The axes that are restored together: Y and X, or Z, Y and X."""
    return tuple(image.axes.index(letter) for letter in ("ZYX" if volume else "YX"))


def plan_blocks(
    shape: Sequence[int],
    axes: tuple[int, ...],
    region: Region,
    halo_px: HaloPx | None,
    tile_px: int | None = None,
) -> list[Block]:
    """Blocks that write each pixel of a region once and read their halo, as far as there is one.

    Parameters
    ----------
    shape : sequence of int
        Of the image.
    axes : tuple of int
        Those restored together.
    region : tuple of slice
        One for every axis, steps of 1.
    halo_px : int, tuple of int or None
        What a block reads around what it writes; None: the whole plane or volume.
    tile_px : int, optional
        Largest side along Y and X. Default: as large as memory allows.

    Examples
    --------
    >>> [block.read for block in plan_blocks((4, 6), (0, 1), (slice(0, 4), slice(0, 6)), 1, 3)]
    [((0, 4), (0, 4)), ((0, 4), (2, 6)), ((2, 4), (0, 4)), ((2, 4), (2, 6))]
    """
    halos = (halo_px,) * len(axes) if isinstance(halo_px, int) else halo_px
    sides = [region[axis].stop - region[axis].start for axis in axes]
    if halos is not None and tile_px is not None:
        sides[-2:] = [min(side, tile_px) for side in sides[-2:]]
    elif halos is not None:
        sides = _shrink([shape[axis] for axis in axes], sides, halos)
    steps = {axis: max(side, 1) for axis, side in zip(axes, sides, strict=True)}
    reach = dict(zip(axes, halos, strict=True)) if halos is not None else {}
    parts = [
        [_side(low, min(low + steps.get(axis, 1), part.stop), size, axis in axes, reach.get(axis))
         for low in range(part.start, part.stop, steps.get(axis, 1))]
        for axis, (part, size) in enumerate(zip(region, shape, strict=True))
    ]  # fmt: skip
    return [
        Block(tuple(side[0] for side in box), tuple(side[1] for side in box))
        for box in product(*parts)
    ]


def _side(
    low: int, high: int, size: int, spatial: bool, halo: int | None
) -> tuple[tuple[int, int], tuple[int, int]]:
    """What is read and what is written along one axis."""
    if not spatial:
        return (low, high), (low, high)
    if halo is None:
        return (0, size), (low, high)
    return (max(low - halo, 0), min(high + halo, size)), (low, high)


def _shrink(sizes: list[int], sides: list[int], halos: Sequence[int]) -> list[int]:
    """Sides halved, the longest first, until a block with its halo fits in memory."""

    def count_values() -> int:
        read = (
            min(side + 2 * halo, size) for side, halo, size in zip(sides, halos, sizes, strict=True)
        )
        return math.prod(read)

    while count_values() > BLOCK_VALUES and max(sides) > 1:
        longest = sides.index(max(sides))
        if sides[longest] <= 2 * halos[longest] + 1:  # smaller would read the same again
            break
        sides[longest] = -(-sides[longest] // 2)
    return sides


def choose_sample(source: SpatialSource) -> Box:
    """A part that stands for the image: all of the middle plane or volume if it is small.

    Else the part of it that varies most among some that are spread evenly, which holds
    structures and not background alone.
    """
    shape, axes = source.image.shape, source.axes
    middle = [(size // 2, size // 2 + 1) for size in shape]
    sides = list(source.shape)
    limit = SAMPLE_VALUES[len(axes)]
    while math.prod(sides) > limit:
        longest = sides.index(max(sides))
        sides[longest] = -(-sides[longest] // 2)
    places = [_spread(size, side) for size, side in zip(source.shape, sides, strict=True)]
    boxes = []
    for start in product(*places):
        box = list(middle)
        for axis, low, side in zip(axes, start, sides, strict=True):
            box[axis] = (low, low + side)
        boxes.append(tuple(box))
    if len(boxes) == 1:
        return boxes[0]
    return max(boxes, key=lambda box: float(source.read(box).var()))


def _spread(size: int, side: int) -> list[int]:
    """Starts of parts of a side, evenly spread and centred in a size."""
    count = min(CANDIDATES, size // side)
    room = size - side
    return [room // 2] if count == 1 else [room * i // (count - 1) for i in range(count)]
