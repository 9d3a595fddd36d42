"""The part of each layer around a line, as it is shown: colours, contrast, the line's place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_fidelity.operations.line_sampling import Floats, sample_plane
from napari_fidelity.widgets.profile_chart import round_ticks
from napari_fidelity.widgets.profile_reading import Reading
from napari_fidelity.widgets.world_planes import MIXED, WorldPlane

SIDE_PX = 560
AROUND = 1.5  # sides of the picture, in extents of the line
LEAST_PIXELS = 24
MOST_SAMPLES = 3  # along each axis of a pixel of the picture, averaged where it is larger
BAR_SHARE = 0.3
OUTSIDE = 235  # grey where a layer has no pixels

Rgb = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Picture:
    """A layer as it is shown.

    Parameters
    ----------
    name, contrast : str
        The layer's name, and its limits of contrast in words.
    pixels : ndarray of uint8, shape (side, side, 3)
        Colours.
    line : ndarray, shape (n, 2)
        Corners of the line, vertical and horizontal, in shares of the side.
    bar : tuple of (float, str)
        Length of a scale bar in shares of the side, and its words; the length is 0 without unit.
    """

    name: str
    contrast: str
    pixels: Rgb
    line: Floats
    bar: tuple[float, str]


def take_pictures(reading: Reading, side_px: int = SIDE_PX) -> tuple[Picture, ...]:
    """The pictures of all planes of a reading, all of the same part; may run on a worker."""
    corner, side = find_part(reading)
    line = (reading.places - corner) / side
    bar = _find_bar(side * reading.factor, reading.unit)
    return tuple(
        Picture(
            plane.name,
            plane.describe_contrast(),
            color_values(plane, _average(plane, corner, side, side_px)),
            line,
            bar,
        )
        for plane in reading.planes
    )


def find_part(reading: Reading) -> tuple[Floats, float]:
    """The square of the world that is shown: its first corner and its side."""
    low, high = reading.places.min(axis=0), reading.places.max(axis=0)
    finest = min(plane.pixel_size for plane in reading.planes)
    side = max(float((high - low).max()) * AROUND, LEAST_PIXELS * finest)
    ends = np.concatenate([plane.corners() for plane in reading.planes])
    first, last = ends.min(axis=0), ends.max(axis=0)
    side = min(side, float((last - first).max()))
    corner = (low + high - side) / 2
    # Inside the layers as far as they reach, in the middle of them where they do not.
    inner = np.clip(corner, first, np.maximum(last - side, first))
    return np.where(last - first >= side, inner, (first + last - side) / 2), side


def _average(plane: WorldPlane, corner: Floats, side: float, side_px: int) -> Floats:
    """Values on a square grid; the mean of up to 3 × 3 samples where pixels are finer."""
    samples = int(np.clip(np.ceil(side / side_px / plane.pixel_size), 1, MOST_SAMPLES))
    size = side / side_px
    centers = (np.arange(side_px) + 0.5) * size
    middle = corner + np.stack(np.meshgrid(centers, centers, indexing="ij"), axis=-1)
    inner = ((np.arange(samples) + 0.5) / samples - 0.5) * size
    shifts = np.stack(np.meshgrid(inner, inner, indexing="ij"), axis=-1)
    places = shifts.reshape(-1, 1, 2) + middle.reshape(1, -1, 2)
    values = sample_plane(plane.pixels, plane.to_pixels(places), "nearest")
    return values.reshape(side_px, side_px)


def color_values(plane: WorldPlane, values: Floats) -> Rgb:
    """Values through the layer's contrast, gamma and colormap, as 8-bit colours."""
    finite = values[np.isfinite(values)]
    low, high = plane.contrast or (0.0, float(finite.max(initial=1.0)))
    share = np.clip((values - low) / ((high - low) or 1.0), 0, 1) ** plane.gamma
    ramp: Any = np.repeat(np.linspace(0, 1, 256)[:, None], 3, axis=1)
    if plane.colors is not None:
        ramp = plane.colors
    index = np.nan_to_num(np.round(share * 255), nan=0).astype(np.intp)
    colors: Rgb = np.round(255 * ramp[index]).astype(np.uint8)
    colors[~np.isfinite(values)] = OUTSIDE
    return colors


def _find_bar(side: float, unit: str) -> tuple[float, str]:
    if unit == MIXED:
        return 0.0, ""
    length = [tick for tick in round_ticks(0, side * BAR_SHARE, 1) if tick > 0]
    length = length or [tick for tick in round_ticks(0, side * BAR_SHARE, 3) if tick > 0]
    return length[-1] / side, f"{length[-1]:g} {unit}"
