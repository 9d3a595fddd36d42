"""The planes and frames of an image that an estimation looks at, and which pixels of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.simulation.estimation.settings import EstimateParams

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
SMALLEST_SIDE = 32  # below it a neighbourhood is the whole image
MOST_PIXELS = 4_000_000  # of all planes; twice as many change the numbers by less than a per cent
MOST_FRAMES = 32
_PILE = 4.0  # a level that holds so many times the pixels of its neighbours is a cut
_PILE_SHARE = 5e-5
_STEP_SAMPLE = 100_000


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
        raise UserError(f"{name} has no pixels (shape {_spell(image.shape)}).")
    if min(image.shape[-2:]) < SMALLEST_SIDE:
        raise UserError(
            f"{name} has {_spell(image.shape[-2:])} pixels: noise and blur can be estimated from "
            f"{SMALLEST_SIDE}×{SMALLEST_SIDE} on."
        )
    arrays = list(_cut_films(_choose_channel(image, params.channel), image.axes, params))
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


def _choose_channel(image: Image, channel: int | None) -> Any:  # Any: an array, maybe lazy
    if "C" not in image.axes:
        return image.array
    axis = image.axes.index("C")
    count = image.shape[axis]
    if count > 1 and channel is None:
        raise UserError(
            f"{image.name or 'The image'} has {count} channels: choose one (channel 0 to "
            f"{count - 1})."
        )
    if (channel or 0) >= count:
        raise UserError(f"There is no channel {channel}: the image has {count}, counted from 0.")
    index: tuple[slice | int, ...] = (slice(None),) * axis + (channel or 0,)
    return image.array[index]


def _cut_films(array: Any, axes: str, params: EstimateParams) -> Iterator[Floats]:  # Any: as above
    """Arrays (T, Y, X): planes evenly over the stack, the middle of those that are large."""
    axes = axes.replace("C", "")
    in_time = params.stack == "time" or (params.stack == "auto" and "T" in axes)
    frame_axis = axes.index("T") if "T" in axes else 0
    if not in_time or len(axes) == 2:
        indices = list(np.ndindex(array.shape[:-2]))
        for index in _spread(indices, array.shape[-2:]):
            yield _read(array[index])[None]
        return
    length = min(array.shape[frame_axis], MOST_FRAMES)
    others = [n for a, n in enumerate(array.shape[:-2]) if a != frame_axis]
    area = (array.shape[-2] * length, array.shape[-1])
    for index in _spread(list(np.ndindex(*others)), area):
        places = ((*index[:frame_axis], frame, *index[frame_axis:]) for frame in range(length))
        yield np.stack([_read(array[place], MOST_PIXELS // length) for place in places])


def _spread(indices: list[tuple[int, ...]], shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    most = max(MOST_PIXELS // math.prod(shape), 1)
    chosen = np.unique(np.linspace(0, len(indices) - 1, min(most, len(indices))).astype(int))
    for number in chosen:
        yield indices[number]


def _read(plane: Any, most: int = MOST_PIXELS) -> Floats:  # Any: as above
    side = max(int(math.sqrt(most)), SMALLEST_SIDE)
    first = [max((size - side) // 2, 0) for size in plane.shape]
    part = plane[first[0] : first[0] + side, first[1] : first[1] + side]
    return np.asarray(part).astype(np.float64)


def _spell(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))
