"""Pixels with everything that must not be lost on the way: axes, pixel size, unit, origin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np

from napari_fidelity.core.errors import UserError

AXIS_LETTERS = "TCZYX"
ValueT = TypeVar("ValueT")


@dataclass(frozen=True, eq=False)
class Image:
    """A grey image, stack or mask with its physical frame and its history.

    Parameters
    ----------
    array : ndarray
        Pixels; its last two axes are Y and X.
    axes : str
        One letter of `TCZYX` per axis, such as `"ZYX"`. Default: the last letters of `TZYX`.
    scale : tuple of float
        Size of a pixel along each axis, in `units`. Default: ones.
    units : tuple of str
        Unit of each axis, such as `"micrometer"`, `"second"` or `"pixel"`.
    translate : tuple of float
        Position of the first pixel, in `units`. Default: zeros.
    origin : tuple of int
        Index of the first pixel in the image that this one was cropped from; keyed noise
        uses it, so that crop-then-run equals run-then-crop. Default: zeros.
    name : str
        What a person calls it.
    provenance : mapping
        How it was made: operation, settings, model, seed, versions, source.

    Raises
    ------
    UserError
        The axes do not fit the array.
    """

    array: np.ndarray[Any, Any]  # Any: every shape and dtype is an image
    axes: str = ""
    scale: tuple[float, ...] = ()
    units: tuple[str, ...] = ()
    translate: tuple[float, ...] = ()
    origin: tuple[int, ...] = ()
    name: str = ""
    provenance: Mapping[str, Any] = field(default_factory=dict)  # Any: values are JSON

    def __post_init__(self) -> None:
        ndim = self.array.ndim
        if ndim < 2:
            raise UserError(f"{self.name or 'The image'} has {ndim} axes: an image needs Y and X.")
        axes = self.axes or default_axes(ndim)
        if len(axes) != ndim or len(set(axes)) != ndim or axes[-2:] != "YX":
            raise UserError(
                f"Axes {axes!r} do not fit an array of shape {self.shape}: "
                "give one letter per axis, ending in YX."
            )
        put = object.__setattr__
        put(self, "axes", axes)
        put(self, "scale", _fill(self.scale, 1.0, ndim, "scale"))
        put(self, "units", _fill(self.units, "pixel", ndim, "units"))
        put(self, "translate", _fill(self.translate, 0.0, ndim, "translate"))
        put(self, "origin", _fill(self.origin, 0, ndim, "origin"))

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of pixels along each axis."""
        return tuple(self.array.shape)

    def with_array(self, array: np.ndarray[Any, Any], **changes: Any) -> Image:
        """The same frame around other pixels of equal shape; `changes` replace other fields."""
        if array.shape != self.array.shape:
            raise ValueError(f"shape {array.shape} does not fit the frame of {self.shape}")
        return replace(self, array=array, **changes)


def default_axes(ndim: int) -> str:
    """Axis letters assumed where nothing says otherwise: the last `ndim` of TCZYX, C left out."""
    if not 2 <= ndim <= len(AXIS_LETTERS):
        raise UserError(f"An image with {ndim} axes is not supported: 2 to 5 axes are.")
    return AXIS_LETTERS if ndim == 5 else "TZYX"[-ndim:]


def _fill(values: tuple[ValueT, ...], default: ValueT, ndim: int, what: str) -> tuple[ValueT, ...]:
    if values and len(values) != ndim:
        raise UserError(f"{what} {tuple(values)} has {len(values)} entries for {ndim} axes.")
    return tuple(values) or (default,) * ndim


def check_same_frame(test: Image, reference: Image) -> None:
    """Refuse two images that do not lie on the same pixels.

    Raises
    ------
    UserError
        Different shape, scale or position; the sentence names both.
    """
    for what in ("shape", "scale", "translate"):
        mine, other = getattr(test, what), getattr(reference, what)
        same = mine == other if what == "shape" else np.allclose(mine, other, rtol=1e-6)
        if not same:
            raise UserError(
                f"{test.name or 'The image'} has {what} {_spell(mine)}, "
                f"{reference.name or 'the reference'} has {_spell(other)}: "
                f"pick two of equal {what}."
            )


def _spell(values: tuple[float, ...]) -> str:
    return "×".join(f"{value:g}" for value in values)
