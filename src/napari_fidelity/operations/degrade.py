"""From a clean image to a realistic bad one, with known parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field, field_validator

from napari_fidelity.core.amount_text import spell_bytes
from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.params import Params
from napari_fidelity.core.progress import Progress
from napari_fidelity.core.regions import Region
from napari_fidelity.core.shape_text import spell_shape
from napari_fidelity.operations.degraded_pixels import finish_pixels
from napari_fidelity.operations.progress_shares import share_progress
from napari_fidelity.operations.provenance import Json, build_provenance
from napari_fidelity.operations.source_record import record_source
from napari_fidelity.operations.stated_scale import state_scale
from napari_fidelity.operations.synthesize import PIXEL_TYPES
from napari_fidelity.simulation.degradation.pipeline import Pipeline
from napari_fidelity.simulation.degradation.presets import PRESETS
from napari_fidelity.simulation.degradation.run import run_pipeline
from napari_fidelity.simulation.degradation.steps.camera import Camera

DEFAULT_PRESET = "medium"
WORKING_BYTES = 16  # a pixel: float32 before and after a step, the source, the result
SMALL_BYTES = 1 << 30  # that much is not worth asking for


class DegradeParams(Params):
    """Settings of `degrade`."""

    pipeline: Pipeline = Field(
        default_factory=lambda: PRESETS[DEFAULT_PRESET].pipeline,
        title="Pipeline",
        description="Steps in their order, or the key of a preset: mild, medium, strong",
    )
    seed: int = Field(
        0,
        ge=0,
        lt=2**63,
        title="Seed",
        description="Same seed, image and pipeline: the same result",
    )
    dtype: str | None = Field(
        None,
        pattern=PIXEL_TYPES,
        examples=["uint8", "uint16", "float32"],
        title="Pixel type",
        description="Type of the result; default: that of the pipeline's camera, else of the "
        "image, and float32 for images of floats",
    )
    pixel_size_um: float | None = Field(
        None,
        gt=0,
        title="Pixel size (µm)",
        description="Along Y and X; default: what the image says",
    )
    z_step_um: float | None = Field(
        None, gt=0, title="Z step (µm)", description="Between planes; default: what the image says"
    )

    @field_validator("pipeline", mode="before")
    @classmethod
    def _parse_pipeline(cls, value: Any) -> Pipeline:  # Any: from files and forms
        if isinstance(value, str):
            return PRESETS[value].pipeline
        if isinstance(value, Mapping):
            return Pipeline.parse(dict(value))
        if not isinstance(value, Pipeline):
            raise UserError(f"A pipeline is given by its steps, not by {value!r}.")
        return value


def degrade(
    image: Image,
    params: DegradeParams | None = None,
    progress: Progress | None = None,
    *,
    region: Region | None = None,
    source_path: str | Path | None = None,
) -> Image:
    """A bad recording of what `image` shows.

    Parameters
    ----------
    image : Image
        A clean image, plane or stack; its array may be lazy.
    params : DegradeParams, optional
        Settings; default: the medium preset.
    progress : Progress, optional
        Called for every step.
    region : tuple of slice, optional
        A box over all axes of `image`. The result is that part of the whole result, computed
        from as much of the image as it depends on; it carries no recipe for `rerun`.
    source_path : str or Path, optional
        The file that `image` was read from, untouched, for the recipe.

    Returns
    -------
    Image
        On its true frame: down-sampling changes pixel size, position and shape. Provenance
        holds under `drawn` the very pipeline, every drawn and measured number stated: run with
        the same seed it makes the same image, also of a crop that knows its origin.

    Raises
    ------
    UserError
        NaN or infinite pixels, a pixel size that is not known where a step needs it, everything
        saturated, a pixel type that cannot hold the result, settings that do not fit the image.
    Cancelled
        Asked for through `progress`.

    Examples
    --------
    >>> clean = Image(np.full((16, 16), 100, np.uint8), name="cells")
    >>> settings = DegradeParams.parse({"pipeline": {"steps": [{"kind": "poisson"}]}, "seed": 3})
    >>> noisy = degrade(clean, settings)
    >>> noisy.array.dtype, noisy.provenance["drawn"]["pipeline"]["steps"][0]["level"]
    (dtype('uint8'), 100.0)
    """
    params, progress = params or DegradeParams(), progress or Progress()
    running, reading = share_progress(progress, [95, 5])
    stated = state_scale(image, pixel_size_um=params.pixel_size_um, z_step_um=params.z_step_um)
    dtype = choose_dtype(image, params)
    if region is None:
        check_room(image)
    run = run_pipeline(stated, params.pipeline, seed=params.seed, region=region, progress=running)
    pixels, clipped = finish_pixels(run, dtype, is_whole=region is None)
    details: Json = {
        "drawn": {"seed": params.seed, "pipeline": run.pipeline.model_dump(mode="json")},
        **clipped,
        "notes": run.notes,
    }
    settled = params.model_copy(update={"dtype": dtype})
    source = record_source(image, reading, path=source_path) if region is None else {}
    reading(1, 1)
    name = f"{image.name or 'image'} · {params.pipeline.name or 'degraded'} · seed {params.seed}"
    provenance = build_provenance("degrade", settled, source, details)
    return replace(run.image, array=pixels, name=name, provenance=provenance)


def degrade_pair(
    image: Image,
    params: DegradeParams | None = None,
    progress: Progress | None = None,
    *,
    source_path: str | Path | None = None,
) -> tuple[Image, Image]:
    """The target and its degraded twin.

    The target is `image` after the steps that prepare it, drawn alike; without such steps it
    is `image` itself. It keeps the pixel size of `image`, which down-sampling takes from the
    twin.

    Returns
    -------
    target, degraded : Image
        Arguments and errors as those of `degrade`.
    """
    params, progress = params or DegradeParams(), progress or Progress()
    preparing, degrading = share_progress(progress, [1, 3])
    alone = params.model_copy(update={"pipeline": params.pipeline.prepare(), "dtype": None})
    target = degrade(image, alone, preparing, source_path=source_path)
    degraded = degrade(image, params, degrading, source_path=source_path)
    return replace(target, name=image.name), degraded


def check_room(image: Image) -> None:
    """Refuse an image that memory cannot hold while it is degraded.

    Raises
    ------
    UserError
        The sentence names what is needed and what is free.
    """
    needed = WORKING_BYTES * int(np.prod(image.shape, dtype=np.int64))
    if needed < SMALL_BYTES:
        return
    # tensors are heavy to load: its module knows GPUs too
    from napari_fidelity.inference.working_memory import count_free_bytes

    free = count_free_bytes()
    if needed > free:
        raise UserError(
            f"Degrading an image of {spell_shape(image.shape)} pixels takes "
            f"{spell_bytes(needed)} of memory, {spell_bytes(free)} are free: crop the image, or "
            "degrade its parts one by one (region)."
        )


def choose_dtype(image: Image, params: DegradeParams) -> str:
    """The pixel type of a result: stated, else the camera's, else the image's, else float32."""
    if params.dtype is not None:
        return params.dtype
    cameras = [step for step in params.pipeline.steps if isinstance(step, Camera)]
    if cameras:
        return "uint8" if cameras[-1].bits <= 8 else "uint16"
    dtype = np.dtype(image.array.dtype)
    return dtype.name if dtype.kind in "iu" else "float32"
