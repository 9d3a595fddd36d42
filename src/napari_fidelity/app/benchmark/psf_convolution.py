"""Convolution with a PSF against SciPy's FFT convolution on one 2048×2048 image."""

from __future__ import annotations

import numpy as np

from napari_fidelity.app.benchmark.row import Row
from napari_fidelity.app.benchmark.timing import time_in_turns

SIDE_PX, PSF_PX = 2048, 65
REPEATS = 9  # both are short, and others may use the cores
LARGEST_ERROR = 1e-5  # of the image's range


def measure_psf_convolution(
    side_px: int = SIDE_PX, psf_px: int = PSF_PX, repeats: int = REPEATS
) -> list[Row]:
    """The row psf_convolution_2048: fewest seconds of ours and of `fftconvolve`, in turns.

    Both get the same float32 image and PSF. Ours mirrors the image at its borders, SciPy's takes
    zeros there (`mode="same"`), so the results are compared away from them.

    Raises
    ------
    AssertionError
        The two results differ by more than 1e-5 of the image's range.
    """
    from scipy import signal

    from napari_fidelity.simulation.psf import PsfSettings, compute_psf, convolve_with_psf

    image = np.random.default_rng(0).random((side_px, side_px), np.float32)
    psf = compute_psf(PsfSettings(), (0.05, 0.05), shape=(psf_px, psf_px)).array
    (ours, result), (other, expected) = time_in_turns(
        [
            lambda: convolve_with_psf(image, psf),
            lambda: np.asarray(signal.fftconvolve(image, psf, mode="same")),
        ],
        repeats,
    )
    inner = (slice(psf_px // 2, -(psf_px // 2)),) * 2
    error = float(np.abs(result[inner] - expected[inner]).max())
    if not error < LARGEST_ERROR:
        raise AssertionError(f"the convolutions differ by {error}")
    remark = f"a PSF of {psf_px}² beside scipy.signal.fftconvolve"
    return [Row(f"psf_convolution_{side_px}", ours, other, "s", remark)]
