"""Values of several images along one line, over the distance in physical units."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.params import Params
from napari_fidelity.core.physical_units import LENGTH_FACTORS
from napari_fidelity.core.progress import Progress
from napari_fidelity.imageio.atomic_write import write_atomically
from napari_fidelity.operations.line_sampling import (
    Floats,
    Interpolation,
    LinePath,
    lay_path,
    sample_path,
)

MICROMETER, PIXEL = "µm", "px"
DISTANCE = "distance"


class ProfileParams(Params):
    """Settings of `measure_profiles`.

    Examples
    --------
    >>> ProfileParams(points=((0, 0), (0, 10)), width=2).interpolation
    'linear'
    """

    points: tuple[tuple[float, float], ...] = Field(
        min_length=2,
        title="Line",
        description="Its corners, Y and X, in µm; in pixels where images have no pixel size",
    )
    width: float = Field(
        0.0, ge=0, title="Width", description="Averaged across the line, in units of the points"
    )
    interpolation: Interpolation = Field(
        "linear", title="Between pixels", description="How values between pixels are found"
    )
    plane: tuple[int, ...] = Field(
        (), title="Plane", description="Indices of the leading axes of stacks, counted from 0"
    )


@dataclass(frozen=True, eq=False)
class Profile:
    """One image's values.

    Parameters
    ----------
    name : str
        The image's.
    values : ndarray of float64, shape (n,)
        One for each distance; NaN outside of the image.
    note : str
        How the image is shown beside it, such as `"contrast 0 to 255"`.
    """

    name: str
    values: Floats
    note: str = ""


@dataclass(frozen=True, eq=False)
class LineProfiles:
    """Values of images along one line.

    Parameters
    ----------
    distances : ndarray of float64, shape (n,)
        From the start of the line, in `unit`.
    profiles : tuple of Profile
        One for each image.
    unit : str
        `"µm"` or `"px"`.
    facts : tuple of str
        Where the line lies and how it was sampled, for people.
    """

    distances: Floats
    profiles: tuple[Profile, ...]
    unit: str
    facts: tuple[str, ...] = ()

    def to_csv(self) -> str:
        """A line for each distance, a column for each image; facts and notes in lines with #.

        Values are those of the image, whatever its contrast; outside of it a cell is empty.
        """
        text = io.StringIO()
        for line in (*self.facts, *(f"{p.name}: {p.note}" for p in self.profiles if p.note)):
            text.write(f"# {' '.join(line.split())}\n")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([f"{DISTANCE} [{self.unit}]", *(p.name for p in self.profiles)])
        columns = [self.distances, *(p.values for p in self.profiles)]
        for row in zip(*columns, strict=True):
            writer.writerow(["" if np.isnan(value) else f"{value:.9g}" for value in row])
        return text.getvalue()

    def save(self, path: str | Path) -> Path:
        """Write `to_csv` to `path`, which holds all of it or what it held before.

        Raises
        ------
        UserError
            The place cannot be written to.
        """
        with write_atomically(path) as temporary:
            temporary.write_text(self.to_csv(), encoding="utf-8")
        return Path(path)


def measure_profiles(
    images: Sequence[Image], params: ProfileParams, progress: Progress | None = None
) -> LineProfiles:
    """Values of each image along one line.

    The line lies in physical space: images of different pixel size share it, sampled at the
    finest pixel size among them.

    Parameters
    ----------
    images : sequence of Image
        YX, or stacks with `params.plane`; their arrays may be lazy.
    params : ProfileParams
        The line, its width and the plane.
    progress : Progress, optional
        Called for every image.

    Raises
    ------
    UserError
        No image; some with a pixel size and some without; a line without length; a stack without
        a plane; a plane that a stack does not have.

    Examples
    --------
    >>> ramp = Image(np.arange(16.0).reshape(4, 4), scale=(0.5, 0.5), units=("µm", "µm"), name="a")
    >>> found = measure_profiles([ramp], ProfileParams(points=((0.5, 0), (0.5, 1.5))))
    >>> found.distances.tolist(), found.profiles[0].values.tolist(), found.unit
    ([0.0, 0.5, 1.0, 1.5], [4.0, 5.0, 6.0, 7.0], 'µm')
    """
    progress = progress or Progress()
    if not images:
        raise UserError("There is no image to measure along the line: give at least one.")
    unit = _shared_unit(images)
    frames = [_plane_frame(image, unit) for image in images]
    step = min(float(np.min(np.abs(scale))) for scale, _ in frames)
    path = lay_path(params.points, step=step, width=params.width)
    profiles = []
    for number, (image, (scale, shift)) in enumerate(zip(images, frames, strict=True)):
        progress(number, len(images), f"profile of {image.name}")
        places = (path.positions - shift) / scale
        values = sample_path(_take_plane(image, params.plane), places, params.interpolation)
        profiles.append(Profile(image.name or f"image {number + 1}", values))
    facts = describe_line(params.points, path, unit, params.width, params.interpolation)
    return LineProfiles(path.distances, tuple(profiles), unit, facts)


def describe_line(
    points: Sequence[Sequence[float]],
    path: LinePath,
    unit: str,
    width: float,
    interpolation: Interpolation,
) -> tuple[str, ...]:
    """Where a line lies and how it is sampled, in sentences without numbers beyond four digits."""
    corners = " → ".join(f"({y:.4g}, {x:.4g})" for y, x in points)
    lanes = len(path.positions)
    across = f", mean over {width:.3g} {unit} ({lanes} lines)" if lanes > 1 else ""
    step = path.distances[1] - path.distances[0]
    return (
        f"line (y, x) in {unit}: {corners}",
        f"length {path.distances[-1]:.4g} {unit}, a value every {step:.3g} {unit}, "
        f"{interpolation} interpolation{across}",
    )


def _shared_unit(images: Sequence[Image]) -> str:
    known = [all(unit in LENGTH_FACTORS for unit in image.units[-2:]) for image in images]
    if all(known):
        return MICROMETER
    if any(known):
        name = next(image.name for image, knows in zip(images, known, strict=True) if not knows)
        raise UserError(
            f"{name or 'An image'} does not say its pixel size, others do: state it, or leave "
            "that image out."
        )
    return PIXEL


def _plane_frame(image: Image, unit: str) -> tuple[Floats, Floats]:
    """Pixel size and place of the first pixel along Y and X, in `unit`."""
    factors = [LENGTH_FACTORS[name] if unit == MICROMETER else 1.0 for name in image.units[-2:]]
    scale, shift = np.array(image.scale[-2:]), np.array(image.translate[-2:])
    return scale * factors, shift * factors


def _take_plane(image: Image, plane: tuple[int, ...]) -> Any:  # Any: may be lazy
    leading = image.shape[:-2]
    if not leading:
        return image.array
    name = image.name or "The image"
    if len(plane) != len(leading):
        raise UserError(
            f"{name} has the axes {image.axes}: say which plane, one index for each of "
            f"{image.axes[:-2]}."
        )
    for letter, index, size in zip(image.axes, plane, leading, strict=False):
        if not 0 <= index < size:
            raise UserError(f"{name} has {size} planes along {letter}: there is none at {index}.")
    return image.array[plane]
