"""What the demo's figure shows of an image: a plane, a telling detail, contrast, colours."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.image import Image

Box = tuple[slice, slice]
Limits = tuple[float, float]
Pixels = np.ndarray[Any, Any]  # Any: every shape and dtype is an image
RGB = npt.NDArray[np.float64]

DARK, BACKGROUND_TINT = 0.07, (0.16, 0.42, 0.46)
GOLDEN = 0.61803398875  # consecutive multiples of it are never close, modulo 1


def plane_of(image: Image, plane: int) -> Pixels:
    """The YX plane of `image` to show: the image itself, or a Z plane of a stack."""
    return image.array if image.array.ndim == 2 else image.array[plane]


def choose_plane(mask: Image) -> int:
    """The Z plane with most foreground; 0 for a single plane."""
    if mask.array.ndim == 2:
        return 0
    return int(np.argmax((mask.array > 0).sum(axis=(1, 2))))


def find_detail(labels: Pixels, size: int) -> Box:
    """The box of `size` pixels a side that shows most: two thirds structure, many edges."""
    from scipy.ndimage import uniform_filter

    height, width = (min(size, side) for side in labels.shape)
    edges = np.zeros(labels.shape)
    edges[:, 1:] += labels[:, 1:] != labels[:, :-1]
    edges[1:, :] += labels[1:, :] != labels[:-1, :]
    share = uniform_filter((labels > 0).astype(float), (height, width))
    worth = uniform_filter(edges, (height, width)) - 0.2 * np.abs(share - 0.65)
    half_y, half_x = height // 2, width // 2
    rows, columns = labels.shape[0] - height + 1, labels.shape[1] - width + 1
    inner = worth[half_y : half_y + rows, half_x : half_x + columns]
    y, x = (int(index) for index in np.unravel_index(int(np.argmax(inner)), inner.shape))
    return slice(y, y + height), slice(x, x + width)


def full_limits(plane: Pixels) -> Limits:
    """Contrast limits for the whole picture."""
    low, high = np.percentile(plane, (0.5, 99.6))
    return float(low), float(max(high, low + 1e-6))


def background_limits(plane: Pixels, background: npt.NDArray[np.bool_]) -> Limits:
    """Contrast limits that spread the background."""
    values = plane[background] if background.any() else plane
    low, high = np.percentile(values, (1, 99))
    return float(low), float(low + 1.5 * max(high - low, 1e-6))


def color_labels(labels: Pixels) -> RGB:
    """An RGB picture of `labels` on near black, consecutive ones in different soft colours."""
    hue = (labels * GOLDEN) % 1.0
    phases = np.array([0.0, 1 / 3, 2 / 3])
    colors = 0.62 + 0.25 * np.cos(2 * np.pi * (hue[..., None] + phases))
    return np.where(labels[..., None] > 0, colors, DARK)


def color_background(labels: Pixels, background: npt.NDArray[np.bool_]) -> RGB:
    """An RGB picture of what counts as background, the objects in grey."""
    picture = np.where(labels[..., None] > 0, 0.35, DARK) * np.ones(3)
    picture[background] = BACKGROUND_TINT
    return picture
