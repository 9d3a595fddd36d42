"""Whole validation images as a network and its metrics see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import numpy.typing as npt

from napari_fidelity.inference.normalisation import Scaling
from napari_fidelity.training.consistency import know_pixel_size
from napari_fidelity.training.degraded_inputs import VALIDATION_VARIANT, Degrader
from napari_fidelity.training.training_fields import Field
from napari_fidelity.training.training_image import Plane, encode_labels

LARGEST_PX = {2: (512, 512), 3: (64, 256, 256)}  # of an image that a run scores: its middle
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Example:
    """One validation image, a plane or in 3-D a volume.

    Parameters
    ----------
    name, group : str
        As in the table of the data.
    inputs, targets : ndarray of float32, (C, *S)
        Scaled as in batches; masks as inputs are foreground and boundary, as targets 0 and 1.
    paired : bool
        Whether both show the same field; else no paired metric can be measured.
    mask : ndarray of bool, (*S), optional
        Foreground, where the task knows one.
    input_scaling, target_scaling : Scaling
        Undone they give the files' own units.
    pixel_size, units : tuple
        Of the spatial axes.
    """

    name: str
    group: str
    inputs: Floats
    targets: Floats
    paired: bool
    mask: npt.NDArray[np.bool_] | None
    input_scaling: Scaling
    target_scaling: Scaling
    pixel_size: tuple[float, ...]
    units: tuple[str, ...]


def show_field(
    first: Field,
    second: Field,
    degrader: Degrader | None = None,
    largest: tuple[int, ...] | None = None,
) -> Example:
    """The example that the input of one field and the target of another make, mostly the same.

    A degradation makes its input with a seed that depends on its name alone.

    Parameters
    ----------
    first, second : Field
        The same field where both sides are known; else the middles of both, in equal size.
    degrader : Degrader, optional
        Makes the input of a field that has none.
    largest : tuple of int, optional
        Read no more than so many pixels along each axis, from the middle.
    """
    plane, other = first.input, second.find_side(is_input=False)
    size = [
        min(sides) for sides in zip(first.shape, other.shape, largest or first.shape, strict=True)
    ]
    if plane is None:
        assert degrader is not None
        plane = other
        variant = degrader.find_variant(plane, VALIDATION_VARIANT)
        seed = crc32(first.name.encode())
        inputs, targets = degrader.read(plane, variant, seed, *find_middle(plane, size))
        scalings = (variant.input_scaling, variant.target_scaling)
    else:
        inputs, targets = _show_input(plane, size), _show_target(other, size)
        scalings = (plane.image.scaling, other.image.scaling)
    mask = targets[0] > 0 if other.image.is_mask else None
    pixel_size, units = _find_pixel_size(plane, other)
    return Example(
        name=first.name,
        group=first.group,
        inputs=inputs,
        targets=targets,
        paired=first is second,
        mask=inputs[0] > 0 if plane.image.is_mask else mask,
        input_scaling=scalings[0],
        target_scaling=scalings[1],
        pixel_size=pixel_size,
        units=units,
    )


def find_middle(plane: Plane, size: Sequence[int]) -> tuple[list[int], list[int]]:
    """The box of that size in the middle: where it begins and ends."""
    start = [(whole - side) // 2 for whole, side in zip(plane.shape, size, strict=True)]
    return start, [first + side for first, side in zip(start, size, strict=True)]


def _show_input(plane: Plane, size: Sequence[int]) -> Floats:
    if not plane.image.is_mask:
        return plane.read_image(*find_middle(plane, size))
    # a pixel more around: boundaries are the same as in the whole mask
    return np.ascontiguousarray(
        encode_labels(plane.read_labels(*find_middle(plane, size), margin=1))[..., 1:-1, 1:-1]
    )


def _show_target(plane: Plane, size: Sequence[int]) -> Floats:
    if plane.image.is_mask:
        return (plane.read_labels(*find_middle(plane, size)) > 0).astype(np.float32)
    return plane.read_image(*find_middle(plane, size))


def _find_pixel_size(plane: Plane, other: Plane) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Of the target, or of the input where only that knows it."""
    return (plane if know_pixel_size(plane) and not know_pixel_size(other) else other).pixel_size()
