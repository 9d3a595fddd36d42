"""The step between possible values: 1 for camera counts, 16 for stretched 12-bit data, 0 for none.

A kernel density of such data is a comb unless every value is spread over its step.
"""

from __future__ import annotations

import numpy as np

from napari_fidelity.core.progress import poll
from napari_fidelity.metrics.pixels import Floats

SAMPLE_SIZE = 20_000
COUNTED_RANGE = 2**22
# A value that holds less than this share (a hot pixel, a tail) does not define the step.
RARE_SHARE = 2e-4
# Above this share on one value the gap to the next one is an accident, not a step.
DOMINANT_SHARE = 0.8
# A test image's step is spread over the reference too, up to this many of its SD.
COARSEST_STEP_SD = 8.0


def lattice_step(values: Floats) -> float:
    """Smallest gap between the values that occur, 0 where they are continuous.

    Integer-valued data of any dtype have a step; other data have one where repeated values
    lie on multiples of one gap (counts that were scaled or shifted). Values held by less than
    0.02 % of the pixels are left out, so one hot pixel does not change the step.

    Parameters
    ----------
    values : ndarray of float64, (n,)
        Background intensities.

    Examples
    --------
    >>> lattice_step(np.array([16.0, 32.0, 32.0, 64.0, 48.0] * 9))
    16.0
    """
    poll()
    integral = bool((values == np.rint(values)).all())
    levels, counts = count_levels(values if integral else take_sample(values), integral)
    total = int(counts.sum())
    if levels.size < 2 or counts.max() > DOMINANT_SHARE * total:
        return 1.0 if integral else 0.0
    repeated = counts >= max(2.0, RARE_SHARE * total)
    common = levels[repeated]
    if common.size < 2 or counts[repeated].sum() < total / 2:
        return float(np.diff(levels).min()) if integral else 0.0
    if integral:
        return float(np.diff(common).min())
    step = float(np.diff(common).min())
    steps = (levels - common[0]) / step
    on_lattice = np.abs(steps - np.rint(steps)) < 1e-3
    return step if counts[on_lattice].sum() >= 0.99 * total else 0.0


def count_levels(values: Floats, integral: bool) -> tuple[Floats, Floats]:
    """The distinct values in order and how often each occurs."""
    low, high = float(values.min()), float(values.max())
    if not integral or high - low >= COUNTED_RANGE:
        levels, counts = np.unique(values, return_counts=True)
        return levels, counts.astype(np.float64)
    counts = np.bincount((values - low).astype(np.int64))
    found = np.flatnonzero(counts)
    return low + found.astype(np.float64), counts[found].astype(np.float64)


def take_sample(values: Floats) -> Floats:
    """At most 20 000 values, evenly spread; the same ones on every call."""
    if values.size <= SAMPLE_SIZE:
        return values
    return values[np.linspace(0, values.size - 1, SAMPLE_SIZE).astype(np.int64)]


def robust_sd(values: Floats) -> float:
    """`median|x - median| / 0.6745`, 0 where half of the values are equal."""
    poll()
    middle = find_median(values)
    poll()
    return find_median(np.abs(values - middle)) / 0.6745


def find_median(values: Floats) -> float:
    """The exact median; of many values only the middle 4 % are ranked, a third of the time."""
    n = values.size
    if n > 4 * SAMPLE_SIZE:
        low, high = np.quantile(take_sample(values), [0.48, 0.52])
        middle = values[(values >= low) & (values <= high)]
        poll()
        rank = (n - 1) // 2 - int(np.count_nonzero(values < low))
        if rank >= 0 and rank + 1 < middle.size:
            middle.partition([rank, rank + 1])
            return float(middle[rank] if n % 2 else middle[rank : rank + 2].mean())
    return float(np.median(values))


def dither_steps(test: Floats, reference: Floats) -> tuple[float, float]:
    """The widths over which the values of test and reference are to be spread.

    Both get the coarser of the two steps, so that rounding one image hardly moves NFM. Only a
    step of the test image above 8 robust SD of the reference stays with the test image: it would
    drown the reference's noise.
    """
    step_test, step_reference = lattice_step(test), lattice_step(reference)
    coarser = max(step_test, step_reference)
    if step_test > step_reference and step_test > COARSEST_STEP_SD * robust_sd(reference):
        return step_test, step_reference
    return coarser, coarser
