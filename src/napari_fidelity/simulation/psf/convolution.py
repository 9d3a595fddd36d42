"""Convolution of an image with a PSF, fast and without ghosts from the opposite border.

Overlap–save: the image is cut into tiles that fit the processor's cache, each with the halo that
the PSF reaches, mirrored at the image's border; the PSF is transformed once at a tile's size.
SciPy's transform with threads is as fast as PyTorch's on a processor and needs no second to load;
on a GPU PyTorch's is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import product
from math import ceil
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import fft

from napari_fidelity.core.cores import count_cores
from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Progress
from napari_fidelity.core.shape_text import spell_shape

Floats = npt.NDArray[np.float32]
Boundary = Literal["reflect", "nearest", "zero"]
Filter = Callable[[Floats], Floats]

_PADDING: dict[str, Any] = {"reflect": "symmetric", "nearest": "edge", "zero": "constant"}
TILE_PX = {1: 4096, 2: 640, 3: 224}  # largest side of a transform that stays quick
LARGEST_TILES = 4096


class Place(NamedTuple):
    """What a tile reads, by how much that is padded, and where its result goes."""

    read: tuple[slice, ...]
    margins: tuple[tuple[int, int], ...]
    write: tuple[slice, ...]


class Tile(NamedTuple):
    """A place in one plane or volume, and in its result."""

    source: npt.NDArray[Any]
    target: Floats
    place: Place

    def read(self) -> Floats:
        """The pixels as float32; UserError if one is not finite."""
        with np.errstate(over="ignore"):  # beyond float32 is infinite
            piece = self.source[self.place.read].astype(np.float32, copy=False)
        if not np.isfinite([piece.min(), piece.max()]).all():  # either is NaN if any pixel is
            raise UserError("The image holds NaN or infinite values: replace them first.")
        return piece


def convolve_with_psf(
    array: npt.ArrayLike,
    psf: npt.NDArray[Any],
    *,
    boundary: Boundary = "reflect",
    progress: Progress | None = None,
    device: str = "cpu",
    threads: int | None = None,
) -> Floats:
    """`array` convolved with `psf` over its last axes; every plane or volume before them alike.

    Parameters
    ----------
    array : array_like
        Real numbers; at least as many axes as the PSF, and no side smaller than the PSF's.
    psf : ndarray
        YX or ZYX, odd sides; its middle pixel is the point.
    boundary : {"reflect", "nearest", "zero"}
        What lies beyond the border: the image mirrored (with a PSF of sum 1 no light is lost),
        its last pixel, or nothing.
    progress : Progress, optional
        Told after each tile; may cancel.
    device : str
        "cpu", or a device of PyTorch such as "cuda".
    threads : int, optional
        Cores to use. Default: those that the process may use.

    Returns
    -------
    ndarray of float32
        Of the shape of `array`, within about 1e-6 of its largest value of the exact result; not
        negative where neither input is.

    Raises
    ------
    UserError
        The PSF is larger than the image, has even sides or more axes, or a value is not finite.

    Examples
    --------
    >>> point = np.zeros((9, 9)); point[0, 4] = 1
    >>> blurred = convolve_with_psf(point, np.full((3, 3), 1 / 9))
    >>> (9 * blurred[:2, 3:6]).round().tolist(), round(float(blurred.sum()), 5)
    ([[2.0, 2.0, 2.0], [1.0, 1.0, 1.0]], 1.0)
    """
    values = np.asarray(array)
    kernel = np.asarray(psf, np.float32)
    check_psf_fits(kernel.shape, values.shape)
    if not np.isfinite(kernel).all():
        raise UserError("The PSF holds NaN or infinite values: replace them first.")
    ndim = kernel.ndim
    leading, sides = values.shape[: values.ndim - ndim], values.shape[values.ndim - ndim :]
    lengths, steps = zip(
        *(
            choose_tile(side, psf_side, TILE_PX[ndim])
            for side, psf_side in zip(sides, kernel.shape, strict=True)
        ),
        strict=True,
    )
    result = np.empty(values.shape, np.float32)
    tiles = [
        Tile(values[index], result[index], place)
        for index in np.ndindex(leading)
        for place in _list_places(sides, kernel.shape, steps)
    ]
    cores = threads or count_cores()
    together = min(cores, len(tiles)) if device == "cpu" else 1
    apply = _prepare_filter(kernel, lengths, device, max(cores // together, 1))
    never_negative = bool(kernel.min() >= 0)

    def convolve(tile: Tile) -> None:
        piece = tile.read()
        padded = np.pad(piece, tile.place.margins, mode=_PADDING[boundary])
        blurred = apply(padded)
        if never_negative and piece.min() >= 0:  # rounding makes tiny negative values
            np.maximum(blurred, 0, out=blurred)
        tile.target[tile.place.write] = blurred

    _run_all(convolve, tiles, together, progress or Progress())
    return result


def reach_px(psf: npt.NDArray[Any]) -> tuple[int, ...]:
    """Pixels by which a PSF reaches beyond its middle along each axis: the halo it needs.

    Examples
    --------
    >>> reach_px(np.ones((5, 9)))
    (2, 4)
    """
    return tuple(side // 2 for side in psf.shape)


def check_psf_fits(psf_shape: Sequence[int], image_shape: Sequence[int]) -> None:
    """Refuse a PSF that an image cannot be convolved with.

    Raises
    ------
    UserError
        It has even sides, more axes than the image, more than three, or is larger.

    Examples
    --------
    >>> check_psf_fits((65, 65), (64, 512))
    Traceback (most recent call last):
    ...
    napari_fidelity.core.errors.UserError: The PSF of 65×65 pixels is larger than the image ...
    """
    spelled, ndim = spell_shape(psf_shape), len(psf_shape)
    if not 1 <= ndim <= 3 or any(side % 2 == 0 for side in psf_shape):
        raise UserError(f"The PSF has shape {spelled}: up to three axes with odd sides are needed.")
    if ndim > len(image_shape):
        raise UserError(
            f"A PSF of {ndim} axes does not fit an image of {len(image_shape)}: use a plane's PSF."
        )
    sides = image_shape[len(image_shape) - ndim :]
    if any(psf > side for psf, side in zip(psf_shape, sides, strict=True)):
        raise UserError(
            f"The PSF of {spelled} pixels is larger than the image of {spell_shape(sides)}: choose "
            "a smaller shape of the PSF or a larger image."
        )


def choose_tile(side: int, psf_side: int, most: int) -> tuple[int, int]:
    """Length of a tile's transform, and how much of the result it brings, with the least work.

    Examples
    --------
    >>> choose_tile(2048, 65, 640)
    (576, 512)
    """
    halo = psf_side - 1
    limit = max(most, 3 * psf_side)
    best = (float("inf"), 0, 0)
    for count in range(1, min(side, LARGEST_TILES) + 1):
        step = ceil(side / count)
        length = fft.next_fast_len(step + halo, real=True)
        work = ceil(side / step) * length
        if length <= limit:
            best = min(best, (work, length, step))
        if work > 2 * best[0]:
            break
    return best[1], best[2]


def _list_places(
    sides: Sequence[int], psf_shape: Sequence[int], steps: Sequence[int]
) -> Iterator[Place]:
    axes = []
    for side, psf_side, step in zip(sides, psf_shape, steps, strict=True):
        reach, along = psf_side // 2, []
        for start in range(0, side, step):
            stop = min(start + step, side)
            low, high = start - reach, stop + reach
            read = slice(max(low, 0), min(high, side))
            along.append((read, (max(-low, 0), max(high - side, 0)), slice(start, stop)))
        axes.append(along)
    for parts in product(*axes):
        yield Place(*zip(*parts, strict=True))


def _run_all(
    convolve: Callable[[Tile], None], tiles: Sequence[Tile], together: int, progress: Progress
) -> None:
    """Call `convolve` for all tiles, some at a time; only this thread tells the progress."""
    if together == 1:
        for done, tile in enumerate(tiles, start=1):
            convolve(tile)
            progress(done, len(tiles), "Convolving")
        return
    with ThreadPoolExecutor(together) as pool:
        waiting = [pool.submit(convolve, tile) for tile in tiles]
        try:
            for done, future in enumerate(as_completed(waiting), start=1):
                future.result()
                progress(done, len(tiles), "Convolving")
        finally:
            for future in waiting:
                future.cancel()


def _prepare_filter(kernel: Floats, tile: Sequence[int], device: str, workers: int) -> Filter:
    """A function from a padded tile to the part of its convolution that is free of wrap-around."""
    halo = [side - 1 for side in kernel.shape]
    axes = tuple(range(kernel.ndim))
    if device != "cpu":
        return _prepare_torch(kernel, tile, device)
    spectrum = fft.rfftn(kernel, tile, axes)

    def apply(padded: Floats) -> Floats:
        # Axis by axis, so that zeros are not transformed nor what wraps around brought back.
        waves = fft.rfft(padded, tile[-1], workers=workers)
        for axis in reversed(axes[:-1]):
            waves = fft.fft(waves, tile[axis], axis, overwrite_x=True, workers=workers)
        waves *= spectrum
        valid = _valid(padded.shape, halo)
        for axis in axes[:-1]:
            waves = fft.ifft(waves, axis=axis, overwrite_x=True, workers=workers)
            waves = waves[(slice(None),) * axis + (valid[axis],)]
        whole = fft.irfft(waves, tile[-1], workers=workers)
        return np.asarray(whole[..., valid[-1]], np.float32)

    return apply


def _prepare_torch(kernel: Floats, tile: Sequence[int], device: str) -> Filter:
    import torch

    halo = [side - 1 for side in kernel.shape]
    size = tuple(tile)
    spectrum = torch.fft.rfftn(torch.from_numpy(kernel.copy()).to(device), size)

    def apply(padded: Floats) -> Floats:
        there = torch.from_numpy(np.ascontiguousarray(padded)).to(device)
        whole = torch.fft.irfftn(torch.fft.rfftn(there, size) * spectrum, size)
        return np.asarray(whole[_valid(padded.shape, halo)].cpu().numpy(), np.float32)

    return apply


def _valid(shape: Sequence[int], halo: Sequence[int]) -> tuple[slice, ...]:
    return tuple(slice(edge, side) for side, edge in zip(shape, halo, strict=True))
