"""Synthesis that follows a brush: any box of the result from its part of the mask."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.pixel_type import to_pixel_type
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.models import load_model
from napari_fidelity.operations.camera_choice import choose_observation
from napari_fidelity.operations.preflight import settle_compute
from napari_fidelity.operations.synthesize import SynthesizeParams, choose_dtype

if TYPE_CHECKING:
    from napari_fidelity.inference.live import LiveSynthesis


def start_live(
    shape: Sequence[int],
    origin: Sequence[int],
    params: SynthesizeParams,
    compute: ComputeSettings | None = None,
) -> LiveSynthesis:
    """What makes any box of the result of `synthesize` with the same settings.

    Parameters
    ----------
    shape : sequence of int
        The canvas, (..., Y, X).
    origin : sequence of int
        Index of its first pixel in its source, one entry an axis.
    params : SynthesizeParams
        Settings with a pinned response, as a result's provenance holds them.
    compute : ComputeSettings, optional
        Device, precision and threads; the precision in `params` comes first.

    Raises
    ------
    UserError
        The response is not pinned, the model is not made to follow a brush, is not there or
        is damaged.
    """
    # tensors are heavy to load: only a run needs them
    from napari_fidelity.inference.engine import prepare_engine
    from napari_fidelity.inference.live import LiveSynthesis

    if params.response is None:
        raise UserError(
            "The intensities are not settled yet: synthesize the whole image once, then a part "
            "of it can follow the brush."
        )
    model = load_model(params.model)
    if not model.manifest.live:
        raise UserError(
            f"{model.manifest.title} is too slow to follow a brush: synthesize again after "
            "painting."
        )
    machine = settle_compute(params, compute or ComputeSettings())
    return LiveSynthesis(
        prepare_engine(model.network, machine, example=model.example),
        params.response,
        choose_observation(params, model.manifest),
        shape=shape,
        origin=origin,
        seed=params.seed,
        noise=params.noise,
        finish=partial(to_pixel_type, dtype=choose_dtype(params)),
    )
