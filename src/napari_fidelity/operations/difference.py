"""The difference of two images, pixel by pixel: signed, absolute, or relative to the reference."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image, check_same_frame
from napari_fidelity.core.params import Params
from napari_fidelity.core.progress import Progress
from napari_fidelity.operations.progress_shares import share_progress
from napari_fidelity.operations.provenance import build_provenance
from napari_fidelity.operations.source_record import record_source

Kind = Literal["difference", "absolute", "relative"]
Pixels = npt.NDArray[Any]  # Any: every type of pixel
BAND_ROWS = 512


class DifferenceParams(Params):
    """Settings of `map_difference`."""

    kind: Kind = Field(
        "difference",
        title="Map",
        description="difference: image − reference; absolute: its size; relative: its size in "
        "percent of the reference",
    )
    floor: float = Field(
        0.0,
        ge=0,
        title="Leave out below",
        description="A relative error is given where the reference is above this, else NaN",
    )


@dataclass(frozen=True)
class ErrorSummary:
    """Numbers about a map of the difference.

    Parameters
    ----------
    mean, mean_absolute, rmse, largest : float
        Over all finite pixels of image − reference; `largest` is the largest size.
    n_pixels : int
        How many these are.
    """

    mean: float
    mean_absolute: float
    rmse: float
    largest: float
    n_pixels: int


def map_difference(
    image: Image,
    reference: Image,
    params: DifferenceParams | None = None,
    progress: Progress | None = None,
    *,
    source_path: str | Path | None = None,
    reference_path: str | Path | None = None,
) -> Image:
    """The difference of `image` and `reference` as a float32 image in their frame.

    Values are taken as they are: neither contrast nor any fit changes them. They are subtracted
    in float64, so that unsigned pixels do not wrap around.

    Parameters
    ----------
    image, reference : Image
        On the same pixels.
    params : DifferenceParams, optional
        Which map. Default: image − reference.
    progress : Progress, optional
        Called for every plane.
    source_path, reference_path : str or Path, optional
        The files that they were read from, untouched, for the recipe.

    Returns
    -------
    Image
        Its provenance is a recipe for `rerun`.

    Raises
    ------
    UserError
        The frames differ.

    Examples
    --------
    >>> dim, bright = (Image(np.full((2, 2), value, np.uint8)) for value in (1, 3))
    >>> map_difference(dim, bright).array[0].tolist()
    [-2.0, -2.0]
    >>> map_difference(dim, bright, DifferenceParams(kind="relative")).array[0].round(1).tolist()
    [66.699..., 66.699...]
    """
    params, progress = params or DifferenceParams(), progress or Progress()
    check_same_frame(image, reference)
    running, reading, reading_reference = share_progress(progress, [80, 10, 10])
    result = np.empty(image.shape, np.float32)
    planes = list(_list_planes(image.shape))
    for number, index in enumerate(planes):
        running(number, len(planes), "difference")
        here, there = (one.array[index] for one in (image, reference))
        result[index], _ = map_plane(here, there, params, running)
    source = record_source(image, reading, path=source_path)
    entry = record_source(reference, reading_reference, path=reference_path)
    provenance = build_provenance("difference", params, source, {"inputs": {"reference": entry}})
    name = name_map(image.name or "image", reference.name or "reference", params)
    return image.with_array(result, name=name, provenance=provenance)


def map_plane(
    image: Any, reference: Any, params: DifferenceParams, progress: Progress | None = None
) -> tuple[Pixels, ErrorSummary]:
    """The map of two planes, float32, and numbers about image − reference.

    NaN where either is NaN, and for a relative error where the reference is at or below
    `params.floor`.

    Parameters
    ----------
    image, reference : array-like, shape (Y, X)
        May be lazy: some rows at a time are read.
    params : DifferenceParams
        Which map.
    progress : Progress, optional
        Polled for every part.

    Raises
    ------
    UserError
        The shapes differ.

    Examples
    --------
    >>> _, summary = map_plane(np.array([[1, 2]]), np.array([[1, 4]]), DifferenceParams())
    >>> summary.mean, round(summary.rmse, 3), summary.largest
    (-1.0, 1.414, 2.0)
    """
    if tuple(image.shape) != tuple(reference.shape):
        raise UserError(
            f"One image is {tuple(image.shape)}, the other {tuple(reference.shape)}: pick two of "
            "equal size."
        )
    result: Pixels = np.empty(image.shape, np.float32)
    sums = np.zeros(3)
    largest, count = 0.0, 0
    for top in range(0, result.shape[0], BAND_ROWS):
        if progress is not None:
            progress.check()
        band = (slice(top, top + BAND_ROWS), slice(None))
        here, there = (np.asarray(one[band], np.float64) for one in (image, reference))
        difference = here - there
        result[band] = _KINDS[params.kind](difference, there, params.floor)
        known = difference[np.isfinite(difference)]
        sizes = np.abs(known)
        sums += known.sum(), sizes.sum(), np.square(known).sum()
        largest, count = max(largest, float(sizes.max(initial=0.0))), count + known.size
    if count == 0:
        nothing = float("nan")
        return result, ErrorSummary(nothing, nothing, nothing, nothing, n_pixels=0)
    mean, absolute, square = (float(value) for value in sums / count)
    return result, ErrorSummary(mean, absolute, math.sqrt(square), largest, count)


def _relative(difference: Pixels, reference: Pixels, floor: float) -> Pixels:
    percent: Pixels = np.full(reference.shape, np.nan)
    np.divide(100 * np.abs(difference), reference, out=percent, where=reference > floor)
    return percent


_KINDS: dict[Kind, Callable[[Pixels, Pixels, float], Pixels]] = {
    "difference": lambda difference, _reference, _floor: difference,
    "absolute": lambda difference, _reference, _floor: np.abs(difference),
    "relative": _relative,
}


def name_map(image: str, reference: str, params: DifferenceParams) -> str:
    """What a map is called.

    Examples
    --------
    >>> name_map("restored", "truth", DifferenceParams(kind="absolute"))
    '|restored − truth|'
    """
    pair = f"{image} − {reference}"
    return {
        "difference": pair,
        "absolute": f"|{pair}|",
        "relative": f"|{pair}| in % of {reference}",
    }[params.kind]


def _list_planes(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    return np.ndindex(*shape[:-2])
