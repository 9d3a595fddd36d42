"""Rolling-ball background: what a ball rolled under the intensities cannot enter stays."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy import ndimage

from napari_fidelity.core.progress import Progress
from napari_fidelity.restoration.spec import Floats, MethodSpec, RestorationSettings, Settled

# scikit-image's time grows with the square of the radius: larger balls roll under a smaller
# image. ImageJ does the same, with radii of 5 to 12 px there.
_LARGEST_RADIUS_PX = 10
_RANGE_PERCENTILES = (1.0, 99.9)
_HEIGHT_SHARE = 0.1


class RollingBallSettings(RestorationSettings):
    """Settings of the rolling-ball background."""

    kind: Literal["rolling-ball"] = "rolling-ball"
    radius_px: float = Field(
        50.0,
        ge=1,
        le=10_000,
        title="Radius (px)",
        description="Of the ball; larger than the largest object, smaller than the background's "
        "own structure",
    )
    height: float | None = Field(
        None,
        ge=0,
        title="Height",
        description="How far the ball falls from its top to its rim, in the image's intensities; "
        "default: a tenth of their range",
    )
    smooth_px: float = Field(
        1.0,
        ge=0,
        le=100,
        title="Smooth first (px)",
        description="σ of a Gaussian applied before the ball rolls, so that single dark pixels "
        "do not pull the background down",
    )
    output: Literal["image", "background"] = Field(
        "image", title="Result", description="The image without its background, or the background"
    )


def run_rolling_ball(
    array: Floats,
    settings: RollingBallSettings,
    *,
    psf: npt.NDArray[Any] | None = None,  # noqa: ARG001  # Any: real numbers; methods share it
    progress: Progress | None = None,
) -> Floats:
    """A plane without its background, or the background.

    Sternberg (1983): the background is the highest that any part of a ball reaches that is
    rolled along the underside of the intensities: an erosion (scikit-image's `rolling_ball`) and
    a dilation by the ball. Balls of more than 10 px roll under an image of minima of blocks,
    which is then interpolated. The background never exceeds the smoothed image by more than
    that interpolation; the image may fall below zero by the noise.

    Parameters
    ----------
    array : ndarray
        Plane (Y, X), float32, in any unit, which is kept.
    settings : RollingBallSettings
        The ball, and which result.
    psf
        Not used.
    progress : Progress, optional
        Called once.

    Examples
    --------
    >>> slope = np.linspace(0, 100, 64, dtype=np.float32)[None].repeat(64, 0)
    >>> image = slope.copy(); image[30:33, 30:33] += 50
    >>> ball = RollingBallSettings(radius_px=8, height=10, smooth_px=0)
    >>> flat = run_rolling_ball(image, ball)
    >>> bool(flat[31, 31] > 45), bool(np.abs(np.delete(flat, slice(28, 36), 0)).max() < 10)
    (True, True)
    """
    (progress or Progress())(0, 1, "Rolling ball")
    background = find_background(array, settings)
    return background if settings.output == "background" else array - background


def find_background(plane: Floats, settings: RollingBallSettings) -> Floats:
    """The background of a plane; see `run_rolling_ball`."""
    height = find_height(plane) if settings.height is None else settings.height
    smooth = ndimage.gaussian_filter(plane, settings.smooth_px, mode="reflect")
    block = max(1, int(-(-settings.radius_px // _LARGEST_RADIUS_PX)))
    small = _take_minima(smooth, block)
    opened = open_by_ball(small, settings.radius_px / block, height)
    if block == 1:
        return opened
    # A block's minimum stands for its middle.
    grid = [
        np.clip((np.arange(size) - (block - 1) / 2) / block, 0, count - 1)
        for size, count in zip(plane.shape, small.shape, strict=True)
    ]
    coordinates = np.meshgrid(*grid, indexing="ij", copy=False)
    return np.asarray(ndimage.map_coordinates(opened, coordinates, order=1), np.float32)


def open_by_ball(plane: Floats, radius_px: float, height: float) -> Floats:
    """The plane opened by a half-ellipsoid: erosion, then dilation by the same.

    Examples
    --------
    >>> ridge = np.zeros((9, 9), np.float32); ridge[4, 4] = 7
    >>> bool(open_by_ball(ridge, 3, 1.0).max() < 0.1)
    True
    """
    from skimage.restoration import ellipsoid_kernel, rolling_ball  # slow to import

    side = 2 * int(radius_px) + 1
    if height == 0:  # a flat disk: the kernel is finite inside the radius only
        height = float(np.finfo(np.float32).tiny)
    # skimage publishes no types
    kernel = ellipsoid_kernel((side, side), height)  # type: ignore[no-untyped-call]
    kernel = kernel.astype(np.float32)
    eroded = rolling_ball(plane, kernel=kernel, workers=1)
    return np.asarray(-rolling_ball(-eroded, kernel=kernel, workers=1), np.float32)


def find_height(plane: npt.ArrayLike) -> float:
    """A tenth of the range of intensities, its outermost pixels left out."""
    low, high = np.percentile(np.asarray(plane), _RANGE_PERCENTILES)
    return _HEIGHT_SHARE * float(high - low)


def settle_rolling_ball(
    sample: Floats,
    settings: RollingBallSettings,
    *,
    psf: npt.NDArray[Any] | None = None,  # noqa: ARG001  # Any: real numbers; methods share it
    progress: Progress | None = None,  # noqa: ARG001
) -> Settled:
    """The settings with a height in intensities in place of "a tenth of the range"."""
    height = find_height(sample) if settings.height is None else settings.height
    return Settled(settings.model_copy(update={"height": height}), {"height": height})


def _take_minima(plane: Floats, block: int) -> Floats:
    if block == 1:
        return plane
    fill = [(0, -size % block) for size in plane.shape]
    padded = np.pad(plane, fill, mode="edge")
    height, width = (size // block for size in padded.shape)
    blocks = padded.reshape(height, block, width, block)
    return np.asarray(blocks.min(axis=(1, 3)), np.float32)


def find_ball_halo(
    settings: RollingBallSettings, _psf_shape: tuple[int, ...] | None = None
) -> int | None:
    """Twice the ball and the smoothing; None under blocks, which count from the first pixel."""
    if settings.height is None or settings.radius_px > _LARGEST_RADIUS_PX:
        return None
    return 2 * int(settings.radius_px + 1) + int(4 * settings.smooth_px + 1)


ROLLING_BALL = MethodSpec(
    key="rolling-ball",
    title="Rolling-ball background",
    description="Subtracts a smooth background from under the objects.",
    params=RollingBallSettings,
    needs_psf=False,
    run=run_rolling_ball,
    halo_px=find_ball_halo,
    fails="Eats objects that are wider than the ball, and leaves haze that is finer than it.",
    settle=settle_rolling_ball,
    volumes=False,
)
