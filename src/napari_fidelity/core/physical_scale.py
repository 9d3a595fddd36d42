"""Pixel sizes in micrometers, asked for where an image does not know them."""

from __future__ import annotations

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.physical_units import length_um

SPATIAL_AXES = "ZYX"


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
        found = length_um(size, unit) if given is None else given
        if found is None or not 0 < found < float("inf"):
            raise UserError(_ask_for(letter, image.name, given))
        sizes.append(found)
    return tuple(sizes)


def _ask_for(letter: str, name: str, given: float | None) -> str:
    what = "z step" if letter == "Z" else "pixel size"
    if given is not None:
        return f"The {what} is {given:g} µm: it must be more than 0."
    return f"{name or 'The image'} does not say its {what}: state the {what} in micrometers."
