"""From a mask to a fluorescence image."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image, check_same_frame
from napari_fidelity.core.params import Params
from napari_fidelity.core.progress import Progress
from napari_fidelity.inference.settings import ComputeSettings, Precision
from napari_fidelity.metrics.masks import MARGIN_PX, as_mask, background_region
from napari_fidelity.models import Model, load_model
from napari_fidelity.operations.provenance import build_provenance
from napari_fidelity.simulation.observation import Levels, measure_levels
from napari_fidelity.simulation.response import (
    Response,
    apply_response,
    blend_weight,
    fit_response,
)

DEFAULT_MODEL = "nuclei-pix2pix"
PIXEL_TYPES = r"^(u?int(8|16|32)|float(16|32|64))$"
Mask = npt.NDArray[np.bool_]


class SynthesizeParams(Params):
    """Settings of `synthesize`."""

    model: str = Field(
        DEFAULT_MODEL, title="Model", description="Key of a shipped model, or a model folder"
    )
    seed: int = Field(
        0, ge=0, lt=2**63, title="Seed", description="Same seed, mask and model: the same image"
    )
    noise: bool = Field(
        True,
        title="Camera noise",
        description="Add stray light and pixel noise; without, the expected signal alone",
    )
    levels: Levels | None = Field(
        None,
        title="Levels",
        description="Foreground and background mean and SD; default: those of the training set",
    )
    dtype: str | None = Field(
        None,
        pattern=PIXEL_TYPES,
        title="Pixel type",
        description="Type of the result; default: the matched image's, else float32",
    )
    response: Response | None = Field(
        None,
        title="Response",
        description="From signal to intensities; default: fitted where levels are matched or "
        "stated, else that of the training set",
    )
    precision: Precision = Field(
        "auto",
        title="Precision",
        description="auto: 16 bits where the hardware has them and a probe shows that they "
        "suffice, else float32",
    )
    tile_px: int | None = Field(
        None,
        ge=32,
        le=8192,
        title="Tile side",
        description="Largest side of a tile, in pixels; default: chosen for the machine. The "
        "result does not depend on it",
    )


def synthesize(
    mask: Image,
    params: SynthesizeParams | None = None,
    progress: Progress | None = None,
    *,
    reference: Image | None = None,
    compute: ComputeSettings | None = None,
) -> Image:
    """A realistic image of the objects in `mask`.

    Parameters
    ----------
    mask : Image
        Labels (any integers, 0 is background), booleans, or floats with two values; the last
        two axes are Y and X, leading axes are looped over.
    params : SynthesizeParams, optional
        Settings; default: the field defaults.
    progress : Progress, optional
        Called for every tile.
    reference : Image, optional
        A real image of the same frame. Its mean and SD inside and outside the mask, four
        numbers, are matched, and the result has its type, rounded and clipped.

    Returns
    -------
    Image
        The frame of `mask`; its provenance is a recipe for `rerun`.

    Raises
    ------
    UserError
        An empty mask, one that leaves no background to match, a reference of another frame or
        with NaN, a model that is not there or damaged.
    Cancelled
        Asked for through `progress`.
    """
    params = params or SynthesizeParams()
    labels, foreground = _read_labels(mask)
    background, margin_px = _find_background(foreground)
    model = load_model(params.model)
    if reference is not None:
        params = _match_reference(params, mask, reference, foreground, background)
    levels = params.levels or model.manifest.levels
    params, pixels = _make_pixels(
        model,
        replace(mask, array=labels),
        foreground,
        background,
        levels,
        params,
        compute or ComputeSettings(),
        progress,
    )
    details = _describe(model, params, levels, margin_px, reference)
    return replace(
        mask,
        array=_to_dtype(pixels, params.dtype or "float32"),
        name=f"{mask.name or 'mask'} · {model.manifest.title} · seed {params.seed}",
        provenance=build_provenance("synthesize", params, replace(mask, array=labels), details),
    )


def _make_pixels(
    model: Model,
    labels: Image,
    foreground: Mask,
    background: Mask,
    levels: Levels,
    params: SynthesizeParams,
    compute: ComputeSettings,
    progress: Progress | None,
) -> tuple[SynthesizeParams, npt.NDArray[np.float32]]:
    """The settings with everything resolved, and the generator's signal as intensities."""
    # tensors are heavy to load: only a run needs them
    from napari_fidelity.inference.engine import prepare_engine
    from napari_fidelity.inference.mask_signal import predict_signal

    chosen = {"precision": params.precision} if params.precision != "auto" else {}
    engine = prepare_engine(model.network, compute.model_copy(update=chosen))
    params = params.model_copy(
        update={"precision": engine.precision, "tile_px": params.tile_px or engine.tile_px}
    )
    signal = predict_signal(
        engine,
        labels.array,
        seed=params.seed,
        origin=labels.origin,
        tile_px=params.tile_px,
        progress=progress,
    )
    observation = model.manifest.observation
    response = params.response
    if response is None and params.levels is None:
        response = model.manifest.response
    if response is None:
        response = fit_response(
            signal, foreground, background, levels, observation, noise=params.noise
        )
    pixels = apply_response(
        signal,
        blend_weight(foreground),
        response,
        observation,
        seed=params.seed,
        origin=labels.origin,
        noise=params.noise,
    )
    return params.model_copy(update={"response": response}), pixels


def _read_labels(mask: Image) -> tuple[npt.NDArray[Any], Mask]:
    """Labels as a generator takes them, and the foreground."""
    foreground = as_mask(mask).mask
    if not foreground.any():
        raise UserError(f"{mask.name or 'The mask'} is empty: paint or segment an object first.")
    return (mask.array if mask.array.dtype.kind in "iu" else foreground), foreground


def _find_background(foreground: Mask) -> tuple[Mask, int]:
    """Background pixels and the margin by which they keep clear of the mask."""
    background = background_region(foreground, MARGIN_PX)
    return (background, MARGIN_PX) if background.any() else (~foreground, 0)


def _match_reference(
    params: SynthesizeParams, mask: Image, reference: Image, foreground: Mask, background: Mask
) -> SynthesizeParams:
    """The settings with the reference's four levels and its pixel type."""
    check_same_frame(mask, reference)
    name = reference.name or "The reference"
    if not background.any():
        raise UserError(
            f"{mask.name or 'The mask'} covers everything: there is no background to match to "
            f"{name}. State the levels instead."
        )
    bad = int(np.count_nonzero(~np.isfinite(reference.array)))
    if bad:
        raise UserError(f"{name} has {bad} pixels that are NaN or infinite: fill them first.")
    levels = measure_levels(reference.array, foreground, background)
    if levels.contrast <= 0:
        raise UserError(
            f"{name} is not brighter inside the mask (mean {levels.foreground_mean:.4g}) than "
            f"outside (mean {levels.background_mean:.4g}): choose the mask of this image."
        )
    found = reference.array.dtype.name
    dtype = params.dtype or (found if re.match(PIXEL_TYPES, found) else "float32")
    return params.model_copy(update={"levels": levels, "dtype": dtype})


def _to_dtype(pixels: npt.NDArray[np.float32], dtype: str) -> npt.NDArray[Any]:
    if np.dtype(dtype).kind == "f":
        return pixels.astype(dtype, copy=False)
    limits = np.iinfo(dtype)
    rounded = np.rint(pixels.astype(np.float64))
    return np.clip(rounded, limits.min, limits.max).astype(dtype)


def _describe(
    model: Model,
    params: SynthesizeParams,
    levels: Levels,
    margin_px: int,
    reference: Image | None,
) -> dict[str, Any]:
    manifest = model.manifest
    return {
        "model": {
            "key": manifest.key,
            "title": manifest.title,
            "version": manifest.version,
            "sha256": model.sha256,
        },
        "levels": {
            **levels.model_dump(),
            "margin_px": margin_px,
            "from": _name_levels_source(params, reference),
        },
        "tiles": {
            "tile_px": params.tile_px,
            "halo_px": model.network.receptive_field_px,
            "tiled_equals_whole": 1e-5,
        },
    }


def _name_levels_source(params: SynthesizeParams, reference: Image | None) -> str:
    if reference is not None:
        return f"matched to {reference.name or 'the reference'}"
    return "stated" if params.levels is not None else "training set"
