"""An image of a training set: its planes or volumes, read box by box in the file's own type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.shape_text import spell_shape
from napari_fidelity.data.mask_channels import encode_mask
from napari_fidelity.imageio.tiff import DECODE_ERRORS
from napari_fidelity.inference.normalisation import Scaling

Pixels = npt.NDArray[Any]  # Any: every real dtype
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class TrainingImage:
    """A file of one side, and how its intensities are scaled.

    Parameters
    ----------
    path : Path
        The file.
    frame : Image
        Axes, pixel size and pixels, which may lie on disk.
    is_mask : bool
        Whether it is a mask, of labels or of two values.
    scaling : Scaling
        To the range in which networks work; of a mask none.
    low, high : float
        Smallest and largest value.
    saturated_share : float
        Of the pixels, those with the largest value that the type can hold.
    """

    path: Path
    frame: Image
    is_mask: bool
    scaling: Scaling
    low: float
    high: float
    saturated_share: float = 0.0

    @property
    def channels(self) -> int:
        """Channels of the image itself; one where no axis is called C."""
        axes = self.frame.axes
        return self.frame.shape[axes.index("C")] if "C" in axes else 1

    def list_planes(self, dims: int) -> list[Plane]:
        """Its planes (2) or volumes (3).

        Raises
        ------
        UserError
            A volume is needed and there is no Z axis.
        """
        axes, shape = self.frame.axes, self.frame.shape
        spatial = "ZYX"[-dims:]
        if dims == 3 and "Z" not in axes:
            raise UserError(
                f"{self.path.name} has the axes {axes} and shape {spell_shape(shape)}: training in "
                "3-D needs stacks with a Z axis."
            )
        looped = [letter for letter in axes if letter not in spatial + "C"]
        counts = [shape[axes.index(letter)] for letter in looped]
        return [
            Plane(self, tuple(zip(looped, index, strict=True)), spatial)
            for index in product(*map(range, counts))
        ]


@dataclass(frozen=True, eq=False)
class Plane:
    """A plane or volume of a `TrainingImage`, all its channels."""

    image: TrainingImage
    fixed: tuple[tuple[str, int], ...]  # letter and index of the axes that are looped over
    spatial: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Pixels along the spatial axes."""
        frame = self.image.frame
        return tuple(frame.shape[frame.axes.index(letter)] for letter in self.spatial)

    @property
    def channels(self) -> int:
        """Channels."""
        return self.image.channels

    @property
    def label(self) -> str:
        """Where it lies in its file, such as "_t02_z11"; empty for the only plane."""
        frame = self.image.frame
        parts = [
            f"_{letter.lower()}{index:0{len(str(size - 1))}d}"
            for letter, index in self.fixed
            if (size := frame.shape[frame.axes.index(letter)]) > 1
        ]
        return "".join(parts)

    def pixel_size(self) -> tuple[tuple[float, ...], tuple[str, ...]]:
        """Size of a pixel and its unit along the spatial axes."""
        frame = self.image.frame
        places = [frame.axes.index(letter) for letter in self.spatial]
        return tuple(frame.scale[p] for p in places), tuple(frame.units[p] for p in places)

    def read(self, start: Sequence[int] | None = None, stop: Sequence[int] | None = None) -> Pixels:
        """The pixels of a box, (C, *S), in the file's type; by default all of them.

        Raises
        ------
        UserError
            The file is damaged or out of reach.
        """
        start = (0,) * len(self.spatial) if start is None else start
        stop = self.shape if stop is None else stop
        places: dict[str, int | slice] = dict(self.fixed)
        for letter, first, last in zip(self.spatial, start, stop, strict=True):
            places[letter] = slice(first, last)
        frame = self.image.frame
        index = tuple(places.get(letter, slice(None)) for letter in frame.axes)
        try:
            pixels = np.asarray(frame.array[index])
        except DECODE_ERRORS as error:
            raise UserError(
                f"{self.image.path} cannot be read: it is damaged or out of reach ({error})."
            ) from error
        kept = [letter for letter in frame.axes if letter in self.spatial + "C"]
        if "C" not in kept:
            return pixels[None]
        return np.moveaxis(pixels, kept.index("C"), 0)

    def read_labels(self, start: Sequence[int], stop: Sequence[int], margin: int = 0) -> Pixels:
        """Labels of a mask, (1, *S), with a margin along Y and X, mirrored at the borders."""
        margins = [0] * (len(self.spatial) - 2) + [margin] * 2
        first = [a - m for a, m in zip(start, margins, strict=True)]
        last = [b + m for b, m in zip(stop, margins, strict=True)]
        there = [min(b, side) for b, side in zip(last, self.shape, strict=True)]
        pixels = as_labels(self.read([max(a, 0) for a in first], there))
        missing = [(max(-a, 0), b - t) for a, b, t in zip(first, last, there, strict=True)]
        return np.pad(pixels, [(0, 0), *missing], mode="symmetric") if margin else pixels

    def read_image(self, start: Sequence[int], stop: Sequence[int]) -> Floats:
        """Scaled intensities of a box, (C, *S)."""
        return self.image.scaling.apply(self.read(start, stop))

    def iterate_rows(self, rows: int) -> Iterator[Pixels]:
        """All pixels, so many lines of Y at a time."""
        height = self.shape[-2]
        for first in range(0, height, rows):
            start, stop = [0] * len(self.shape), list(self.shape)
            start[-2], stop[-2] = first, min(first + rows, height)
            yield self.read(start, stop)


def as_labels(pixels: Pixels) -> Pixels:
    """Bool as it is, integers as labels, floats of two values as bool."""
    return pixels > 0 if pixels.dtype.kind == "f" else pixels


def encode_labels(labels: Pixels) -> Floats:
    """Foreground and boundary, (2, *S), of labels (1, *S); of a volume plane by plane."""
    planes = labels.reshape(-1, *labels.shape[-2:])
    encoded = np.stack([encode_mask(plane) for plane in planes], axis=1)
    return encoded.reshape(2, *labels.shape[1:])
