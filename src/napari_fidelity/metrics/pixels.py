"""Arrays made ready to be measured: equal frames, finite values, float64, C order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image, check_same_frame

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
AnyImage = npt.ArrayLike | Image
TEST, REFERENCE = "The image under test", "The reference"


def read_pixels(image: AnyImage, name: str) -> Floats:
    """The pixels as float64 in C order, so that neither dtype nor memory layout matters later.

    Parameters
    ----------
    image : array-like or Image
        Grey values of any number type.
    name : str
        What the image is called in a message, unless it is an `Image` with a name.

    Raises
    ------
    UserError
        No pixels, no numbers, or values that are not finite; the sentence counts them.
    """
    name = spell_name(image, name)
    values = np.asarray(image.array if isinstance(image, Image) else image)
    if values.dtype.kind not in "biuf":
        raise UserError(f"{name} holds {values.dtype} values: grey values are real numbers.")
    if values.ndim == 0 or values.size == 0:
        raise UserError(f"{name} of shape {spell_shape(values.shape)} holds no pixels.")
    floats = np.ascontiguousarray(values, np.float64)
    bad = floats.size - int(np.count_nonzero(np.isfinite(floats)))
    if bad:
        raise UserError(
            f"{name} holds {bad} of {floats.size} values that are NaN or infinite: "
            "replace them or crop them away."
        )
    return floats


def read_pair(test: AnyImage, reference: AnyImage) -> tuple[Floats, Floats]:
    """Both images as `read_pixels` gives them, of equal shape.

    Raises
    ------
    UserError
        Shapes differ or, between two `Image`, scale or position; see also `read_pixels`.
    """
    check_frames(test, TEST, reference, REFERENCE)
    return read_pixels(test, TEST), read_pixels(reference, REFERENCE)


def check_frames(image: AnyImage, name: str, reference: AnyImage, reference_name: str) -> None:
    """Refuse two arrays of different shape, and two `Image` that differ in scale or position."""
    if isinstance(image, Image) and isinstance(reference, Image):
        check_same_frame(image, reference)
    shape, expected = shape_of(image), shape_of(reference)
    if shape != expected:
        name, reference_name = spell_name(image, name), spell_name(reference, reference_name)
        raise UserError(
            f"{name} is {spell_shape(shape)}, {reference_name[0].lower()}{reference_name[1:]} is "
            f"{spell_shape(expected)}: pick a pair of equal size."
        )


def shape_of(image: AnyImage) -> tuple[int, ...]:
    """Number of pixels along each axis."""
    return image.shape if isinstance(image, Image) else tuple(np.shape(image))


def spell_name(image: AnyImage, name: str) -> str:
    """The image's own name, else `name`."""
    return image.name or name if isinstance(image, Image) else name


def spell_shape(shape: tuple[int, ...]) -> str:
    """A shape as a person writes it: 512×512."""
    return "×".join(map(str, shape)) or "a single number"


def iterate_planes(array: npt.NDArray[np.generic]) -> Iterator[tuple[int, ...]]:
    """The index of each YX plane: one empty index for a 2-D array."""
    yield from np.ndindex(array.shape[:-2])
