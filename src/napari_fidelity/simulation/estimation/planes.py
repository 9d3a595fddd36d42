"""The planes and frames of an image that an estimation looks at, and which pixels of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.shape_text import spell_shape
from napari_fidelity.simulation.estimation.settings import EstimateParams

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
SMALLEST_SIDE = 32  # below it a neighbourhood is the whole image
MOST_PIXELS = 4_000_000  # of all planes; twice as many change the numbers by less than a per cent
MOST_FRAMES = 32
_PILE = 4.0  # a level that holds so many times the pixels of its neighbours is a cut
_PILE_SHARE = 5e-5
_STEP_SAMPLE = 100_000
_LARGEST_WHOLE = 2.0**53  # beyond, float64 does not hold every whole number


@dataclass(frozen=True, eq=False)
class Film:
    """One field: frames that follow each other, or a single one.

    Parameters
    ----------
    frames : ndarray of float64, shape (T, Y, X)
        Grey levels; those that are not usable are replaced by a typical one.
    usable : ndarray of bool, same shape
        False where a pixel is not finite or cut off.
    """

    frames: Floats
    usable: Mask


@dataclass(frozen=True, eq=False)
class Pixels:
    """What is looked at of an image.

    Parameters
    ----------
    films : list of Film
        Fields that are independent of each other.
    step : float
        Smallest difference of grey levels, 0 where there is no lattice.
    low, high : float
        Grey levels at which dark and bright pixels are cut off; infinite where they are not.
    low_share : float
        Share of the pixels that is dark and cut off.
    notes : list of str
        What a person should know about the image.
    """

    films: list[Film]
    step: float
    low: float
    high: float
    low_share: float = 0.0
    notes: list[str] = field(default_factory=list)

    @property
    def rounding_variance(self) -> float:
        """Variance that rounding to the lattice of grey levels adds."""
        return self.step**2 / 12

    def values(self) -> Floats:
        """All usable grey levels."""
        return np.concatenate([film.frames[film.usable] for film in self.films])

    @property
    def is_film(self) -> bool:
        """Whether frames can be compared with each other."""
        return len(self.films[0].frames) > 1


def read_pixels(image: Image, params: EstimateParams) -> Pixels:
    """The planes of `image`, at most some four million pixels of it.

    Raises
    ------
    UserError
        No pixels, several channels and none chosen, too small, nothing finite, or constant.
    """
    name = image.name or "The image"
    if 0 in image.shape:
        raise UserError(f"{name} has no pixels (shape {spell_shape(image.shape)}).")
    if min(image.shape[-2:]) < SMALLEST_SIDE:
        raise UserError(
            f"{name} has {spell_shape(image.shape[-2:])} pixels: noise and blur can be estimated "
            f"from {SMALLEST_SIDE}×{SMALLEST_SIDE} on."
        )
    arrays = list(_cut_films(image, params))
    values = np.concatenate([array.ravel() for array in arrays])
    finite = np.isfinite(values)
    notes = []
    if not finite.any():
        raise UserError(f"{name} holds nothing but NaN: there is nothing to estimate.")
    if not finite.all():
        notes.append(f"{np.count_nonzero(~finite)} pixels are NaN or infinite and were left out.")
    values = values[finite]
    if values.min() == values.max():
        raise UserError(
            f"{name} is {values[0]:g} everywhere: without noise there is nothing to estimate."
        )
    low, high = find_cuts(values)
    high = min(high, math.inf if params.saturation is None else params.saturation)
    notes += _tell_cuts(values, low, high)
    films = [_make_film(array, low, high) for array in arrays]
    if not any(film.usable.any() for film in films):
        raise UserError(f"{name} is cut off at {high:g} everywhere: expose it for less long.")
    step, low_share = find_step(values, image.array.dtype), float(np.mean(values <= low))
    return Pixels(films, step, low, high, low_share, notes)


def find_step(values: Floats, dtype: np.dtype[Any]) -> float:
    """Smallest difference of grey levels: 16 for 12 bits stored in the upper part of 16.

    Examples
    --------
    >>> find_step(np.array([0.0, 32, 48]), np.dtype(np.uint16))
    16.0
    >>> find_step(np.array([0.1, 0.25]), np.dtype(np.float32))
    0.0
    """
    sample = values[:: max(values.size // _STEP_SAMPLE, 1)]
    whole = np.rint(sample)
    if dtype.kind == "f" and not np.array_equal(whole, sample):
        return 0.0
    if np.ptp(whole) >= _LARGEST_WHOLE:
        return 0.0
    return float(np.gcd.reduce((whole - whole.min()).astype(np.int64)))


def find_cuts(values: Floats) -> tuple[float, float]:
    """Grey levels on which dark and bright pixels pile up; infinite where none do."""
    low, high = float(values.min()), float(values.max())
    levels, counts = np.unique(values, return_counts=True)
    least = max(20, _PILE_SHARE * values.size)
    near = counts[1:6], counts[-6:-1]
    is_low, is_high = (
        end >= least and end > _PILE * beside.mean() and len(levels) > len(beside)
        for end, beside in zip((counts[0], counts[-1]), near, strict=True)
    )
    return low if is_low else -math.inf, high if is_high else math.inf


def _tell_cuts(values: Floats, low: float, high: float) -> Iterator[str]:
    for share, what in (
        (np.mean(values <= low), f"dark pixels are cut off at {low:g}"),
        (np.mean(values >= high), f"bright pixels are saturated at {high:g}"),
    ):
        if share:
            yield f"{share:.2%} of the pixels were left out: {what}."


def _make_film(array: Floats, low: float, high: float) -> Film:
    usable = np.isfinite(array) & (array > low) & (array < high)
    typical = float(np.median(array[usable])) if usable.any() else 0.0
    return Film(np.where(np.isfinite(array), array, typical), usable)


def _choose_channel(image: Image, channel: int | None) -> int:
    count = image.shape[image.axes.index("C")]
    if count > 1 and channel is None:
        raise UserError(
            f"{image.name or 'The image'} has {count} channels: choose one (channel 0 to "
            f"{count - 1})."
        )
    if (channel or 0) >= count:
        raise UserError(f"There is no channel {channel}: the image has {count}, counted from 0.")
    return channel or 0


def _cut_films(image: Image, params: EstimateParams) -> Iterator[Floats]:
    """Arrays (T, Y, X): planes evenly over the stack, the middle of those that are large."""
    leading = image.axes[:-2]
    choices = [list(range(size)) for size in image.shape[:-2]]
    if "C" in leading:
        choices[leading.index("C")] = [_choose_channel(image, params.channel)]
    elif params.channel:
        raise UserError(f"There is no channel {params.channel}: the image has no channels.")
    frame_axis: int | None = None
    if params.stack != "planes" and "T" in leading:
        frame_axis = leading.index("T")
    elif params.stack == "time":  # a file that does not name its axis of time
        frame_axis = next((a for a, letter in enumerate(leading) if letter != "C"), None)
    frames = [0]
    if frame_axis is not None:
        frames, choices[frame_axis] = choices[frame_axis][:MOST_FRAMES], [0]
    indices = list(product(*choices))
    most = max(MOST_PIXELS // (len(frames) * math.prod(image.shape[-2:])), 1)
    for number in np.unique(np.linspace(0, len(indices) - 1, min(most, len(indices))).astype(int)):
        places = [list(indices[number]) for _ in frames]
        for place, frame in zip(places, frames, strict=True):
            if frame_axis is not None:
                place[frame_axis] = frame
        part = MOST_PIXELS // len(frames)
        yield np.stack([_read(image.array, tuple(place), part) for place in places])


def _read(array: Any, index: tuple[int, ...], most: int) -> Floats:  # Any: it may be lazy
    """The middle of a plane, at most so many pixels of it."""
    side = max(int(math.sqrt(most)), SMALLEST_SIDE)
    middle = tuple(
        slice(first, first + side)
        for first in (max((size - side) // 2, 0) for size in array.shape[-2:])
    )
    return np.asarray(array[(*index, *middle)]).astype(np.float64)
