"""What a synthesis will take, told before it begins; refused where it cannot succeed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_fidelity.core.amount_text import spell_bytes, spell_time
from napari_fidelity.core.errors import UserError
from napari_fidelity.core.shape_text import spell_shape
from napari_fidelity.inference.settings import ComputeSettings

if TYPE_CHECKING:
    from napari_fidelity.operations.synthesize import SynthesizeParams

SIGNAL_BYTES = 4  # float32
TILE_BYTES = 300 * 10**6  # tiles on their way: network, noise, copies; measured for 512² tiles
FINISH_SECONDS = 0.25  # noise of a megapixel on one thread, measured on a 2.5 GHz core
FIT_SECONDS = 0.25  # matching of a megapixel


@dataclass(frozen=True)
class Estimate:
    """What a computation will take.

    Parameters
    ----------
    memory_bytes : int
        Memory beside what is already in use.
    seconds : float or None
        Time; None where the speed of this machine is not known yet.
    words : str
        Both as part of a sentence: "270 MB of memory and 40 s".
    """

    memory_bytes: int
    seconds: float | None
    words: str


def estimate_synthesis(
    shape: Sequence[int], params: SynthesizeParams, compute: ComputeSettings | None = None
) -> Estimate:
    """Memory and time for a mask of `shape` whose result stays in memory.

    The first call for a model reads it and measures its speed, which can take some seconds.

    Parameters
    ----------
    shape : sequence of int
        Of the mask.
    params : SynthesizeParams
        Stated levels without a pinned response take a second pass.
    compute : ComputeSettings, optional
        Device, precision, threads.

    Raises
    ------
    UserError
        There is no such model, or it is damaged.
    """
    # tensors are heavy to load: only an estimate needs them
    from napari_fidelity.inference.engine import prepare_engine
    from napari_fidelity.inference.threads import count_threads
    from napari_fidelity.models import load_model

    compute = compute or ComputeSettings()
    fits = params.response is None and params.levels is not None
    memory_bytes = count_result_bytes(shape, params.dtype or "float32") + TILE_BYTES
    if fits and fits_memory(shape, params.dtype or "float32", compute):
        memory_bytes += SIGNAL_BYTES * math.prod(shape)
    model = load_model(params.model)
    engine = prepare_engine(model.network, settle_compute(params, compute), example=model.example)
    seconds = None
    if engine.seconds_per_megapixel is not None:
        finishing = FINISH_SECONDS / count_threads(compute) + FIT_SECONDS * fits
        seconds = (engine.seconds_per_megapixel + finishing) * math.prod(shape) / 1e6
    words = f"{spell_bytes(memory_bytes)} of memory"
    if seconds is not None:
        words += f" and {spell_time(seconds)}"
    return Estimate(memory_bytes, seconds, words)


def check_memory(shape: Sequence[int], dtype: str) -> None:
    """Refuse a result that memory cannot hold.

    Raises
    ------
    UserError
        The sentence names what is needed, what is free, and what to do.
    """
    needed, free = count_result_bytes(shape, dtype) + TILE_BYTES, _count_free_bytes()
    if needed > free:
        size = spell_shape(shape)
        raise UserError(
            f"An image of {size} pixels ({dtype}) needs {spell_bytes(needed)} of memory, "
            f"{spell_bytes(free)} are free: write it to a Zarr folder (-o NAME.zarr), choose a "
            "smaller pixel type, or crop the mask."
        )


def fits_memory(shape: Sequence[int], dtype: str | None, compute: ComputeSettings) -> bool:
    """Whether the signal of the whole image may lie in memory, beside a result of `dtype`."""
    # tensors are heavy to load: only this line needs them
    import torch

    from napari_fidelity.inference.working_memory import count_working_bytes

    result = count_result_bytes(shape, dtype) if dtype is not None else 0
    needed = result + SIGNAL_BYTES * math.prod(shape) + TILE_BYTES
    return needed <= count_working_bytes(compute, torch.device("cpu"))


def settle_compute(params: SynthesizeParams, compute: ComputeSettings) -> ComputeSettings:
    """Where and how to run: what the settings of the result pin comes first."""
    pinned: dict[str, object] = {}
    if params.precision != "auto":
        pinned["precision"] = params.precision
    if params.tile_px is not None:
        pinned["tile_px"] = params.tile_px
    return compute.model_copy(update=pinned)


def count_result_bytes(shape: Sequence[int], dtype: str) -> int:
    """Bytes of an array."""
    return math.prod(shape) * np.dtype(dtype).itemsize


def _count_free_bytes() -> int:
    # tensors are heavy to load: its module knows GPUs too
    from napari_fidelity.inference.working_memory import count_free_bytes

    return count_free_bytes()
