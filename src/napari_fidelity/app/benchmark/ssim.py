"""SSIM against scikit-image on one pair of 2048×2048 images."""

from __future__ import annotations

import numpy as np

from napari_fidelity.app.benchmark.row import Row
from napari_fidelity.app.benchmark.timing import time_in_turns

SIDE_PX = 2048
REPEATS = 7  # ours is short, and others may use the cores
DATA_RANGE = 200.0
LARGEST_ERROR = 1e-6


def measure_ssim(side_px: int = SIDE_PX, repeats: int = REPEATS) -> list[Row]:
    """The row ssim_2048: fewest seconds of ours and of scikit-image's SSIM, in turns.

    Raises
    ------
    AssertionError
        The two values differ by more than 1e-6.
    """
    from skimage.metrics import structural_similarity

    from napari_fidelity.metrics import ssim

    random = np.random.default_rng(0)
    reference = random.normal(100, 20, (side_px, side_px))
    test = reference + random.normal(0, 10, reference.shape)

    def theirs() -> float:
        return float(
            structural_similarity(  # type: ignore[no-untyped-call]  # scikit-image has no types
                test,
                reference,
                data_range=DATA_RANGE,
                gaussian_weights=True,
                sigma=1.5,
                use_sample_covariance=False,
            )
        )

    (ours, value), (other, expected) = time_in_turns(
        [lambda: ssim(test, reference, data_range=DATA_RANGE), theirs], repeats
    )
    if not abs(value - expected) < LARGEST_ERROR:
        raise AssertionError(f"SSIM is {value} here and {expected} in scikit-image")
    return [Row(f"ssim_{side_px}", ours, other, "s", "SSIM beside scikit-image's")]
