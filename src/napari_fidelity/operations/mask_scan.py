"""A mask read once from end to end: is it one, how much of it is foreground, which is it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Progress
from napari_fidelity.metrics.masks import MARGIN_PX
from napari_fidelity.operations.mask_labels import MaskLabels
from napari_fidelity.operations.provenance import Json, PixelRecord, locate_pixels

TEXT = "Reading the mask"


@dataclass(frozen=True)
class MaskScan:
    """What one pass over a mask tells.

    Parameters
    ----------
    foreground_count : int
        Number of pixels in objects, above 0.
    source : dict
        The recipe's entry: the pixels themselves, or where they lie and their checksum.
    """

    foreground_count: int
    source: Json


def scan_mask(labels: MaskLabels, progress: Progress) -> MaskScan:
    """The facts of a mask, checked.

    Raises
    ------
    UserError
        No number type, floats with NaN or with more than two values, or nothing above 0.
    """
    if np.dtype(labels.array.dtype).kind not in "biuf":
        raise UserError(
            f"{labels.name} holds {labels.array.dtype} values: grey values are real numbers."
        )
    bands = labels.list_bands()
    record = PixelRecord(labels.shape, labels.dtype, keep=labels.is_in_memory)
    values = _ValueCheck() if labels.is_float else None
    count = 0
    for done, band in enumerate(bands):
        progress(done, len(bands), TEXT)
        pixels = labels.read_raw(band)
        if values is not None:
            values.add(pixels)
        found = labels.convert(pixels)
        count += int(np.count_nonzero(found > 0))
        record.add(found)
    if values is not None:
        values.judge(labels)
    if not count:
        raise UserError(f"{labels.name} is empty: paint or segment an object first.")
    source = {**record.finish(), **({} if labels.is_in_memory else locate_pixels(labels.array))}
    return MaskScan(count, source)


def find_margin(labels: MaskLabels, scan: MaskScan, progress: Progress) -> int | None:
    """How far background keeps clear of the mask, in pixels; None where there is no background.

    The metrics' margin, or 0 where it leaves nothing. Reads as far as the first background.
    """
    bands = labels.list_bands()
    for done, band in enumerate(bands):
        progress(done, len(bands), TEXT)
        if labels.read_background(band, MARGIN_PX).any():
            return MARGIN_PX
    return 0 if scan.foreground_count < math.prod(labels.shape) else None


class _ValueCheck:
    """Whether floats are a mask: finite, at most two values."""

    def __init__(self) -> None:
        self._bad = 0
        self._low, self._high = math.inf, -math.inf
        self._values: set[float] = set()

    def add(self, pixels: npt.NDArray[Any]) -> None:
        finite = np.isfinite(pixels)
        self._bad += pixels.size - int(np.count_nonzero(finite))
        pixels = pixels[finite]
        if not pixels.size:
            return
        low, high = float(pixels.min()), float(pixels.max())
        self._low, self._high = min(self._low, low), max(self._high, high)
        self._values |= {low, high}
        if len(self._values) <= 2:
            other = pixels[(pixels != low) & (pixels != high)]
            self._values |= {float(value) for value in other[:1]}

    def judge(self, labels: MaskLabels) -> None:
        if self._bad:
            raise UserError(
                f"{labels.name} holds {self._bad} of {math.prod(labels.shape)} values that are "
                "NaN or infinite: replace them or crop them away."
            )
        if len(self._values) > 2:
            raise UserError(
                f"{labels.name} holds {labels.array.dtype} values from {self._low:g} to "
                f"{self._high:g}: a mask has labels, or two values such as 0 and 1."
            )
