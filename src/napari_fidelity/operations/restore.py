"""A degraded image restored by a classical method or a trained model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, SerializeAsAny, field_validator

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.params import Params
from napari_fidelity.core.progress import Progress
from napari_fidelity.core.regions import Region, parse_region, place_region
from napari_fidelity.inference.lazy_arrays import check_source
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.operations.progress_shares import share_progress
from napari_fidelity.operations.provenance import build_provenance
from napari_fidelity.operations.restore_job import RestoreJob, prepare_restore
from napari_fidelity.operations.restore_model_job import RestoreModelJob, prepare_restore_model
from napari_fidelity.operations.source_record import record_source
from napari_fidelity.operations.stated_scale import state_scale
from napari_fidelity.operations.synthesize import PIXEL_TYPES
from napari_fidelity.restoration.catalog import parse_settings
from napari_fidelity.restoration.device import computed_with
from napari_fidelity.restoration.learned import LearnedSettings
from napari_fidelity.restoration.richardson_lucy import RichardsonLucySettings
from napari_fidelity.restoration.spec import RestorationSettings, Settled
from napari_fidelity.simulation.psf import PsfSource, parse_psf

if TYPE_CHECKING:
    from napari_fidelity.inference.lazy_arrays import Target


class RestoreParams(Params):
    """Settings of `restore`."""

    method: SerializeAsAny[RestorationSettings] = Field(
        default_factory=RichardsonLucySettings,
        title="Method",
        description="Settings of a method, with its key as kind",
    )
    psf: SerializeAsAny[PsfSource] | None = Field(
        None,
        title="PSF",
        description="Optics to compute it from, or a measured one; for methods that undo a blur",
    )
    spatial: Literal["auto", "plane", "volume"] = Field(
        "auto",
        title="Restore",
        description="Every plane by itself, or volumes; auto: volumes where there is Z and the "
        "method and the PSF are made for it",
    )
    times: int = Field(
        1, ge=1, le=20, title="Times to apply", description="How often the method is applied"
    )
    pixel_size_um: float | None = Field(
        None,
        gt=0,
        title="Pixel size (µm)",
        description="Size of a pixel in Y and X; default: what the image says",
    )
    z_step_um: float | None = Field(
        None, gt=0, title="Z step (µm)", description="Default: what the image says"
    )
    dtype: str | None = Field(
        None,
        pattern=PIXEL_TYPES,
        examples=["uint8", "uint16", "float32"],
        title="Pixel type",
        description="Type of the result; default: float32",
    )
    tile_px: int | None = Field(
        None,
        ge=16,
        le=8192,
        title="Tile side",
        description="Largest side of a tile, in pixels; default: as large as memory allows",
    )

    @field_validator("method", mode="before")
    @classmethod
    def _parse_method(cls, value: object) -> RestorationSettings:
        return parse_settings(value)

    @field_validator("psf", mode="before")
    @classmethod
    def _parse_psf(cls, value: object) -> PsfSource | None:
        return None if value is None else parse_psf(value)


def restore(
    image: Image,
    params: RestoreParams | None = None,
    progress: Progress | None = None,
    *,
    region: Region | None = None,
    source_path: str | Path | None = None,
    target: Target | None = None,
    compute: ComputeSettings | None = None,
) -> Image:
    """`image` restored by a classical method or a trained model, in its own intensities.

    Planes, or volumes where there is Z, are restored one by one; large ones in tiles with a
    halo, which agree with the whole to 1e-3 of the range (see the documentation).
    What depends on the image as a whole, such as the number of iterations that a stopping rule
    allows or the scaling that a trained model needs, is decided once and is part of the recipe.

    Parameters
    ----------
    image : Image
        Grey values; its array may be lazy (Dask, Zarr) and is then read part by part.
    params : RestoreParams, optional
        Settings; default: the field defaults, which lack a PSF.
    progress : Progress, optional
        Called for every iteration of every block.
    region : tuple of slice, optional
        A part of the image, a slice of step 1 for every axis: the same pixels as that part of
        the whole result, without the rest; it carries no recipe for `rerun`.
    source_path : str or Path, optional
        The file that holds the image, for the recipe.
    target : Target, optional
        Where the result is written, for instance a Zarr array. Default: memory.
    compute : ComputeSettings, optional
        Device and threads.

    Returns
    -------
    Image
        The frame of `image`, or of its region, with the pixel size stated in `params`; its
        provenance is a recipe for `rerun`.

    Raises
    ------
    UserError
        No PSF where the method needs one, a PSF larger than the image, an unknown pixel size,
        pixels that are NaN or infinite, a model that is not there, damaged or for other images,
        too little memory.
    Cancelled
        Asked for through `progress`.

    Examples
    --------
    >>> import numpy as np
    >>> image = Image(np.full((64, 64), 7, np.uint8), scale=(0.1, 0.1), units=("um", "um"))
    >>> result = restore(image, RestoreParams(method="wiener", psf={"numerical_aperture": 1.2}))
    >>> result.scale, round(float(result.array[32, 32]), 3)
    ((0.1, 0.1), 7.0)
    """
    params, progress = params or RestoreParams(), progress or Progress()
    check_source(image.array)
    stated = state_scale(image, pixel_size_um=params.pixel_size_um, z_step_um=params.z_step_um)
    job = _prepare(stated, params, compute or ComputeSettings(), progress)
    parts = parse_region(region, image.shape)
    recording, settling, running = share_progress(progress, [3, 15, 82])
    source = record_source(image, recording, path=source_path) if region is None else {}
    with computed_with(job.compute):
        box, settled = job.settle(settling)
        pixels = job.run(box, settled, parts, target, running)
    provenance = _build(params, settled, source, job)
    return replace(
        place_region(replace(stated, array=pixels), parts, stated),
        name=f"{image.name or 'image'} · {job.title}",
        provenance=provenance,
    )


def restore_with_uncertainty(
    image: Image,
    params: RestoreParams,
    progress: Progress | None = None,
    *,
    source_path: str | Path | None = None,
    target: Target | None = None,
    uncertainty_target: Target | None = None,
    compute: ComputeSettings | None = None,
) -> tuple[Image, Image]:
    """`image` restored by a trained model, and the standard deviation of every pixel.

    Both at once; each carries a recipe of its own, as if `restore` had made it without and with
    the setting `uncertainty`.

    Parameters
    ----------
    image, params, progress, source_path, target, compute
        As for `restore`; the method is a trained model.
    uncertainty_target : Target, optional
        Where the standard deviations are written. Default: memory.

    Returns
    -------
    restored, uncertainty : Image
        A model that states a Laplace scale b has the standard deviation √2 · b; half of the
        interval that holds 90 % is then 1.63 times that.

    Raises
    ------
    UserError
        As for `restore`; the method is no trained model, or one that does not say how sure it is.
    """
    progress = progress or Progress()
    if not isinstance(params.method, LearnedSettings):
        raise UserError("Only trained models say how sure they are: choose one as the method.")
    both = [
        params.model_copy(update={"method": params.method.model_copy(update={"uncertainty": each})})
        for each in (False, True)
    ]
    check_source(image.array)
    stated = state_scale(image, pixel_size_um=params.pixel_size_um, z_step_um=params.z_step_um)
    compute = compute or ComputeSettings()
    jobs = [prepare_restore_model(stated, each, compute, progress) for each in both]
    recording, settling, running = share_progress(progress, [3, 15, 82])
    source = record_source(image, recording, path=source_path)
    _box, settled = jobs[0].settle(settling)
    whole = parse_region(None, image.shape)
    pixels = jobs[0].run_both(settled, whole, target, uncertainty_target, running)
    jobs[1].facts[:] = jobs[0].facts
    found = []
    for job, each, array in zip(jobs, both, pixels, strict=True):
        asked = each.method.model_dump(include={"uncertainty"})
        mine = replace(settled, settings=settled.settings.model_copy(update=asked))
        provenance = _build(each, mine, source, job)
        name = f"{image.name or 'image'} · {job.title}"
        found.append(replace(stated, array=array, name=name, provenance=provenance))
    return found[0], found[1]


def _prepare(
    image: Image, params: RestoreParams, compute: ComputeSettings, progress: Progress
) -> RestoreJob | RestoreModelJob:
    if isinstance(params.method, LearnedSettings):
        return prepare_restore_model(image, params, compute, progress)
    return prepare_restore(image, params, compute)


def _build(
    params: RestoreParams,
    settled: Settled,
    source: dict[str, Any],
    job: RestoreJob | RestoreModelJob,
) -> dict[str, Any]:  # Any: JSON
    """The recipe, with what was settled in place of what was asked for."""
    params = params.model_copy(update={"method": settled.settings})
    return build_provenance("restore", params, source, job.describe(settled))
