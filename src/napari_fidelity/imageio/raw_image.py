"""What a file format yields, before it is checked and given a frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import AXIS_LETTERS, default_axes
from napari_fidelity.core.shape_text import spell_shape
from napari_fidelity.imageio.provenance import Note


@dataclass(frozen=True)
class RawImage:
    """Pixels of one file and what it says about them.

    Parameters
    ----------
    array : ndarray
        Pixels as stored.
    axes : str
        A letter per axis, as the file names them: a later `S` is colour, `Q` and `I` are unknown.
    sizes : dict
        Pixel size and unit of the axes whose size the file states.
    name : str
        The image's own name, or empty.
    note : Note, optional
        What our writer added.
    warnings : tuple of str
        What a person must know about the reading.
    """

    array: np.ndarray[Any, Any]  # Any: every shape and dtype
    axes: str
    sizes: dict[str, tuple[float, str]] = field(default_factory=dict)
    name: str = ""
    note: Note | None = None
    warnings: tuple[str, ...] = ()


def is_colour(shape: tuple[int, ...], axes: str) -> bool:
    """Whether the last axis, or one called S, holds colours and not positions.

    Whole planes marked as red, green, blue (S first) are no colour image but channels: several
    programs mark any stack of three planes so. An unlabelled last axis of 3 or 4 behind two
    longer ones is colour: no microscope makes images that are 4 pixels wide.

    Examples
    --------
    >>> is_colour((64, 64, 3), "YXS"), is_colour((64, 64, 4), "QYX"), is_colour((3, 64, 64), "SYX")
    (True, True, False)
    """
    if "S" in axes[1:]:
        return True
    return len(shape) >= 3 and shape[-1] in (3, 4) and min(shape[-3:-1]) > 4


def refuse_colour(shape: tuple[int, ...], axes: str, name: str) -> None:
    """Raise a UserError naming the shape where `is_colour`."""
    if is_colour(shape, axes):
        spelled = spell_shape(shape)
        raise UserError(
            f"{name} is a colour image of shape {spelled}, a grey one is needed: "
            "save the channel you mean as a file of its own."
        )


def name_axes(axes: str, name: str) -> str:
    """Axes in letters of TCZYX: unknown ones take the last free letters of TZ, then C.

    Examples
    --------
    >>> name_axes("QYX", "cells.tif"), name_axes("QZYX", "cells.tif"), name_axes("TCYX", "a.tif")
    ('ZYX', 'TZYX', 'TCYX')
    """
    if len(axes) < 2:
        raise UserError(f"{name} holds a single row of numbers, not an image.")
    if all(letter not in AXIS_LETTERS for letter in axes[:-2]):
        return default_axes(len(axes))
    free = [letter for letter in "CTZ" if letter not in axes]
    unknown = [letter not in AXIS_LETTERS for letter in axes]
    if sum(unknown) > len(free):
        raise UserError(f"{name} has the axes {axes}: at most T, C, Z, Y and X are supported.")
    chosen = iter(free[len(free) - sum(unknown) :])
    return "".join(
        next(chosen) if is_unknown else letter
        for letter, is_unknown in zip(axes, unknown, strict=True)
    )
