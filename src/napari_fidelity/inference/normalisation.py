"""Scaling of intensities: measured once over the whole image, undone on the result."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Progress
from napari_fidelity.data.normalisation import Normalisation
from napari_fidelity.inference.lazy_arrays import Pixels, Source, count_blocks, iterate_blocks
from napari_fidelity.inference.order_statistics import count_percentiles

TEXT = "Measuring intensities"


@dataclass(frozen=True)
class Scaling:
    """`(intensity − offset) / span`, and where the two numbers come from.

    Attributes
    ----------
    offset, span : float
        In the source's units; the span is positive.
    kind : str
        That of the `Normalisation`.
    note : str
        What a person must know about it, or empty.
    """

    offset: float = 0.0
    span: float = 1.0
    kind: str = "none"
    note: str = ""

    def apply(self, pixels: Pixels) -> npt.NDArray[np.float32]:
        """Scaled intensities.

        Types that float32 cannot hold exactly are scaled in float64 first.
        """
        small = pixels.dtype.itemsize < 4 or pixels.dtype == np.float32
        values: npt.NDArray[Any] = pixels.astype(np.float32 if small else np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            if self.kind != "none":
                values -= self.offset
                values /= self.span
            return values.astype(np.float32, copy=False)

    def undo(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.floating[Any]]:
        """Intensities in the source's units, float64 where anything was scaled."""
        if self.kind == "none":
            return values
        return values.astype(np.float64) * self.span + self.offset

    def undo_spread(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Standard deviations in the source's units."""
        return values if self.kind == "none" else values * np.float32(self.span)

    def describe(self) -> dict[str, Any]:  # Any: JSON
        """What the result's provenance says."""
        return {"kind": self.kind, "offset": self.offset, "span": self.span}


@dataclass(frozen=True)
class Intensities:
    """A scaling, and how many of the pixels it was measured on are finite."""

    scaling: Scaling
    pixels: int
    finite: int


def measure_scaling(
    source: Source, normalisation: Normalisation, progress: Progress | None = None
) -> Intensities:
    """The scaling of a whole image, all its planes and channels together, in bounded memory.

    Percentiles are exact (`count_percentiles`), mean and standard deviation are summed in
    float64. NaN and infinite pixels do not count. Where the two percentiles coincide, the
    range from minimum to maximum is taken; a constant image is only shifted to 0. Both are
    said in the scaling's note.

    Raises
    ------
    UserError
        No pixel is finite.
    """
    progress = progress or Progress()
    total = count_blocks(source)

    def blocks() -> Iterator[Pixels]:
        for done, block in enumerate(iterate_blocks(source)):
            progress(done, total, TEXT)
            yield block

    if normalisation.kind == "none":
        return _count_finite(source, blocks)
    if normalisation.kind == "mean-sd":
        found = _measure_moments(blocks())
    else:
        found = _measure_percentiles(blocks, normalisation)
    if found.finite == 0:
        raise UserError("The image holds no finite number: every pixel is NaN or infinite.")
    return found


def _count_finite(source: Source, blocks: Any) -> Intensities:  # Any: a generator function
    pixels = math.prod(source.shape)
    if np.dtype(source.dtype).kind != "f":
        return Intensities(Scaling(), pixels, pixels)
    finite = sum(int(np.count_nonzero(np.isfinite(block))) for block in blocks())
    if finite == 0:
        raise UserError("The image holds no finite number: every pixel is NaN or infinite.")
    return Intensities(Scaling(), pixels, finite)


def _measure_percentiles(blocks: Any, normalisation: Normalisation) -> Intensities:  # Any: as above
    found = count_percentiles(blocks, (normalisation.low, normalisation.high))
    low, high = found.percentiles
    note = ""
    if found.finite and high <= low:
        note = (
            f"The percentiles {normalisation.low:g} and {normalisation.high:g} are both {low:g}: "
            f"the range from {found.minimum:g} to {found.maximum:g} is used instead."
        )
        low, high = found.minimum, found.maximum
        if high <= low:
            note, high = _constant(low), low + 1
    return Intensities(Scaling(low, high - low, "percentile", note), found.pixels, found.finite)


def _measure_moments(blocks: Iterator[Pixels]) -> Intensities:
    """Mean and standard deviation, merged block by block (Chan, Golub & LeVeque 1983)."""
    pixels = finite = 0
    mean = squares = 0.0
    for block in blocks:
        values = np.asarray(block, np.float64).ravel()
        pixels += values.size
        values = values[np.isfinite(values)]
        if values.size == 0:
            continue
        here = float(values.mean())
        values -= here
        squares_here = float(values @ values)
        together = finite + values.size
        shift = here - mean
        squares += squares_here + shift * shift * finite * values.size / together
        mean += shift * values.size / together
        finite = together
    sd = math.sqrt(squares / finite) if finite else 0.0
    # Summing leaves rounding of some 1e-16 of the mean where all pixels are equal.
    if sd <= 1e-12 * abs(mean):
        return Intensities(Scaling(mean, 1.0, "mean-sd", _constant(mean)), pixels, finite)
    return Intensities(Scaling(mean, sd, "mean-sd"), pixels, finite)


def _constant(value: float) -> str:
    return f"Every pixel of the image is {value:g}: the network sees zeros."
