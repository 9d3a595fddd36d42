"""Pictures of what a trained network makes of validation images: input, result, target."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Floats = npt.NDArray[np.float32]
FIGURE_ROWS, FIGURE_PX, GAP_PX = 4, 160, 4
THUMBNAIL_PX = 96


def draw_panels(rows: Sequence[Sequence[Floats]]) -> bytes:
    """PNG of panels in rows: each row one image, each panel cut at the same place.

    Parameters
    ----------
    rows : sequence of sequences of ndarray, shape (Y, X)
        Panels of equal shape; the last one is the target, whose grey levels all share.
    """
    drawn = []
    for panels in rows:
        place = find_structures(panels[-1], FIGURE_PX)
        low, high = find_range(panels[-1])
        cuts = [stretch(panel[place], low, high) for panel in panels]
        drawn.append(cuts)
    height, width = (max(cuts[0].shape[axis] for cuts in drawn) for axis in (0, 1))
    lines = [np.hstack([_frame(cut, height, width) for cut in cuts]) for cuts in drawn]
    return encode_png(np.vstack(lines))


def draw_thumbnail(result: Floats) -> bytes:
    """PNG of the part of a result with the most structure."""
    part = result[find_structures(result, THUMBNAIL_PX)]
    sides = [(0, max(THUMBNAIL_PX - size, 0)) for size in part.shape]
    return encode_png(np.pad(stretch(part, *find_range(result)), sides))


def find_structures(image: Floats, side: int) -> tuple[slice, slice]:
    """The box of at most `side` square pixels that varies most."""
    sides = [min(side, size) for size in image.shape]
    mean = ndimage.uniform_filter(image.astype(np.float64), sides)
    spread = ndimage.uniform_filter(image.astype(np.float64) ** 2, sides) - mean**2
    middle = np.unravel_index(int(spread.argmax()), spread.shape)
    starts = [
        int(np.clip(at - length // 2, 0, size - length))
        for at, length, size in zip(middle, sides, image.shape, strict=True)
    ]
    y, x = (slice(at, at + length) for at, length in zip(starts, sides, strict=True))
    return y, x


def find_range(image: Floats) -> tuple[float, float]:
    """Grey levels for black and white: the percentiles 0.5 and 99.8."""
    low, high = (float(value) for value in np.percentile(image, [0.5, 99.8]))
    return (low, high) if high > low else (low, low + 1)


def stretch(image: Floats, low: float, high: float) -> Floats:
    """Grey levels from 0 to 1 between `low` and `high`, clipped beyond."""
    return np.asarray(np.clip((image - low) / (high - low), 0, 1), np.float32)


def encode_png(image: Floats) -> bytes:
    """A grey picture of levels from 0 to 1 as PNG."""
    from PIL import Image as Picture

    buffer = io.BytesIO()
    levels = (np.nan_to_num(image) * 255).round().astype(np.uint8)
    Picture.fromarray(levels).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _frame(panel: Floats, height: int, width: int) -> Floats:
    """A panel in white, as large as the largest."""
    sizes = zip((height, width), panel.shape, strict=True)
    sides = [(GAP_PX // 2, side - size + GAP_PX // 2) for side, size in sizes]
    return np.pad(panel, sides, constant_values=1.0)
