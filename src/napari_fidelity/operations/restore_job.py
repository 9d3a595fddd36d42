"""A restoration made ready: its method, its PSF, its blocks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_fidelity.core.amount_text import spell_bytes
from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.physical_scale import spatial_scale_um
from napari_fidelity.core.pixel_type import to_pixel_type
from napari_fidelity.core.progress import Progress
from napari_fidelity.core.regions import Region
from napari_fidelity.core.shape_text import spell_shape
from napari_fidelity.inference.lazy_arrays import check_target
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.operations.progress_shares import share_progress
from napari_fidelity.operations.restore_blocks import (
    Block,
    Box,
    Floats,
    SpatialSource,
    choose_axes,
    choose_sample,
    plan_blocks,
)
from napari_fidelity.restoration.catalog import METHODS
from napari_fidelity.restoration.kernel import check_kernel_fits, trim_kernel
from napari_fidelity.restoration.spec import HaloPx, MethodSpec, RestorationSettings, Settled
from napari_fidelity.simulation.psf import MeasuredPsf, Psf, PsfSource, compute_psf, crop_psf

if TYPE_CHECKING:
    from napari_fidelity.inference.lazy_arrays import Target
    from napari_fidelity.operations.restore import RestoreParams


HELD_LIGHT = 0.99  # of a computed PSF, in the part that is used
VALUE_BYTES = 48  # of memory for each value of a block


@lru_cache(maxsize=4)  # a preview asks again at every move of the view
def _find_settled(
    digest: bytes,  # noqa: ARG001 - with the others the key under which the answer is kept
    shape: tuple[int, ...],  # noqa: ARG001
    settings: RestorationSettings,  # noqa: ARG001
    compute: ComputeSettings,  # noqa: ARG001
) -> list[Settled]:
    """Where the answer for a sample, known by its digest, is kept; empty until it is found."""
    return []


@dataclass(frozen=True, eq=False)
class RestoreJob:
    """A method, an image as planes or volumes, and a PSF that fits.

    Parameters
    ----------
    spec : MethodSpec
        The method.
    source : SpatialSource
        What is restored.
    psf : Psf, optional
        On the pixels of the image.
    params : RestoreParams
        What was asked for.
    compute : ComputeSettings
        Device and threads.
    """

    spec: MethodSpec
    source: SpatialSource
    psf: Psf | None
    params: RestoreParams
    compute: ComputeSettings

    @property
    def title(self) -> str:
        """What the result is called after."""
        return self.spec.title

    @property
    def kernel(self) -> Floats | None:
        """The pixels of the PSF."""
        return None if self.psf is None else self.psf.array

    def settle(self, progress: Progress) -> tuple[Box | None, Settled]:
        """The settings with what the image decides, and the part that decided."""
        settings = self.params.method
        if self.spec.settle is None:
            return None, Settled(settings)
        box = choose_sample(self.source)
        sample = self.source.read(box)
        kernel = b"" if self.kernel is None else self.kernel.tobytes()
        digest = sha256(sample.tobytes() + kernel).digest()
        found = _find_settled(digest, sample.shape, settings, self.compute)
        if not found:
            found.append(self.spec.settle(sample, settings, psf=self.kernel, progress=progress))
        return box, found[0]

    def run(
        self,
        sample: Box | None,
        settled: Settled,
        region: Region,
        target: Target | None,
        progress: Progress,
    ) -> Any:  # Any: an array of the target's kind
        """The restored pixels of a region."""
        shape = tuple(part.stop - part.start for part in region)
        dtype = np.dtype(self.params.dtype or "float32")
        blocks = plan_blocks(
            self.source.image.shape,
            self.source.axes,
            region,
            self._find_halo(settled.settings),
            self.params.tile_px,
        )
        self._check_memory(blocks, 0 if target is not None else dtype.itemsize * math.prod(shape))
        target = np.empty(shape, dtype) if target is None else target
        check_target(target, shape, self.source.image.array)
        for block, share in zip(blocks, share_progress(progress, [1] * len(blocks)), strict=True):
            known = settled.restored if block.read == sample else None
            restored = self._restore_block(block, settled.settings, known, share)
            place = tuple(
                slice(low - part.start, high - part.start)
                for (low, high), part in zip(block.written, region, strict=True)
            )
            target[self._index(place)] = to_pixel_type(restored, target.dtype)
        return target

    def describe(self, settled: Settled) -> dict[str, Any]:  # Any: JSON
        """What a reader wants to know beside the settings."""
        found: dict[str, Any] = {
            "method": {"key": self.spec.key, "title": self.spec.title},
            "restored": "volumes" if len(self.source.axes) == 3 else "planes",
            "found": dict(settled.facts),
        }
        if settled.notes:
            found["notes"] = list(settled.notes)
        if self.psf is not None:
            found["psf"] = {
                "shape": list(self.psf.array.shape),
                "scale_um": list(self.psf.scale_um),
                "warnings": list(self.psf.warnings),
            }
        return found

    def _find_halo(self, settings: RestorationSettings) -> HaloPx | None:
        kernel = self.kernel
        if kernel is not None and self.spec.measure_halo is not None:
            halo = self.spec.measure_halo(settings, kernel)
        else:
            halo = self.spec.halo_px(settings, None if kernel is None else kernel.shape)
        if isinstance(halo, tuple):
            return tuple(self.params.times * side for side in halo)
        return None if halo is None else self.params.times * halo

    def _check_memory(self, blocks: Sequence[Block], result_bytes: int) -> None:
        """Refuse what does not fit in memory: the result, and a block with what it takes."""
        # tensors are heavy to load: its module knows GPUs too
        from napari_fidelity.inference.working_memory import count_free_bytes

        values = math.prod(high - low for low, high in blocks[0].read)
        needed, free = result_bytes + VALUE_BYTES * values, count_free_bytes()
        if needed > free:
            size = spell_shape(self.source.image.shape)
            raise UserError(
                f"{self.spec.title} of an image of {size} pixels needs {spell_bytes(needed)} of "
                f"memory, {spell_bytes(free)} are free: write it to a Zarr folder (-o NAME.zarr), "
                "crop the image, or choose another method."
            )

    def _restore_block(
        self,
        block: Block,
        settings: RestorationSettings,
        known: Floats | None,
        progress: Progress,
    ) -> Floats:
        """What a block writes; `known` is the result of the first application, if there is one."""
        shares = share_progress(progress, [1] * self.params.times)
        values = self.source.read(block.read) if known is None else known
        for share in shares[known is not None :]:
            values = self.spec.run(values, settings, psf=self.kernel, progress=share)
        sides = [(block.read[axis], block.written[axis]) for axis in self.source.axes]
        return values[tuple(slice(a - low, b - low) for (low, _), (a, b) in sides)]

    def _index(self, place: Region) -> tuple[int | slice, ...]:
        """Numbers for the axes that are looped over."""
        axes = self.source.axes
        return tuple(part if axis in axes else part.start for axis, part in enumerate(place))


def prepare_restore(image: Image, params: RestoreParams, compute: ComputeSettings) -> RestoreJob:
    """The method with a PSF on the pixels of the image.

    Raises
    ------
    UserError
        The method lacks a PSF, the image its pixel size, or they do not fit each other.
    """
    spec = METHODS[params.method.kind]
    volume, psf = False, None
    if spec.needs_psf:
        if params.psf is None:
            raise UserError(
                f"{spec.title} needs a PSF: state the objective and the wavelength, or give a "
                "measured PSF."
            )
        psf = _make_psf(image, params, params.psf, volume=_wants_volume(image, params, spec))
        volume = psf.array.ndim == 3
    else:
        volume = _wants_volume(image, params, spec)
    source = SpatialSource(image, choose_axes(image, volume=volume))
    if psf is not None:
        check_kernel_fits(psf.array.shape, source.shape)
    return RestoreJob(spec, source, psf, params, compute)


def _wants_volume(image: Image, params: RestoreParams, spec: MethodSpec) -> bool:
    has_z = "Z" in image.axes and image.shape[image.axes.index("Z")] > 1
    if params.spatial == "volume" and not (has_z and spec.volumes):
        reason = f"{spec.title} restores planes" if has_z else "the image has no Z"
        raise UserError(f"Volumes cannot be restored here, {reason}: choose planes or auto.")
    if params.spatial == "auto":  # what only averages neighbours does not look across planes
        return has_z and spec.volumes and spec.needs_psf and not _is_plane(params.psf)
    return params.spatial == "volume"


def _is_plane(psf: PsfSource | None) -> bool:
    """Whether a measured PSF says that it has no Z."""
    if not isinstance(psf, MeasuredPsf):
        return False
    return len(psf.scale_um or psf.shape) == 2


def _make_psf(image: Image, params: RestoreParams, source: PsfSource, *, volume: bool) -> Psf:
    z_step_um = params.z_step_um if volume else params.z_step_um or 1.0  # planes have no use of it
    scale_um = spatial_scale_um(image, pixel_size_um=params.pixel_size_um, z_step_um=z_step_um)
    psf = compute_psf(source, scale_um if volume else scale_um[-2:])
    if isinstance(source, MeasuredPsf):
        return psf
    # How far a computed one reaches is our own choice; that it is cut to the image is told.
    trimmed = replace(psf, array=trim_kernel(psf.array, HELD_LIGHT))
    return crop_psf(trimmed, [image.shape[axis] for axis in choose_axes(image, volume=volume)])
