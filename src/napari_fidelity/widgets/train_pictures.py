"""The previews of a run as three pictures: inputs, results, targets, one below the other."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.imageio import read_image
from napari_fidelity.training.run_folder import RunFolder

SIDE_PX = 768  # larger images are shown by their middle: a screen shows no more
MOST = 6  # images
GAP_PX = 6
PERCENTILES = (0.5, 99.8)

Pixels = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Pictures:
    """Previews of one validation.

    Parameters
    ----------
    step : int
        Of the results.
    inputs, results, targets : array of float32, (..., Y, X)
        The images one below the other; of equal shape.
    names : tuple of str
        From top to bottom.
    input_limits, target_limits : (float, float)
        Contrast that suits the inputs, and that suits targets and results.
    axes, scale, units
        Of the first target.
    is_cut : bool
        Whether only the middle of an image is shown.
    """

    step: int
    inputs: Pixels
    results: Pixels
    targets: Pixels
    names: tuple[str, ...]
    input_limits: tuple[float, float]
    target_limits: tuple[float, float]
    axes: str
    scale: tuple[float, ...]
    units: tuple[str, ...]
    is_cut: bool


class PictureReader:
    """Reads the newest previews of a run, once each."""

    def __init__(self, run: RunFolder) -> None:
        self._run = run
        self._shown: Path | None = None
        self._frame: _Frame | None = None

    def forget(self) -> None:
        """Give the newest again at the next reading."""
        self._shown = None

    def read(self) -> Pictures | None:
        """The newest previews; None where they were given before, or are not whole yet."""
        folders = self._run.list_previews()
        if not folders or folders[-1] == self._shown:
            return None
        newest = folders[-1]
        with suppress(UserError, OSError, ValueError):
            frame = self._frame or _read_frame(self._run.previews, newest)
            if frame is None:
                return None
            results = _stack(_read_all(newest, frame.names), frame.shape)
            self._frame, self._shown = frame, newest
            return frame.with_results(int(newest.name.removeprefix("step_")), results)
        return None


@dataclass(frozen=True, eq=False)
class _Frame:
    """What stays from validation to validation."""

    names: tuple[str, ...]
    shape: tuple[int, ...]
    inputs: Pixels
    targets: Pixels
    first: Image
    is_cut: bool

    def with_results(self, step: int, results: Pixels) -> Pictures:
        first = self.first
        return Pictures(
            step=step,
            inputs=self.inputs,
            results=results,
            targets=self.targets,
            names=self.names,
            input_limits=contrast_of(self.inputs),
            target_limits=contrast_of(self.targets),
            axes=first.axes,
            scale=first.scale,
            units=first.units,
            is_cut=self.is_cut,
        )


def contrast_of(pixels: Pixels) -> tuple[float, float]:
    """Limits that leave out the few extreme pixels; never equal.

    Examples
    --------
    >>> contrast_of(np.zeros((2, 2), np.float32))
    (0.0, 1.0)
    """
    some = pixels[..., :: max(1, pixels.shape[-2] // 512), :]
    finite = some[np.isfinite(some)]
    if finite.size == 0:
        return 0.0, 1.0
    low, high = (float(limit) for limit in np.percentile(finite, PERCENTILES))
    if high <= low:
        low, high = float(finite.min()), float(finite.max())
    return (low, high) if high > low else (low, low + 1.0)


def _read_frame(previews: Path, newest: Path) -> _Frame | None:
    """Inputs and targets of the images whose results are there."""
    names = sorted(path.stem for path in newest.glob("*.tif"))[:MOST]
    if not names:
        return None
    inputs, targets = (_read_all(previews / side, names) for side in ("inputs", "targets"))
    ndim = min(image.array.ndim for image in targets)
    shape = tuple(max(_cut(image, ndim).shape[axis] for image in targets) for axis in range(ndim))
    return _Frame(
        names=tuple(names),
        shape=shape,
        inputs=_stack(inputs, shape),
        targets=_stack(targets, shape),
        first=_frame_of(targets[0], ndim),
        is_cut=any(max(image.array.shape[-2:]) > SIDE_PX for image in targets),
    )


def _read_all(folder: Path, names: Sequence[str]) -> list[Image]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [read_image(folder / f"{name}.tif") for name in names]


def _stack(images: Sequence[Image], shape: tuple[int, ...]) -> Pixels:
    """The images one below the other, each in a box of `shape`; dark where there is nothing."""
    pixels = [_cut(image, len(shape)) for image in images]
    dark = min((float(part.min()) for part in pixels if part.size), default=0.0)
    height = len(images) * (shape[-2] + GAP_PX) - GAP_PX
    whole = np.full((*shape[:-2], height, shape[-1]), dark, np.float32)
    for number, part in enumerate(pixels):
        top = number * (shape[-2] + GAP_PX)
        box: list[Any] = [slice(0, size) for size in part.shape]  # Any: slices
        box[-2] = slice(top, top + part.shape[-2])
        whole[tuple(box)] = part
    return whole


def _cut(image: Image, ndim: int) -> Pixels:
    """The middle of an image, of so many axes: the first entry along those before."""
    array = image.array
    while array.ndim > ndim:
        array = array[0]
    box = [slice(None)] * (array.ndim - 2)
    for size in array.shape[-2:]:
        start = max(0, (size - SIDE_PX) // 2)
        box.append(slice(start, start + SIDE_PX))
    cut: Pixels = np.nan_to_num(np.asarray(array[tuple(box)], np.float32))
    return cut


def _frame_of(image: Image, ndim: int) -> Image:
    """The frame of the last axes of an image, around no pixels of its own."""
    empty = np.broadcast_to(np.float32(0), image.array.shape[-ndim:])
    return Image(
        empty, axes=image.axes[-ndim:], scale=image.scale[-ndim:], units=image.units[-ndim:]
    )
