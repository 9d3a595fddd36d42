"""SSIM against scikit-image on one pair of 2048×2048 images."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import numpy as np
from skimage.metrics import structural_similarity

from napari_fidelity.metrics import ssim

SIDE_PX = 2048
REPEATS = 5
DATA_RANGE = 200.0
LARGEST_ERROR = 1e-6


def compare_ssim() -> dict[str, str | float]:
    """Best seconds of five, in turns, of ours and scikit-image's SSIM, and their ratio.

    Raises
    ------
    AssertionError
        The two values differ by more than 1e-6.
    """
    random = np.random.default_rng(0)
    reference = random.normal(100, 20, (SIDE_PX, SIDE_PX))
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

    ours, other = [], []
    for _ in range(REPEATS):  # in turns: what else the machine does slows both
        seconds, value = clock(lambda: ssim(test, reference, data_range=DATA_RANGE))
        ours.append(seconds)
        seconds, expected = clock(theirs)
        other.append(seconds)
    assert abs(value - expected) < LARGEST_ERROR, f"ssim {value}, scikit-image {expected}"
    return {
        "name": "SSIM, 2048×2048, against scikit-image",
        "ours": min(ours),
        "other": min(other),
        "ratio": min(other) / min(ours),
        "unit": "s",
    }


def clock(function: Callable[[], float]) -> tuple[float, float]:
    """Seconds that a call takes, and its value."""
    start = perf_counter()
    value = function()
    return perf_counter() - start, value


def run() -> list[dict[str, str | float]]:
    """The one measurement, for the table of `python -m benchmarks`."""
    return [compare_ssim()]


def main() -> None:
    """Print the ratio."""
    result = compare_ssim()
    ours, other = result["ours"], result["other"]
    print(f"{result['name']}: {result['ratio']:.1f}× ({ours:.3f} s against {other:.3f} s)")


if __name__ == "__main__":
    main()
