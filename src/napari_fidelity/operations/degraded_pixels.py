"""Degraded grey levels as pixels of a type: what was clipped is counted and told."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.pixel_type import to_pixel_type
from napari_fidelity.operations.provenance import Json
from napari_fidelity.simulation.degradation.run import PipelineRun

TOLD_SHARE = 0.001  # of the pixels, from which clipping is worth a sentence
FEW_LEVELS = 16


def finish_pixels(
    run: PipelineRun, dtype: str, *, is_whole: bool
) -> tuple[npt.NDArray[Any], Json]:  # Any: the result's dtype
    """The pixels of a run in `dtype`, and the shares of them that were clipped.

    Sentences about clipping are added to the notes of the run.

    Parameters
    ----------
    run : PipelineRun
        Float32 pixels, and what their grey levels mean.
    dtype : str
        Integers are rounded and clipped.
    is_whole : bool
        Whether the run is of a whole image: a part of one may be saturated throughout.

    Raises
    ------
    UserError
        Every pixel is saturated or above the end of `dtype`, or `dtype` ends below the range of
        the grey levels.
    """
    values = run.image.array
    shares: Json = {"saturated_share": _count_saturated(run, is_whole)}
    kind = np.dtype(dtype)
    if kind.kind in "iu":
        limits = np.iinfo(kind)
        _check_range(run, dtype, float(limits.max))
        shares["below_share"] = _share(values < limits.min - 0.5)
        shares["above_share"] = _share(values >= limits.max + 0.5)
        if shares["above_share"] == 1 and is_whole:
            raise UserError(
                f"Every pixel is above {limits.max}, where {dtype} ends: choose a larger pixel "
                "type, or steps that add less light."
            )
        _note_clipping(run, dtype, shares)
    elif kind == np.float16 and values.size and np.abs(values).max() > np.finfo(np.float16).max:
        raise UserError("Grey levels reach beyond 65504, the end of float16: choose float32.")
    return to_pixel_type(values, dtype), shares


def _count_saturated(run: PipelineRun, is_whole: bool) -> float:
    top = run.levels.top
    if top is None:
        return 0.0
    share = _share(run.image.array >= top)
    if share == 1 and is_whole:
        raise UserError(
            f"Every pixel reaches {top:g}, where the range ends: lower the photons, the gain, "
            "the offset or the factor, or choose more bits."
        )
    if share >= TOLD_SHARE:
        run.notes.append(f"{share:.1%} of the pixels are saturated at {top:g}.")
    return share


def _check_range(run: PipelineRun, dtype: str, largest: float) -> None:
    levels, source = run.levels, run.levels.whole.dtype
    if levels.top is None and source.kind in "iu" and np.iinfo(source).max <= largest:
        return  # nothing needs to be measured
    end = levels.top if levels.top is not None else levels.bright
    if end > largest:
        raise UserError(
            f"Grey levels go up to {end:g}, {dtype} ends at {largest:g}: choose a pixel type "
            "that holds them, or stretch the contrast first."
        )
    if source.kind == "f" and 0 < levels.bright - levels.black < FEW_LEVELS:
        count = levels.bright - levels.black
        run.notes.append(
            f"Only {count:.2g} grey levels lie between black and bright: {dtype} rounds to whole "
            "ones, float32 does not."
        )


def _note_clipping(run: PipelineRun, dtype: str, shares: Json) -> None:
    for key, words in (("below_share", "below"), ("above_share", "above")):
        if shares[key] >= TOLD_SHARE:
            run.notes.append(
                f"{shares[key]:.1%} of the pixels are {words} the range of {dtype} and clipped."
            )


def _share(found: npt.NDArray[np.bool_]) -> float:
    return float(np.count_nonzero(found)) / max(found.size, 1)
