"""From a mask to a fluorescence image."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from napari_fidelity.core.image import Image, check_same_frame
from napari_fidelity.core.params import Params
from napari_fidelity.core.progress import Progress
from napari_fidelity.inference.polled_call import call_polled
from napari_fidelity.inference.settings import ComputeSettings, Precision
from napari_fidelity.models import Model, load_model
from napari_fidelity.operations.camera_choice import check_camera, choose_observation
from napari_fidelity.operations.finishing import Finish
from napari_fidelity.operations.level_matching import match_levels
from napari_fidelity.operations.mask_labels import MaskLabels
from napari_fidelity.operations.mask_scan import find_margin, scan_mask
from napari_fidelity.operations.model_fit import check_task
from napari_fidelity.operations.preflight import (
    check_memory,
    fits_memory,
    settle_compute,
)
from napari_fidelity.operations.progress_shares import share_progress
from napari_fidelity.operations.provenance import build_provenance
from napari_fidelity.operations.response_aim import ResponseAim
from napari_fidelity.simulation.camera_noise import CameraNoise
from napari_fidelity.simulation.observation import Levels
from napari_fidelity.simulation.response import Response

if TYPE_CHECKING:
    from napari_fidelity.inference.lazy_arrays import Target

DEFAULT_MODEL = "nuclei-pix2pix"
PIXEL_TYPES = r"^(u?int(8|16|32)|float(16|32|64))$"


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
    camera: CameraNoise | None = Field(
        None,
        title="Camera",
        description="Known camera whose noise takes the place of the model's own",
    )
    levels: Levels | None = Field(
        None,
        title="Levels",
        description="Foreground and background mean and SD; default: those of the training set",
    )
    dtype: str | None = Field(
        None,
        pattern=PIXEL_TYPES,
        examples=["uint8", "uint16", "float32"],
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
    target: Target | None = None,
    scratch_folder: Path | None = None,
) -> Image:
    """A realistic image of the objects in `mask`.

    With a pinned response, or without a reference and stated levels, each pixel depends on its
    neighbourhood alone. To match a reference or stated levels, the response is fitted to the
    mask as a whole; it is then part of the recipe.

    Parameters
    ----------
    mask : Image
        Labels (any integers, 0 is background), booleans, or floats with two values; the last
        two axes are Y and X, leading axes are looped over. Its array may be lazy (Dask, Zarr):
        it is read part by part, and the recipe names its place and checksum.
    params : SynthesizeParams, optional
        Settings; default: the field defaults.
    progress : Progress, optional
        Called for every tile and every pass.
    reference : Image, optional
        A real image of the same frame. Its mean and SD inside and outside the mask, four
        numbers, are matched, and the result has its type, rounded and clipped.
    compute : ComputeSettings, optional
        Device, precision, threads and memory; precision and tile side in `params` come first.
    target : Target, optional
        Where the result is written, for instance a Zarr array. Default: memory.
    scratch_folder : Path, optional
        Where signals lie that memory cannot hold. Default: the system's temporary folder.

    Returns
    -------
    Image
        The frame of `mask`; its provenance is a recipe for `rerun`.

    Raises
    ------
    UserError
        An empty mask, one that leaves no background to match, a reference of another frame or
        with NaN, a model that is not there or damaged, too little memory.
    Cancelled
        Asked for through `progress`.
    """
    params, progress = params or SynthesizeParams(), progress or Progress()
    model = call_polled(partial(_open_model, params.model), progress.check)
    machine = _Machine(compute or ComputeSettings(), target, scratch_folder)
    labels = MaskLabels(mask)
    if reference is not None:
        check_same_frame(mask, reference)
    params = params.model_copy(update={"dtype": choose_dtype(params, reference, target)})
    fits = params.response is None and (reference is not None or params.levels is not None)
    if target is None:
        check_memory(labels.shape, choose_dtype(params))
    check_camera(params, model.manifest, reference)
    passes = share_progress(progress, [2, 1 * fits, 5 * fits, 93])
    reading, searching, measuring, running = passes
    scan = scan_mask(labels, reading)
    origin_of_levels = _name_levels_source(params, reference)
    margin_px = find_margin(labels, scan, searching) if fits else None
    if fits and reference is not None:
        levels = match_levels(labels, margin_px, reference, measuring)
        params = params.model_copy(update={"levels": levels})
    levels = params.levels or model.manifest.levels
    aim = ResponseAim(levels, margin_px, scan.foreground_count) if fits else None
    params, pixels, facts = _make_pixels(model, labels, params, aim, machine, running)
    details = {
        **_describe(model),
        "levels": {**levels.model_dump(), "margin_px": margin_px, "from": origin_of_levels},
        "compute": facts,
    }
    source = {"name": mask.name, **scan.source}
    return replace(
        mask,
        array=pixels,
        name=f"{mask.name or 'mask'} · {model.manifest.title} · seed {params.seed}",
        provenance=build_provenance("synthesize", params, source, details),
    )


def settle_recipe(recipe: Mapping[str, Any]) -> dict[str, Any]:  # Any: JSON
    """A recipe's settings; those of earlier releases were computed in float32 throughout.

    Earlier releases fitted every mask to its levels, also to those of the training set.
    """
    params = dict(recipe["params"])
    if "response" not in params:
        params.setdefault("precision", "float32")
        found = recipe.get("levels", {})
        if params.get("levels") is None and found:
            kept = ("foreground_mean", "foreground_sd", "background_mean", "background_sd")
            params["levels"] = {name: found[name] for name in kept if name in found}
    return params


@dataclass(frozen=True, eq=False)
class _Machine:
    """What a run may use here."""

    compute: ComputeSettings
    target: Target | None
    scratch_folder: Path | None


def _open_model(key: str) -> Model:
    """The model, and everything imported that a run needs: the first time takes seconds."""
    import napari_fidelity.operations.synthesis_run  # noqa: F401  # tensors are heavy to load

    model = load_model(key)
    check_task(model.manifest, "synthesis", "synthesize")
    return model


def choose_dtype(
    params: SynthesizeParams, reference: Image | None = None, target: Target | None = None
) -> str:
    """The pixel type of a result: stated, else the target's or the reference's, else float32."""
    if params.dtype is not None:
        return params.dtype
    for array in (target, reference.array if reference is not None else None):
        name = str(np.dtype(array.dtype).name) if array is not None else ""
        if re.match(PIXEL_TYPES, name):
            return name
    return "float32"


def _make_pixels(
    model: Model,
    labels: MaskLabels,
    params: SynthesizeParams,
    aim: ResponseAim | None,
    machine: _Machine,
    progress: Progress,
) -> tuple[SynthesizeParams, Any, dict[str, Any]]:  # Any: the target's kind; JSON
    """The settings with everything resolved, the pixels, and how they were computed."""
    # tensors are heavy to load: only a run needs them
    from napari_fidelity.inference.engine import prepare_engine
    from napari_fidelity.inference.lazy_arrays import check_target
    from napari_fidelity.inference.mask_signal import measure_seam
    from napari_fidelity.inference.threads import count_threads
    from napari_fidelity.operations.synthesis_run import SynthesisRun

    compute = settle_compute(params, machine.compute)
    prepare = partial(prepare_engine, model.network, compute, example=model.example)
    engine = call_polled(prepare, progress.check)
    tile_px = params.tile_px or engine.tile_px
    response = params.response or model.manifest.response
    dtype = choose_dtype(params)
    target = machine.target
    if target is None:
        target = np.empty(labels.shape, dtype)
    check_target(target, labels.shape, labels.array)
    finish = Finish(
        response,
        choose_observation(params, model.manifest),
        params.seed,
        labels.origin,
        params.noise,
        np.dtype(target.dtype),
    )
    run = SynthesisRun(engine, labels, finish, target, tile_px, count_threads(compute))
    if aim is None:
        run.run(progress)
    else:
        in_memory = fits_memory(
            labels.shape, None if machine.target is not None else dtype, compute
        )
        response = run.run_fitted(aim, progress, in_memory=in_memory, folder=machine.scratch_folder)
    resolved = {"precision": engine.precision, "tile_px": tile_px, "response": response}
    seam = measure_seam(engine, labels, seed=params.seed, origin=labels.origin, tile_px=tile_px)
    facts = {**engine.describe(), "tile_px": tile_px, "tiled_equals_whole": seam}
    return params.model_copy(update=resolved), target, facts


def _describe(model: Model) -> dict[str, Any]:
    manifest = model.manifest
    return {
        "model": {
            "key": manifest.key,
            "title": manifest.title,
            "version": manifest.version,
            "sha256": model.sha256,
        },
        "halo_px": model.network.receptive_field_px,
    }


def _name_levels_source(params: SynthesizeParams, reference: Image | None) -> str:
    if params.response is not None:
        return "pinned response"
    if reference is not None:
        return f"matched to {reference.name or 'the reference'}"
    return "stated" if params.levels is not None else "training set"
