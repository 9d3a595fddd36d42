"""An image whose pixel size a person states, because its file does not or is wrong."""

from __future__ import annotations

from dataclasses import replace

from napari_fidelity.core.image import Image
from napari_fidelity.core.physical_scale import check_size


def state_scale(
    image: Image, *, pixel_size_um: float | None = None, z_step_um: float | None = None
) -> Image:
    """`image` with stated sizes along Y and X, and along Z, in micrometers.

    A position is moved along with its axis: an offset of 10 pixels stays one of 10 pixels.

    Raises
    ------
    UserError
        A stated size is not positive.

    Examples
    --------
    >>> import numpy as np
    >>> stated = state_scale(Image(np.zeros((4, 4)), translate=(10, 0)), pixel_size_um=0.1)
    >>> stated.scale, stated.units, stated.translate
    ((0.1, 0.1), ('micrometer', 'micrometer'), (1.0, 0.0))
    """
    sizes = {"Z": z_step_um, "Y": pixel_size_um, "X": pixel_size_um}
    scale, units, translate = list(image.scale), list(image.units), list(image.translate)
    for axis, letter in enumerate(image.axes):
        size = sizes.get(letter)
        if size is None:
            continue
        check_size(letter, size)
        translate[axis] *= size / scale[axis]
        scale[axis], units[axis] = size, "micrometer"
    return replace(image, scale=tuple(scale), units=tuple(units), translate=tuple(translate))
