"""The foreground of an image as a mask, by a trained network."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.params import Params
from napari_fidelity.core.progress import Progress
from napari_fidelity.core.regions import Region, parse_region, place_region
from napari_fidelity.inference.array_part import ArrayPart
from napari_fidelity.inference.lazy_arrays import Target, check_source, check_target
from napari_fidelity.inference.polled_call import call_polled
from napari_fidelity.inference.predict_options import PredictOptions
from napari_fidelity.inference.settings import ComputeSettings, Precision
from napari_fidelity.models import Model, load_model
from napari_fidelity.operations.mask_pixels import ThresholdTarget, number_objects
from napari_fidelity.operations.model_fit import (
    check_use,
    describe_model,
    note_intensities,
    note_pixel_size,
)
from napari_fidelity.operations.preflight import check_memory
from napari_fidelity.operations.progress_shares import share_progress
from napari_fidelity.operations.provenance import build_provenance
from napari_fidelity.operations.source_record import record_source

if TYPE_CHECKING:
    from napari_fidelity.operations.model_run import ModelRun

USUAL_THRESHOLD = 0.5
FRAME = ("scale", "units", "translate", "origin")


class SegmentParams(Params):
    """Settings of `segment`."""

    model: str = Field(
        "",
        title="Model",
        description="Key of a model for segmentation, its folder, or that of a training run",
    )
    threshold: float | None = Field(
        None,
        ge=0,
        le=1,
        title="Threshold",
        description="Probability from which a pixel is foreground; default: the model's own",
    )
    label_objects: bool = Field(
        False,
        title="Number the objects",
        description="Give every connected object a number of its own, in each plane or volume "
        "from 1 on, instead of 1 to all",
    )
    flips: Literal["none", "mirrored", "all"] = Field(
        "none",
        title="Flips",
        description="Average over orientations: 4 mirrored ones, or all 8 with quarter turns; as "
        "many times slower",
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
        description="Largest side of a tile, in pixels; default: chosen for the machine",
    )
    scaling: tuple[tuple[float, float], ...] | None = Field(
        None,
        title="Scaling",
        description="Intensities that the model sees as 0 and 1, one pair or one a channel; "
        "default: measured on the whole image",
    )


def segment(
    image: Image,
    params: SegmentParams | None = None,
    progress: Progress | None = None,
    *,
    region: Region | None = None,
    source_path: str | Path | None = None,
    target: Target | None = None,
    compute: ComputeSettings | None = None,
) -> Image:
    """The foreground of `image`: 1 where the network finds it probable, else 0.

    Large images are read in tiles that agree with the whole; intensities are scaled by the
    whole image, once.

    Parameters
    ----------
    image : Image
        Grey values; its array may be lazy (Dask, Zarr).
    params : SegmentParams
        Settings; they must name a model.
    progress : Progress, optional
        Called for every tile.
    region : tuple of slice, optional
        A part of the image, a slice of step 1 for every axis: the same mask as that part of the
        whole, but for the numbers of objects; it carries no recipe for `rerun`.
    source_path : str or Path, optional
        The file that holds the image, for the recipe.
    target : Target, optional
        Where the mask is written, for instance a Zarr array. Default: memory.
    compute : ComputeSettings, optional
        Device, threads and memory.

    Returns
    -------
    Image
        uint8 on the frame of `image`, without C where the network takes all channels at once;
        with numbered objects uint16, or uint32 where there are many. Its provenance is a recipe
        for `rerun`.

    Raises
    ------
    UserError
        No model was chosen, it is damaged, for another task or for other images.
    Cancelled
        Asked for through `progress`.
    """
    params, progress = params or SegmentParams(), progress or Progress()
    check_source(image.array)
    model = call_polled(partial(_open_model, params.model), progress.check)
    check_use(model, image, "segmentation", "segment")
    recording, settling, running = share_progress(progress, [3, 15, 82])
    parts = parse_region(region, image.shape)
    source = record_source(image, recording, path=source_path) if region is None else {}
    run, params, notes = _settle(model, image, params, compute or ComputeSettings(), settling)
    found: dict[str, Any] = {}  # Any: JSON
    mask, facts = _make_mask(run, params, parts, target, running, found)
    said = list(dict.fromkeys([*notes, *(note for each in facts for note in each["notes"])]))
    details = {
        "model": describe_model(model),
        "found": found,
        **({"notes": said} if said else {}),
    }
    name = f"{image.name or 'image'} · {model.manifest.title}"
    provenance = build_provenance("segment", params, source, details)
    frame = _leave_out(image, run.lost_axis)
    kept = tuple(part for axis, part in enumerate(parts) if axis != run.lost_axis)
    placed = place_region(replace(frame, array=mask), kept, frame)
    return replace(placed, name=name, provenance=provenance)


def _open_model(key: str) -> Model:
    """The model, and everything imported that a run needs: the first time takes seconds."""
    import napari_fidelity.operations.model_run  # noqa: F401  # tensors are heavy to load

    if not key:
        raise UserError("No model is chosen: give its key, or the folder of a model or a run.")
    return load_model(key)


def _settle(
    model: Model, image: Image, params: SegmentParams, compute: ComputeSettings, progress: Progress
) -> tuple[ModelRun, SegmentParams, list[str]]:
    """The network made ready, the settings with what the image decides, and sentences."""
    # tensors are heavy to load: only a run needs them
    from napari_fidelity.operations.model_run import ModelRun, settle_precision

    use, notes = model.manifest.use, note_pixel_size(model.manifest, image)
    pinned: dict[str, object] = {}
    if params.precision != "auto":
        pinned["precision"] = params.precision
    if params.tile_px is not None:
        pinned["tile_px"] = params.tile_px
    settle = partial(settle_precision, model, compute.model_copy(update=pinned))
    machine = call_polled(settle, progress.check)
    options = PredictOptions(
        normalisation=use.normalisation, flips=params.flips, restore_units=False
    )
    run = ModelRun(model, image, options, machine)
    pairs = params.scaling
    if pairs is None:
        measured = run.measure(progress)
        pairs = tuple((m.scaling.offset, m.scaling.offset + m.scaling.span) for m in measured)
        notes += note_intensities(measured)
    own = use.threshold if use.threshold is not None else USUAL_THRESHOLD
    settled = {
        "scaling": pairs,
        "precision": machine.precision,
        "threshold": own if params.threshold is None else params.threshold,
    }
    return run, params.model_copy(update=settled), notes


def _make_mask(
    run: ModelRun,
    params: SegmentParams,
    region: Region,
    target: Target | None,
    progress: Progress,
    found: dict[str, Any],  # Any: JSON
) -> tuple[Any, list[dict[str, Any]]]:  # Any: an array of the target's kind; JSON
    """The mask of a region, and the facts of its predictions; says in `found` what is in it."""
    assert params.scaling is not None
    assert params.threshold is not None
    shape = tuple(p.stop - p.start for axis, p in enumerate(region) if axis != run.lost_axis)
    if target is not None:
        check_target(target, shape, run.image.array)
    written = target
    if target is None or params.label_objects:
        check_memory(shape, "uint8")
        written = np.empty(shape, np.uint8)
    assert written is not None
    mask = ThresholdTarget(written, params.threshold)
    facts = run.predict(run.state(params.scaling), region, mask, None, progress)
    found["foreground_share"] = mask.foreground_count / max(int(np.prod(shape)), 1)
    if not params.label_objects:
        return written, facts
    labels, count = number_objects(np.asarray(written), run.model.network.spatial_dims)
    found["objects"] = count
    if target is None:
        return labels, facts
    target[(slice(None),) * len(shape)] = labels
    return target, facts


def _leave_out(image: Image, axis: int | None) -> Image:
    """The frame of an image without one of its axes."""
    if axis is None:
        return image
    kept = [each for each in range(len(image.shape)) if each != axis]
    index = tuple(0 if each == axis else slice(None) for each in range(len(image.shape)))
    array: Any = ArrayPart(image.array, index)  # Any: like an array, and never read
    frame: dict[str, Any] = {  # Any: fields of Image
        name: tuple(getattr(image, name)[each] for each in kept) for name in FRAME
    }
    return Image(array, axes="".join(image.axes[each] for each in kept), **frame)
