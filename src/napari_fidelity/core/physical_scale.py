"""Pixel sizes in micrometers, asked for where an image does not know them."""

from __future__ import annotations

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.physical_units import length_um

SPATIAL_AXES = "ZYX"


class UnknownSizeError(UserError):
    """An image does not say the size of its pixels, and nobody stated it."""


def spatial_scale_um(
    image: Image, *, pixel_size_um: float | None = None, z_step_um: float | None = None
) -> tuple[float, ...]:
    """Size of a pixel along the spatial axes of `image`, (Z)YX, in micrometers.

    Parameters
    ----------
    image : Image
        Its `scale` and `units` are used where no size is given.
    pixel_size_um, z_step_um : float, optional
        Sizes that go before those of the image.

    Raises
    ------
    UserError
        A size is known neither from the image nor from the caller, or is not positive.

    Examples
    --------
    >>> import numpy as np
    >>> stack = Image(np.zeros((2, 4, 4)), scale=(300, 100, 100), units=("nanometer",) * 3)
    >>> spatial_scale_um(stack, z_step_um=0.25)
    (0.25, 0.1, 0.1)
    """
    stated = {"Z": z_step_um, "Y": pixel_size_um, "X": pixel_size_um}
    sizes = []
    for letter, size, unit in zip(image.axes, image.scale, image.units, strict=True):
        if letter not in SPATIAL_AXES:
            continue
        given = stated[letter]
        found = length_um(size, unit) if given is None else check_size(letter, given)
        if found is None:
            what = _name_size(letter)
            raise UnknownSizeError(
                f"{image.name or 'The image'} does not say its {what}: state the {what} in "
                "micrometers."
            )
        sizes.append(found)
    return tuple(sizes)


def check_size(letter: str, size_um: float) -> float:
    """The size stated for a spatial axis, in micrometers.

    Raises
    ------
    UserError
        It is not positive.
    """
    if not 0 < size_um < float("inf"):
        raise UserError(f"The {_name_size(letter)} is {size_um:g} µm: it must be more than 0.")
    return size_um


def _name_size(letter: str) -> str:
    return "z step" if letter == "Z" else "pixel size"
