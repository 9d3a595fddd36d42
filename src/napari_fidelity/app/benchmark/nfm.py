"""NFM against the same distance from a direct, unbinned kernel density sum."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_fidelity.app.benchmark.row import Row
from napari_fidelity.app.benchmark.timing import clock

SIDE_PX = 1000
REPEATS = 5
CHUNK = 512  # values summed at once: the fastest of 32 to 2048
LARGEST_ERROR = 1e-3

Floats = npt.NDArray[np.float64]


def measure_nfm(side_px: int = SIDE_PX, repeats: int = REPEATS) -> list[Row]:
    """The row nfm_1e6: seconds of `nfm` and of the direct sum at 10⁶ background pixels.

    The direct sum evaluates both densities at a step of a quarter bandwidth, the coarsest that
    NFM's definition allows. It takes tens of seconds and runs once.

    Raises
    ------
    AssertionError
        The two distances differ by more than 1e-3.
    """
    from napari_fidelity.metrics import nfm

    random = np.random.default_rng(0)
    reference = random.normal(100, 5, (side_px, side_px))
    test = random.normal(101, 6, (side_px, side_px))
    no_mask = np.zeros(reference.shape, bool)
    seconds, value = zip(
        *(clock(lambda: nfm(test, reference, no_mask)) for _ in range(repeats)), strict=True
    )
    other, direct = clock(lambda: sum_directly(test.ravel(), reference.ravel()))
    if not abs(value[0] - direct) < LARGEST_ERROR:
        raise AssertionError(f"NFM is {value[0]}, its direct sum {direct}")
    return [Row("nfm_1e6", min(seconds), other, "s", "NFM beside a direct kernel density sum")]


def sum_directly(test: Floats, reference: Floats) -> float:
    """The Sørensen distance of two kernel densities, every kernel summed at every point."""
    widths = [find_bandwidth(values) for values in (test, reference)]
    low = min(test.min(), reference.min()) - 4 * max(widths)
    high = max(test.max(), reference.max()) + 4 * max(widths)
    points = np.arange(low, high, min(widths) / 4)
    p, q = (sum_kernels(v, points, w) for v, w in zip((test, reference), widths, strict=True))
    return float(np.abs(p - q).sum() / (p.sum() + q.sum()))


def sum_kernels(values: Floats, points: Floats, width: float) -> Floats:
    """Gaussian kernel density of `values` at `points`."""
    density = np.zeros(points.size)
    for start in range(0, values.size, CHUNK):
        scores = np.subtract.outer(points / width, values[start : start + CHUNK] / width)
        np.multiply(scores, scores, out=scores)
        np.multiply(scores, -0.5, out=scores)
        density += np.exp(scores, out=scores).sum(axis=1)
    return np.asarray(density / (values.size * width), np.float64)


def find_bandwidth(values: Floats) -> float:
    """`σ̂ (4/(3n))^(1/5)`, σ̂ from the median absolute deviation."""
    sd = float(np.median(np.abs(values - np.median(values)))) / 0.6745
    return sd * float((4 / (3 * values.size)) ** 0.2)
