"""How a patch is turned, mirrored, shifted and scaled: one geometry for inputs and targets."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_fidelity.data.settings import Augmentation

Pixels = npt.NDArray[Any]  # Any: every real dtype
SPLINE_MARGIN_PX = 6  # a cubic spline forgets its borders by a factor of 3.7 a pixel: to 0.04 %


@dataclass(frozen=True)
class Geometry:
    """Where a patch is cut from its image, and what then happens to it.

    Parameters
    ----------
    flips : tuple of bool
        Mirror along each spatial axis.
    turns : int
        Quarter turns in the plane of Y and X.
    angle : float
        A further turn in radians, around the patch's centre.
    factor : float
        How much larger structures become.
    shift : tuple of float
        Of the centre along Y and X, in pixels.
    """

    flips: tuple[bool, ...]
    turns: int = 0
    angle: float = 0.0
    factor: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)

    @property
    def interpolates(self) -> bool:
        """Whether pixels fall between pixels."""
        return bool(self.angle) or self.factor != 1 or any(self.shift)

    def measure_reach(self, patch: tuple[int, ...]) -> tuple[int, ...]:
        """Sides of the box around the patch's centre that is read, (Z,) Y, X."""
        if not self.interpolates:
            return patch
        matrix = np.abs(self._matrix())
        half = matrix @ (np.array(patch[-2:]) / 2) + np.abs(self.shift) + SPLINE_MARGIN_PX
        # as odd or even as the patch: both have the same centre
        sides = [
            math.ceil(2 * h) + (math.ceil(2 * h) - p) % 2
            for h, p in zip(half, patch[-2:], strict=True)
        ]
        return (*patch[:-2], *sides)

    def without_interpolation(self) -> Geometry:
        """The part of it that loses nothing and needs no larger box."""
        return Geometry(self.flips, self.turns)

    def apply(self, pixels: Pixels, patch: tuple[int, ...], *, labels: bool) -> Pixels:
        """The patch in the middle of a box, as this geometry shows it.

        Parameters
        ----------
        pixels : ndarray, (C, *S)
            A box with the sides that `measure_reach` gives.
        patch : tuple of int
            Sides of the result.
        labels : bool
            Take the nearest pixel; else a cubic spline goes through the pixels.
        """
        if self.interpolates:
            pixels = self._interpolate(pixels, patch, order=0 if labels else 3)
        for axis, flip in enumerate(self.flips, 1):
            pixels = np.flip(pixels, axis) if flip else pixels
        return np.rot90(pixels, self.turns, (-2, -1)) if self.turns else pixels

    def _matrix(self) -> npt.NDArray[np.float64]:
        """From offsets in the patch to offsets in the image, along Y and X."""
        sin, cos = math.sin(self.angle), math.cos(self.angle)
        return np.array([[cos, -sin], [sin, cos]]) / self.factor

    def _interpolate(self, pixels: Pixels, patch: tuple[int, ...], order: int) -> Pixels:
        matrix = self._matrix()
        middle = (np.array(pixels.shape[-2:]) - 1) / 2 + self.shift
        offset = middle - matrix @ ((np.array(patch[-2:]) - 1) / 2)
        result = np.empty((*pixels.shape[:-2], *patch[-2:]), pixels.dtype)
        for index in np.ndindex(pixels.shape[:-2]):
            ndimage.affine_transform(
                pixels[index],
                matrix,
                offset,
                patch[-2:],
                output=result[index],
                order=order,
                mode="mirror",
            )
        return result


def draw_geometry(
    settings: Augmentation, patch: tuple[int, ...], rng: np.random.Generator
) -> Geometry:
    """One of the geometries that the settings allow.

    Quarter turns of a patch that is not square are half turns. Turns, factor and shift act
    within the plane of Y and X; Z is mirrored at most.
    """
    # every number is drawn whatever the settings: changing one of them moves no other
    flips = tuple(bool(coin) and settings.flips for coin in rng.integers(2, size=len(patch)))
    turns, angle = int(rng.integers(4)), float(rng.uniform(0, 2 * math.pi))
    low, high = settings.scale
    factor = math.exp(rng.uniform(math.log(low), math.log(high)))
    y, x = (float(s) for s in rng.uniform(-settings.shift_px, settings.shift_px, 2))
    if settings.rotations == "none":
        turns = 0
    elif patch[-1] != patch[-2]:
        turns = turns // 2 * 2
    return Geometry(
        flips=flips,
        turns=turns,  # with any angle too: they are left where an image has no room for that
        angle=angle if settings.rotations == "any" else 0.0,
        factor=1.0 if low == high == 1 else factor,
        shift=(y, x) if settings.shift_px else (0.0, 0.0),
    )


def draw_intensity(settings: Augmentation, rng: np.random.Generator) -> tuple[float, float]:
    """A factor, and what is added to scaled intensities."""
    gain = math.exp(rng.uniform(*np.log(settings.gain)))
    return gain, float(rng.uniform(*settings.offset))
