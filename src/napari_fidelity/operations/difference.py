"""The difference of two images, pixel by pixel: signed, absolute, or relative to the reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image, check_same_frame
from napari_fidelity.core.params import Params
from napari_fidelity.core.progress import Progress
from napari_fidelity.imageio.provenance import software_versions

Kind = Literal["difference", "absolute", "relative"]
Pixels = npt.NDArray[Any]  # Any: every type of pixel


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
    result = np.empty(image.shape, np.float32)
    planes = list(_list_planes(image.shape))
    for number, index in enumerate(planes):
        progress(number, len(planes), "difference")
        here, there = (np.asarray(one.array[index]) for one in (image, reference))
        result[index] = subtract_pixels(here, there, params)
    provenance = {
        "operation": "difference",
        "params": params.model_dump(mode="json"),
        "image": image.name,
        "reference": reference.name,
        "versions": software_versions(),
    }
    name = name_map(image.name or "image", reference.name or "reference", params)
    return image.with_array(result, name=name, provenance=provenance)


def subtract_pixels(image: Pixels, reference: Pixels, params: DifferenceParams) -> Pixels:
    """The map of two arrays of equal shape, float32.

    NaN where either is NaN, and for a relative error where the reference is at or below
    `params.floor`.

    Raises
    ------
    UserError
        The shapes differ.
    """
    if image.shape != reference.shape:
        raise UserError(
            f"One image is {image.shape}, the other {reference.shape}: pick two of equal size."
        )
    difference = image.astype(np.float64) - reference.astype(np.float64)
    return _KINDS[params.kind](difference, reference, params.floor).astype(np.float32)


def _relative(difference: Pixels, reference: Pixels, floor: float) -> Pixels:
    base = reference.astype(np.float64)
    percent: Pixels = np.full(base.shape, np.nan)
    np.divide(100 * np.abs(difference), base, out=percent, where=base > floor)
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


def summarize_difference(image: Pixels, reference: Pixels) -> ErrorSummary:
    """Mean, mean absolute and root mean square of image − reference over finite pixels.

    NaN throughout where no pixel is finite.

    Examples
    --------
    >>> summarize_difference(np.array([[1, 2]]), np.array([[1, 4]])).rmse.__round__(3)
    1.414
    """
    difference = image.astype(np.float64) - reference.astype(np.float64)
    difference = difference[np.isfinite(difference)]
    if difference.size == 0:
        nothing = float("nan")
        return ErrorSummary(nothing, nothing, nothing, nothing, n_pixels=0)
    sizes = np.abs(difference)
    return ErrorSummary(
        mean=float(difference.mean()),
        mean_absolute=float(sizes.mean()),
        rmse=float(np.sqrt(np.mean(difference**2))),
        largest=float(sizes.max()),
        n_pixels=int(difference.size),
    )


def _list_planes(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    return np.ndindex(*shape[:-2])
