"""The frame of one image lent to another whose file knows no pixel size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from napari_fidelity.core.image import Image


def lend_frames(images: Sequence[Image]) -> list[Image]:
    """The images, each axis of unknown size in the frame of the first image that knows it.

    A PNG mask of a calibrated image would else be refused for its scale of 1 pixel. Only
    images of equal shape that agree on all other axes lend their frame.

    Examples
    --------
    >>> import numpy as np
    >>> bare, known = Image(np.eye(3)), Image(np.eye(3), scale=(0.5, 0.5))
    >>> [image.scale for image in lend_frames([bare, known])]
    [(0.5, 0.5), (0.5, 0.5)]
    """
    lent = []
    for image in images:
        owner = find_owner(image, images)
        if owner is None:
            lent.append(image)
            continue
        lent.append(replace(image, scale=owner.scale, units=owner.units, translate=owner.translate))
    return lent


def find_owner(image: Image, others: Sequence[Image]) -> Image | None:
    """The first of `others` that knows the size of an axis that `image` does not, if any."""
    known = know_axes(image)
    for other in others:
        more = know_axes(other)
        if other.shape != image.shape or not more > known or any(image.translate):
            continue
        if all(
            image.units[axis] == other.units[axis]
            and math.isclose(image.scale[axis], other.scale[axis], rel_tol=1e-6)
            for axis in known
        ):
            return other
    return None


def know_axes(image: Image) -> set[int]:
    """Positions of the axes whose pixel size the file stated.

    Examples
    --------
    >>> import numpy as np
    >>> know_axes(Image(np.eye(3))), know_axes(Image(np.eye(3), scale=(0.5, 1.0)))
    (set(), {0})
    """
    sizes = zip(image.scale, image.units, strict=True)
    return {axis for axis, (size, unit) in enumerate(sizes) if size != 1 or unit != "pixel"}
