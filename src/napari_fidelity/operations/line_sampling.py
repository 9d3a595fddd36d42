"""Positions along a line, and the values of an image there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.ndimage import map_coordinates

from napari_fidelity.core.errors import UserError

Floats = npt.NDArray[np.float64]
Interpolation = Literal["nearest", "linear", "cubic"]
ORDERS: dict[Interpolation, int] = {"nearest": 0, "linear": 1, "cubic": 3}
MARGIN_PX = 12  # of the part that is read: where a cubic spline has forgotten the border, to 1e-7
PIECE = 512  # positions along a line that are read together
MOST_STEPS = 100_000
MOST_LANES = 1001


@dataclass(frozen=True, eq=False)
class LinePath:
    """Where a line is sampled.

    Parameters
    ----------
    distances : ndarray of float, shape (n,)
        Along the line from its start, in the units of its points, equally spaced.
    positions : ndarray of float, shape (lanes, n, 2)
        Y and X, in the same units; lanes lie side by side and are averaged.
    """

    distances: Floats
    positions: Floats


def lay_path(points: Sequence[Sequence[float]], *, step: float, width: float = 0.0) -> LinePath:
    """Equally spaced positions along the line through `points`.

    Parameters
    ----------
    points : sequence of (y, x)
        Corners of the line, two or more, in physical units.
    step : float
        Largest distance between neighbours; it is shortened so that the end is met exactly.
    width : float
        Lanes are laid across the line, `step` apart at most, up to half of it on either side.

    Raises
    ------
    UserError
        Fewer than two points, a line without length, more than 100 000 steps.

    Examples
    --------
    >>> path = lay_path([(0, 0), (0, 2)], step=1)
    >>> path.distances.tolist(), path.positions[0].tolist()
    ([0.0, 1.0, 2.0], [[0.0, 0.0], [0.0, 1.0], [0.0, 2.0]])
    """
    corners = np.asarray(points, np.float64).reshape(-1, 2)
    lengths = np.hypot(*np.diff(corners, axis=0).T) if len(corners) > 1 else np.zeros(0)
    total = float(lengths.sum())
    if not (total > 0 and math.isfinite(total)):
        raise UserError("The line has no length: draw it from one place to another.")
    if not (step > 0 and total / step <= MOST_STEPS):
        raise UserError(
            f"The line is {total:g} long with a step of {step:g}: draw a shorter one, at most "
            f"{MOST_STEPS} steps."
        )
    corners = corners[np.concatenate(([True], lengths > 0))]
    ends = np.concatenate(([0.0], np.cumsum(lengths[lengths > 0])))
    # A thousandth more than the ratio is rounding: 10 µm of 0.1 µm are 100 steps, not 101.
    count = max(1, math.ceil(total / step - 1e-3))
    distances = np.linspace(0.0, total, count + 1)
    middle = np.stack([np.interp(distances, ends, corners[:, axis]) for axis in (0, 1)], axis=-1)
    across = _normals(corners, ends, distances)
    lanes = min(MOST_LANES, 1 + 2 * math.floor(width / (2 * step) + 1e-9))
    offsets = (np.arange(lanes) - lanes // 2) * step
    return LinePath(distances, middle + offsets[:, None, None] * across)


def _normals(corners: Floats, ends: Floats, distances: Floats) -> Floats:
    """Unit vectors across the line at each distance."""
    along = np.diff(corners, axis=0) / np.diff(ends)[:, None]
    piece = np.clip(np.searchsorted(ends, distances, side="right") - 1, 0, len(along) - 1)
    return np.stack([-along[piece, 1], along[piece, 0]], axis=-1)


def sample_path(plane: Any, positions_px: Floats, interpolation: Interpolation) -> Floats:
    """As `sample_plane`, for positions along a line, piece by piece.

    Of a plane of 8192 × 8192 a diagonal then needs some thirtieth, not all of it.
    """
    pieces = range(0, positions_px.shape[1], PIECE)
    parts = (positions_px[:, start : start + PIECE] for start in pieces)
    return np.concatenate([sample_plane(plane, part, interpolation) for part in parts])


def sample_plane(plane: Any, positions_px: Floats, interpolation: Interpolation) -> Floats:
    """Values of a plane at positions in pixels, averaged over lanes; NaN outside.

    Only the part of the plane around the positions is read, so it may be lazy.

    Parameters
    ----------
    plane : array-like, shape (Y, X)
        NumPy, Dask, Zarr or what slices like them.
    positions_px : ndarray of float, shape (lanes, n, 2)
        Y and X in pixels; whole numbers are centres.
    interpolation : {"nearest", "linear", "cubic"}
        Between pixels. Where it meets a pixel that is NaN, the value is NaN.

    Returns
    -------
    ndarray of float64, shape (n,)
        The mean over those lanes that lie on the image.

    Examples
    --------
    >>> ramp = np.arange(12.0).reshape(3, 4)
    >>> sample_plane(ramp, np.array([[[0, 0.5], [2, 3], [2, 3.6]]]), "linear").tolist()
    [0.5, 11.0, nan]
    """
    shape = np.array(plane.shape[-2:])
    inside = np.all((positions_px >= -0.5) & (positions_px <= shape - 0.5), axis=-1)
    values = np.full(inside.shape, np.nan)
    if inside.any():
        wanted = np.clip(positions_px[inside], 0, shape - 1)
        low = np.maximum(np.floor(wanted.min(axis=0)).astype(int) - MARGIN_PX, 0)
        high = np.minimum(np.ceil(wanted.max(axis=0)).astype(int) + MARGIN_PX + 1, shape)
        part = np.asarray(plane[low[0] : high[0], low[1] : high[1]])
        if part.dtype in (np.bool_, np.float16):
            part = part.astype(np.float32)  # exact; scipy reads neither booleans nor half floats
        values[inside] = map_coordinates(
            part,
            (wanted - low).T,
            output=np.float64,
            order=ORDERS[interpolation],
            mode="nearest",
        )
    counts = inside.sum(axis=0)
    sums = np.where(inside, values, 0.0).sum(axis=0)
    means: Floats = np.full(counts.shape, np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means
