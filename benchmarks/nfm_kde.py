"""NFM against the same distance from a direct, unbinned kernel density sum."""

from __future__ import annotations

from time import perf_counter

import numpy as np
import numpy.typing as npt

from napari_fidelity.metrics import nfm

SIDE_PX = 1000
CHUNK = 512  # values summed at once: the fastest of 32 to 2048
LARGEST_ERROR = 1e-3

Floats = npt.NDArray[np.float64]


def compare_nfm_kde() -> dict[str, str | float]:
    """Seconds of `nfm` and of the direct sum at 10⁶ background pixels, and their ratio.

    The direct sum evaluates both densities at a step of a quarter bandwidth, the coarsest that
    NFM's definition allows.

    Raises
    ------
    AssertionError
        The two distances differ by more than 1e-3.
    """
    random = np.random.default_rng(0)
    reference = random.normal(100, 5, (SIDE_PX, SIDE_PX))
    test = random.normal(101, 6, (SIDE_PX, SIDE_PX))
    no_mask = np.zeros(reference.shape, bool)
    seconds = []
    for _ in range(5):
        start = perf_counter()
        value = nfm(test, reference, no_mask)
        seconds.append(perf_counter() - start)
    start = perf_counter()
    direct = sum_directly(test.ravel(), reference.ravel())
    other = perf_counter() - start
    assert abs(value - direct) < LARGEST_ERROR, f"nfm {value}, direct sum {direct}"
    ours = min(seconds)
    return {
        "name": "NFM, 10⁶ background pixels, against the direct kernel density",
        "ours": ours,
        "other": other,
        "ratio": other / ours,
        "unit": "s",
    }


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


def run() -> list[dict[str, str | float]]:
    """The one measurement, for the table of `python -m benchmarks`."""
    return [compare_nfm_kde()]


def main() -> None:
    """Print the ratio."""
    result = compare_nfm_kde()
    ours, other = result["ours"], result["other"]
    print(f"{result['name']}: {result['ratio']:.1f}× ({ours:.3f} s against {other:.3f} s)")


if __name__ == "__main__":
    main()
