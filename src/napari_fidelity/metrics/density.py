"""Sørensen distance between the densities of two samples, by three estimates of a density."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft

from napari_fidelity.core.progress import poll
from napari_fidelity.metrics.lattice import dither_steps, robust_sd
from napari_fidelity.metrics.pixels import Floats
from napari_fidelity.metrics.reading import Reading

PUBLISHED_POINTS = 200
# Kernels reach this many bandwidths: exp(-32) is below the last digit of the sums.
REACH = 8.0
STEPS_PER_BANDWIDTH = 16
LARGEST_GRID = 2**23
PIECE = 2**21  # values counted at a time
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class NoiseSample:
    """Background intensities and how to get the keyed uniforms in (-½, ½) of their pixels."""

    values: Floats
    draw_dither: Callable[[], Floats]

    def spread(self, width: float) -> Floats:
        """The values, each moved by its own keyed fraction of `width`."""
        return self.values + width * self.draw_dither() if width else self.values


def bandwidth(values: Floats) -> float:
    """`σ̂ (4/(3n))^(1/5)` with `σ̂` the robust SD, the range where that is 0 (MATLAB's ksdensity)."""
    sd = robust_sd(values) or float(np.ptp(values))
    return sd * float((4 / (3 * values.size)) ** 0.2)


def distance_kde(test: NoiseSample, reference: NoiseSample) -> Reading:
    """Kernel densities of dithered data, binned at 1/16 bandwidth and convolved by FFT."""
    widths = dither_steps(test.values, reference.values)
    samples = test.spread(widths[0]), reference.spread(widths[1])
    h = [max(bandwidth(s), w / 2) for s, w in zip(samples, widths, strict=True)]
    span = max(s.max() for s in samples) - min(s.min() for s in samples)
    step = min(h) / STEPS_PER_BANDWIDTH
    if span > step * 2**16:
        samples = close_gaps(*samples, 2 * REACH * max(h))
    low = min(s.min() for s in samples) - 4 * max(h)
    high = max(s.max() for s in samples) + 4 * max(h)
    step = max(step, (high - low) / LARGEST_GRID)
    size = int(np.ceil((high - low) / step)) + 1
    p, q = (smooth_counts(s, low, step, size, width) for s, width in zip(samples, h, strict=True))
    details = {
        "step_test": widths[0],
        "step_reference": widths[1],
        "bandwidth_test": h[0],
        "bandwidth_reference": h[1],
        "grid_min": float(low),
        "grid_max": float(high),
        "grid_step": float(step),
    }
    return Reading(sorensen(p, q), details=details)


def close_gaps(test: Floats, reference: Floats, widest: float) -> tuple[Floats, Floats]:
    """Both samples with empty stretches cut to `widest`, where both densities are 0 anyway.

    A single pixel at 65535 would else cost a grid of millions of zeros.
    """
    pooled = np.sort(np.concatenate([test, reference]))
    excess = np.concatenate([[0.0], np.cumsum(np.maximum(np.diff(pooled) - widest, 0.0))])
    return (
        test - excess[np.searchsorted(pooled, test)],
        reference - excess[np.searchsorted(pooled, reference)],
    )


def smooth_counts(values: Floats, low: float, step: float, size: int, width: float) -> Floats:
    """Share of the density of `values` at each of `size` grid points from `low`."""
    counts = count_bins(values, low, step, size) / values.size
    padded = fft.next_fast_len(size + int(np.ceil(REACH * width / step)), real=True)
    # Binning widens the kernel by step²/12: a narrower one makes up for it.
    variance = max((width / step) ** 2 - 1 / 12, 0.0)
    kernel = np.exp(-2 * np.pi**2 * variance * fft.rfftfreq(padded) ** 2)
    return np.asarray(fft.irfft(fft.rfft(counts, padded) * kernel, padded)[:size], np.float64)


def count_bins(values: Floats, low: float, step: float, size: int) -> Counts:
    """How many values are nearest to each of `size` grid points from `low`."""
    counts = np.zeros(size, np.int64)
    piece = max(PIECE, size)
    for start in range(0, values.size, piece):
        poll()
        bins = np.rint((values[start : start + piece] - low) / step).astype(np.int64)
        counts += np.bincount(bins, minlength=size)[:size]
    return counts


def distance_published(test: NoiseSample, reference: NoiseSample) -> Reading:
    """As the authors' code: no dither, 200 points of [0, max of both], trapezoid rule."""
    high = max(float(test.values.max()), float(reference.values.max()))
    if high <= 0:
        return Reading.undefined("no background value is above 0: the published grid is empty")
    points = np.linspace(0.0, high, PUBLISHED_POINTS)
    h = bandwidth(test.values), bandwidth(reference.values)
    p, q = (
        kernel_density(s.values, points, width)
        for s, width in zip((test, reference), h, strict=True)
    )
    total = float(np.trapezoid(p, points) + np.trapezoid(q, points))
    details = {
        "step_test": 0.0,
        "step_reference": 0.0,
        "bandwidth_test": h[0],
        "bandwidth_reference": h[1],
        "grid_min": 0.0,
        "grid_max": high,
        "grid_step": float(points[1]),
    }
    if total == 0:
        return Reading.undefined("the 200 points of the published grid miss every value", **details)
    value = float(np.trapezoid(np.abs(p - q), points)) / total
    return Reading(float(np.clip(value, 0.0, 1.0)), details=details)


def kernel_density(values: Floats, points: Floats, width: float) -> Floats:
    """The Gaussian kernel density of `values` at `points`, summed directly, in 1/intensity."""
    levels, counts = np.unique(values, return_counts=True)
    first = np.searchsorted(levels, points - (REACH + 1) * width)
    last = np.searchsorted(levels, points + (REACH + 1) * width)
    density = np.zeros(points.size)
    for i, (a, b) in enumerate(zip(first, last, strict=True)):
        scores = (levels[a:b] - points[i]) / width
        density[i] = counts[a:b] @ np.exp(-0.5 * scores**2)
    return np.asarray(density / (values.size * width * np.sqrt(2 * np.pi)), np.float64)


def distance_histogram(test: NoiseSample, reference: NoiseSample) -> Reading:
    """Common bins of Freedman and Diaconis' width, rounded to a multiple of the lattice step."""
    values = test.values, reference.values
    q = min((w for w in dither_steps(*values) if w), default=0.0)
    quartiles = np.quantile(reference.values, [0.25, 0.75])
    spread = float(quartiles[1] - quartiles[0]) or float(np.ptp(reference.values))
    width = 2 * spread / reference.values.size ** (1 / 3)
    width = max(round(width / q), 1) * q if q else width
    low = min(float(v.min()) for v in values) - q / 2  # levels lie inside bins, not on edges
    bins = [np.floor((v - low) / width) for v in values]
    found, index = np.unique(np.concatenate(bins), return_inverse=True)
    n = values[0].size
    p = np.bincount(index[:n], minlength=found.size) / n
    r = np.bincount(index[n:], minlength=found.size) / (index.size - n)
    details = {"step": q, "bin_width": float(width), "grid_min": low}
    return Reading(sorensen(p, r), details=details)


def sorensen(p: Floats, q: Floats) -> float:
    """`Σ|p - q| / (Σp + Σq)`, in [0, 1]."""
    return float(np.clip(np.abs(p - q).sum() / (p.sum() + q.sum()), 0.0, 1.0))


DENSITIES: Mapping[str, Callable[[NoiseSample, NoiseSample], Reading]] = {
    "kde": distance_kde,
    "published": distance_published,
    "histogram": distance_histogram,
}
