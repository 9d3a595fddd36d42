"""From probabilities to the pixels of a mask: a threshold, and numbers for objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_fidelity.core.image import Image
from napari_fidelity.inference.lazy_arrays import Index, Target


class ThresholdTarget:
    """Probabilities written here become 1 from the threshold on and 0 below, in another target.

    Parameters
    ----------
    target : Target
        What takes the mask.
    threshold : float
        A probability.

    Attributes
    ----------
    foreground_count : int
        Pixels that were foreground.
    """

    dtype = np.dtype(np.float32)

    def __init__(self, target: Target, threshold: float) -> None:
        self.shape = tuple(target.shape)
        self.foreground_count = 0
        self._target, self._threshold = target, threshold

    def __setitem__(self, index: Index, pixels: Any) -> None:  # Any: an array of floats
        """Write a box; NaN is background."""
        foreground = np.asarray(pixels) >= np.float32(self._threshold)
        self.foreground_count += int(np.count_nonzero(foreground))
        self._target[index] = foreground.astype(np.dtype(self._target.dtype))


def describe_found(found: Mapping[str, Any]) -> str:  # Any: JSON
    """What a recipe says is in a mask, for a person.

    Examples
    --------
    >>> describe_found({"foreground_share": 0.25, "objects": 3})
    '25.0 % foreground, 3 objects'
    """
    objects = f", {found['objects']} objects" if "objects" in found else ""
    return f"{100 * found['foreground_share']:.1f} % foreground{objects}"


def holds_labels(image: Image) -> bool:
    """Whether `image` is a mask that this package made, and no picture.

    Examples
    --------
    >>> import numpy as np
    >>> holds_labels(Image(np.zeros((2, 2), np.uint8), provenance={"operation": "segment"}))
    True
    """
    return image.provenance.get("operation") == "segment" and image.array.dtype.kind in "ui"


def number_objects(
    mask: npt.NDArray[Any], spatial_dims: int
) -> tuple[npt.NDArray[Any], int]:  # Any: unsigned integers
    """Connected objects numbered from 1 on in every plane or volume, and how many there are.

    Pixels that touch at a corner belong together.

    Examples
    --------
    >>> labels, count = number_objects(np.array([[1, 0, 1], [0, 1, 0], [0, 0, 0]]), 2)
    >>> count, labels.dtype, labels.max()
    (1, dtype('uint16'), np.uint16(1))
    """
    labels = np.zeros(mask.shape, np.uint32)
    touching = np.ones((3,) * spatial_dims, bool)
    total, most = 0, 0
    for index in np.ndindex(mask.shape[: mask.ndim - spatial_dims]):
        found, count = ndimage.label(mask[index], touching)
        labels[index] = found
        total, most = total + count, max(most, count)
    small = most <= np.iinfo(np.uint16).max
    return (labels.astype(np.uint16) if small else labels), total
