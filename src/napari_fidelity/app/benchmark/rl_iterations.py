"""Richardson–Lucy iterations against scikit-image's on one image of 1024² pixels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_fidelity.app.benchmark.row import Row
from napari_fidelity.app.benchmark.timing import time_in_turns

SIDE_PX, PSF_PX = 1024, 65
PSF_WIDTHS = 20  # standard deviations on a side
ITERATIONS = 10
REPEATS = 5
LARGEST_ERROR = 1e-3  # of the range; float32 on both sides
Floats = npt.NDArray[np.float32]


def measure_rl_iterations(
    side_px: int = SIDE_PX, psf_px: int = PSF_PX, repeats: int = REPEATS
) -> list[Row]:
    """The row rl_iterations: fewest milliseconds an iteration of ours and of scikit-image's.

    Both get the same float32 image and PSF; ours extends the object beyond the image on the
    way, so that they are compared away from the borders.

    Raises
    ------
    AssertionError
        They disagree by more than 1e-3 of the range.
    """
    from skimage.restoration import richardson_lucy

    from napari_fidelity.core.progress import Progress
    from napari_fidelity.restoration.richardson_lucy import (
        RichardsonLucySettings,
        run_richardson_lucy,
    )

    image, psf = draw_image(side_px, psf_px)
    settings = RichardsonLucySettings(iterations=ITERATIONS, tv_weight=0, background=0)
    (ours, restored), (other, expected) = time_in_turns(
        [
            lambda: run_richardson_lucy(image, settings, psf=psf, progress=Progress()),
            lambda: np.asarray(
                richardson_lucy(  # type: ignore[no-untyped-call]  # scikit-image has no types
                    image, psf, num_iter=ITERATIONS, clip=False
                )
            ),
        ],
        repeats,
    )
    inner = (slice(2 * psf_px, -2 * psf_px),) * 2
    error = float(np.abs(restored - expected)[inner].max() / np.ptp(expected[inner]))
    if not error < LARGEST_ERROR:
        raise AssertionError(f"the two results differ by {error:.2g} of their range")
    remark = f"an iteration on {side_px}², PSF {psf_px}², beside scikit-image's in float32"
    return [Row("rl_iterations", 1e3 * ours / ITERATIONS, 1e3 * other / ITERATIONS, "ms", remark)]


def draw_image(side_px: int, psf_px: int) -> tuple[Floats, Floats]:
    """Blurred specks with photon noise, and the Gaussian that blurred them."""
    from scipy.ndimage import gaussian_filter

    random = np.random.default_rng(0)
    sigma_px = psf_px / PSF_WIDTHS
    specks = np.zeros((side_px, side_px))
    specks[tuple(random.integers(0, side_px, (2, side_px)))] = 1e4
    blurred = gaussian_filter(specks, sigma_px) + 10
    places = np.arange(psf_px) - psf_px // 2
    line = np.exp(-0.5 * np.square(places / sigma_px))
    psf = np.outer(line, line) / line.sum() ** 2
    return random.poisson(blurred).astype(np.float32), psf.astype(np.float32)
