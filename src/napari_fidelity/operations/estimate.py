"""From an image to the camera and the blur that made it."""

from __future__ import annotations

import math

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.physical_scale import spatial_scale_um
from napari_fidelity.core.progress import Progress
from napari_fidelity.simulation.estimation.blur import estimate_blur
from napari_fidelity.simulation.estimation.camera_numbers import (
    DarkFrame,
    estimate_camera,
    measure_dark,
)
from napari_fidelity.simulation.estimation.noise_checks import find_doubts
from napari_fidelity.simulation.estimation.pipeline_start import apply_estimate
from napari_fidelity.simulation.estimation.planes import read_pixels
from napari_fidelity.simulation.estimation.result import Estimated, ImageEstimate
from napari_fidelity.simulation.estimation.settings import EstimateParams
from napari_fidelity.simulation.psf.gaussian_blur import FWHM_PER_SIGMA

__all__ = ["apply_estimate", "estimate"]


def estimate(
    image: Image,
    params: EstimateParams | None = None,
    progress: Progress | None = None,
    *,
    dark: Image | None = None,
) -> ImageEstimate:
    """Camera offset, gain and read noise, background and blur width of `image`.

    Photon transfer (Janesick, "Photon Transfer", SPIE, 2007): the variance of the noise is
    ``gain · (level - offset) + (gain · read_noise)² + step²/12``. The noise is what frames that
    follow each other differ by, or, in a single plane, what differences of neighbouring pixels
    leave. See `napari_fidelity.simulation.estimation` for each number.

    Parameters
    ----------
    image : Image
        One plane, a stack, or a time series, as the camera recorded it. Its array may be lazy:
        some four million pixels of it are read.
    params : EstimateParams, optional
        How stacks are read, and what is known already.
    progress : Progress, optional
        Called for each part.
    dark : Image, optional
        One or more frames that the same camera took without light.

    Returns
    -------
    ImageEstimate
        Each number with its range and how it was found; NaN with a reason where it is not
        known. A constant number of electrons per grey level is assumed everywhere.

    Raises
    ------
    UserError
        No pixels, constant, nothing but NaN, several channels and none chosen, or smaller than
        32×32.
    Cancelled
        Asked for through `progress`.

    Examples
    --------
    >>> import numpy as np
    >>> from napari_fidelity.simulation import Camera
    >>> from napari_fidelity.simulation.noise import expose
    >>> ramp = np.tile(np.linspace(0, 1, 256), (256, 1))
    >>> found = estimate(Image(expose(ramp, Camera(photons=500, gain=2.0), seed=1)))
    >>> bool(1.9 < found.gain.value < 2.1)
    True
    """
    params, progress = params or EstimateParams(), progress or Progress()
    progress(0, 3, "Reading the image")
    pixels = read_pixels(image, params)
    frame = None if dark is None else _read_dark(dark, params)
    progress(1, 3, "Measuring the noise")
    camera = estimate_camera(pixels, progress.check, dark=frame, stated_offset=params.offset)
    progress(2, 3, "Measuring the blur")
    blur = estimate_blur(pixels.films)
    doubts = find_doubts(pixels, image.array.dtype, camera.transfer.usable)
    found = ImageEstimate(
        offset=camera.offset,
        gain=camera.gain,
        read_noise=camera.read_noise,
        background=camera.background,
        bright=camera.bright,
        blur_sigma_px=blur,
        blur_fwhm_um=_to_micrometers(blur, image, params),
        image=image.name,
        notes=(*pixels.notes, *camera.notes, *doubts),
    )
    progress(3, 3, "Estimated")
    return found


def _read_dark(dark: Image, params: EstimateParams) -> DarkFrame:
    try:
        channel = params.channel if "C" in dark.axes else None
        settings = params.model_copy(update={"saturation": None, "channel": channel})
        if "T" not in dark.axes and len(dark.axes) == 3:
            settings = settings.model_copy(update={"stack": "time"})
        return measure_dark(read_pixels(dark, settings))
    except UserError as error:
        raise UserError(f"Dark frame: {error}") from None


def _to_micrometers(blur: Estimated, image: Image, params: EstimateParams) -> Estimated:
    if not blur.is_known:
        return blur
    try:
        *_, height_um, width_um = spatial_scale_um(
            image, pixel_size_um=params.pixel_size_um, z_step_um=1.0
        )
    except UserError as error:
        return Estimated.unknown(str(error))
    size = FWHM_PER_SIGMA * math.sqrt(height_um * width_um)
    return Estimated(
        blur.value * size,
        blur.low * size,
        blur.high * size,
        f"{FWHM_PER_SIGMA:.3f} · sigma · {math.sqrt(height_um * width_um):.4g} µm a pixel",
    )
