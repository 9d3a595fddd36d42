"""PSFs that were measured: their pixels kept in settings, and put on other pixels."""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tifffile
from scipy import ndimage

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.physical_scale import spatial_scale_um
from napari_fidelity.simulation.psf.kernel import Psf, build_psf, centred
from napari_fidelity.simulation.psf.settings import MeasuredPsf

Doubles = npt.NDArray[np.float64]
SAME_SIZE = 1e-3  # relative difference of pixel sizes that is none
HIGH_BACKGROUND = 0.02  # of the peak
OFF_CENTRE_PX = 1.0
SIZE_UNSTATED = "The pixel size of the PSF is not stated: the image's is taken."


def psf_from_image(
    image: Image, *, pixel_size_um: float | None = None, z_step_um: float | None = None
) -> Psf:
    """The PSF that an image of a point shows, YX or ZYX, as it stands: nothing is centred.

    Raises
    ------
    UserError
        Its pixel size is unknown, it has time or channels, or `build_psf` refuses its values.

    Examples
    --------
    >>> point = np.zeros((9, 9)); point[4, 4] = 7
    >>> psf_from_image(Image(point), pixel_size_um=0.1).scale_um
    (0.1, 0.1)
    """
    axes = [(letter, side) for letter, side in zip(image.axes, image.shape, strict=True)]
    if any(side > 1 for letter, side in axes if letter not in "ZYX"):
        raise UserError(
            f"{image.name or 'The PSF'} has axes {image.axes}: choose one plane or volume of it."
        )
    sizes = spatial_scale_um(image, pixel_size_um=pixel_size_um, z_step_um=z_step_um)
    values = image.array.reshape([side for letter, side in axes if letter in "ZYX"])
    if values.ndim == 3 and values.shape[0] == 1:
        values, sizes = values[0], sizes[1:]
    return build_psf(values, sizes, list_measured_warnings(values))


def list_measured_warnings(values: npt.NDArray[np.generic]) -> list[str]:
    """Sentences about a PSF that stands on a background, or not in the middle."""
    numbers = values.astype(np.float64)
    peak = float(numbers.max(initial=0))
    if values.ndim not in (2, 3) or max(values.shape) == 1:  # none, or one without a rim
        return []
    if not np.isfinite(peak) or peak <= 0:
        return []
    said = []
    rim = float(np.median(np.concatenate([numbers[..., 0, :], numbers[..., -1, :]])))
    if rim > HIGH_BACKGROUND * peak:
        said.append(
            f"The PSF stands on a background of {rim / peak:.0%} of its peak: subtract it first."
        )
    bright = np.where(numbers >= peak / 2, numbers, 0)
    centre = np.array(ndimage.center_of_mass(bright))
    away = float(np.abs(centre - (np.array(numbers.shape) - 1) / 2).max())
    if away > OFF_CENTRE_PX:
        said.append(
            f"The bright part of the PSF lies {away:.1f} pixels off its middle: images will be "
            "shifted by that."
        )
    return said


def pack_psf(psf: Psf) -> MeasuredPsf:
    """Settings that carry the pixels of `psf` themselves, for files that stand alone.

    Examples
    --------
    >>> psf = build_psf(np.eye(3), (0.1, 0.1))
    >>> bool((unpack_pixels(pack_psf(psf)) == psf.array).all())
    True
    """
    packed = zlib.compress(np.ascontiguousarray(psf.array, "<f4").tobytes(), 9)
    return MeasuredPsf(
        pixels=base64.b64encode(packed).decode("ascii"),
        shape=psf.array.shape,
        scale_um=psf.scale_um,
    )


def unpack_pixels(source: MeasuredPsf) -> npt.NDArray[np.float32]:
    """The pixels that `pack_psf` put into settings.

    Raises
    ------
    UserError
        They are damaged or do not fit the shape.
    """
    try:
        raw = zlib.decompress(base64.b64decode(source.pixels, validate=True))
        return np.frombuffer(raw, "<f4").reshape(source.shape).astype(np.float32)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise UserError("The packed pixels of the PSF are damaged: load the PSF again.") from error


def stamp_file(source: MeasuredPsf) -> tuple[int, int]:
    """What changes when the file of a measured PSF does: its time and size; zeros if packed.

    Raises
    ------
    UserError
        There is no such file, or neither file nor pixels are given.
    """
    if source.pixels:
        return 0, 0
    if not source.path:
        raise UserError("The measured PSF has neither a file nor pixels: choose its file.")
    try:
        status = Path(source.path).stat()
    except OSError:
        raise UserError(f"There is no PSF file {source.path}.") from None
    return status.st_mtime_ns, status.st_size


def hash_file(path: str | Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _read_pixels(source: MeasuredPsf) -> npt.NDArray[np.generic]:
    if source.pixels:
        return unpack_pixels(source)
    name = Path(source.path).name
    if source.sha256 and hash_file(source.path) != source.sha256:
        raise UserError(f"{name} is not the PSF it was: its content has changed, choose it again.")
    try:
        if name.lower().endswith(".npy"):
            return np.asarray(np.load(source.path, allow_pickle=False))
        return np.asarray(tifffile.imread(source.path))
    except (OSError, ValueError, tifffile.TiffFileError) as error:
        raise UserError(f"{name} cannot be read as a PSF: give a TIFF or .npy file.") from error


def place_measured(
    source: MeasuredPsf,
    scale_um: Sequence[float],
    defocus_um: float,
    shape: tuple[int, ...] | None,
    stamp: tuple[int, int],  # noqa: ARG001 - part of the key under which the result is kept
) -> Psf:
    """A measured PSF on pixels of another size, by cubic splines; see `compute_psf`.

    A plane is taken from a volume at the focus, its middle, plus `defocus_um`.
    """
    values, stated = _drop_single_axes(_read_pixels(source), source.scale_um)
    sizes = stated or tuple(scale_um[-values.ndim :])
    said = [] if source.scale_um else [SIZE_UNSTATED]
    if values.ndim == len(scale_um) + 1 and not source.scale_um:
        raise UserError(
            "The measured PSF is a volume whose pixel size is not stated, planes are blurred: "
            "state its sizes along Z, Y and X, or take a plane of it."
        )
    own = build_psf(values, sizes, list_measured_warnings(values))
    return resample_psf(own, scale_um, defocus_um=defocus_um, shape=shape, warnings=said)


def _drop_single_axes(
    values: npt.NDArray[np.generic], sizes: tuple[float, ...]
) -> tuple[npt.NDArray[np.generic], tuple[float, ...]]:
    """Without axes of a single pixel, nor the size along a single plane; two axes are left."""
    while values.ndim > 2 and 1 in values.shape and values.ndim != len(sizes):
        values = np.squeeze(values, axis=values.shape.index(1))
    if values.ndim == len(sizes) == 3 and values.shape[0] == 1:
        return values[0], sizes[1:]
    return values, sizes


def resample_psf(
    psf: Psf,
    scale_um: Sequence[float],
    *,
    defocus_um: float = 0.0,
    shape: tuple[int, ...] | None = None,
    warnings: Sequence[str] = (),
) -> Psf:
    """`psf` on other pixels; `shape` cuts it or adds zeros around it. See `place_measured`.

    Raises
    ------
    UserError
        A volume, or a plane out of focus, is asked of a plane.
    """
    said = [*psf.warnings, *warnings]
    plane = len(scale_um) == 2
    if psf.array.ndim == 2 and (not plane or defocus_um):
        wanted = "a plane out of focus" if plane else "a volume"
        raise UserError(f"The measured PSF is a single plane: {wanted} cannot be made from it.")
    target = (psf.scale_um[0], *scale_um) if plane and psf.array.ndim == 3 else tuple(scale_um)
    half = [(side // 2) * own / new for side, own, new in _pairs(psf, target)]
    sides = [2 * int(reach + 1e-6) + 1 for reach in half]
    grids = [
        (np.arange(count) - count // 2) * new / own + side // 2
        for count, (side, own, new) in zip(sides, _pairs(psf, target), strict=True)
    ]
    if plane and psf.array.ndim == 3:
        reach = psf.array.shape[0] // 2 * psf.scale_um[0]
        if abs(defocus_um) > reach:
            raise UserError(
                f"The measured PSF reaches {reach:g} µm from focus: a defocus of {defocus_um:g} "
                "µm is not in it."
            )
        grids[0] = np.array([psf.array.shape[0] // 2 + defocus_um / psf.scale_um[0]])
    values: Doubles = psf.array.astype(np.float64)
    unchanged = np.allclose(target, psf.scale_um, rtol=SAME_SIZE) and not defocus_um
    if not unchanged:
        values = ndimage.map_coordinates(values, np.meshgrid(*grids, indexing="ij"), order=3)
        said.append("The measured PSF was resampled to the pixels of the image.")
    elif plane and psf.array.ndim == 3:
        values = values[psf.array.shape[0] // 2][None]
    if plane and values.ndim == 3:
        values = values[0]
    return build_psf(_fit(values, shape), tuple(scale_um), said)


def _pairs(psf: Psf, target: Sequence[float]) -> list[tuple[int, float, float]]:
    return list(zip(psf.array.shape, psf.scale_um, target, strict=True))


def _fit(values: Doubles, shape: tuple[int, ...] | None) -> Doubles:
    if shape is None:
        return values
    kept = [min(side, wanted) for side, wanted in zip(values.shape, shape, strict=True)]
    values = values[centred(values.shape, kept)]
    margins = [(wanted - side) // 2 for side, wanted in zip(kept, shape, strict=True)]
    return np.pad(values, [(margin, margin) for margin in margins])
