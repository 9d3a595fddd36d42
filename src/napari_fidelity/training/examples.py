"""Whole validation images as a network and its metrics see them."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np
import numpy.typing as npt

from napari_fidelity.inference.normalisation import Scaling
from napari_fidelity.training.consistency import know_pixel_size
from napari_fidelity.training.degraded_inputs import VALIDATION_VARIANT, Degrader
from napari_fidelity.training.training_fields import Field
from napari_fidelity.training.training_image import Plane, encode_labels

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Example:
    """One whole validation image, a plane or in 3-D a volume.

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


def show_field(first: Field, second: Field, degrader: Degrader | None = None) -> Example:
    """The example that the input of one field and the target of another make, mostly the same.

    A degradation makes its input with a seed that depends on its name alone.
    """
    plane, other = first.input, second.find_side(is_input=False)
    if plane is None:
        assert degrader is not None
        plane = other
        variant = degrader.find_variant(plane, VALIDATION_VARIANT)
        zero = (0,) * len(plane.shape)
        seed = crc32(first.name.encode())
        inputs, targets = degrader.read(plane, variant, seed, zero, plane.shape)
        scalings = (variant.input_scaling, variant.target_scaling)
    else:
        inputs, targets = _cut_alike(_show_input(plane), _show_target(other))
        scalings = (plane.image.scaling, other.image.scaling)
    size, units = _find_pixel_size(plane, other)
    mask = targets[0] > 0 if other.image.is_mask else None
    return Example(
        name=first.name,
        group=first.group,
        inputs=inputs,
        targets=targets,
        paired=first is second,
        mask=inputs[0] > 0 if plane.image.is_mask else mask,
        input_scaling=scalings[0],
        target_scaling=scalings[1],
        pixel_size=size,
        units=units,
    )


def _cut_alike(inputs: Floats, targets: Floats) -> tuple[Floats, Floats]:
    """The middle of both that is as large as the smaller one; those of a pair stay whole."""
    sides = [min(pair) for pair in zip(inputs.shape[1:], targets.shape[1:], strict=True)]

    def cut(array: Floats) -> Floats:
        starts = [(whole - side) // 2 for whole, side in zip(array.shape[1:], sides, strict=True)]
        box = tuple(slice(a, a + side) for a, side in zip(starts, sides, strict=True))
        return array[(slice(None), *box)]

    return cut(inputs), cut(targets)


def _whole(plane: Plane) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return (0,) * len(plane.shape), plane.shape


def _show_input(plane: Plane) -> Floats:
    if plane.image.is_mask:
        return encode_labels(plane.read_labels(*_whole(plane)))
    return plane.read_image(*_whole(plane))


def _show_target(plane: Plane) -> Floats:
    if plane.image.is_mask:
        return (plane.read_labels(*_whole(plane)) > 0).astype(np.float32)
    return plane.read_image(*_whole(plane))


def _find_pixel_size(plane: Plane, other: Plane) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Of the target, or of the input where only that knows it."""
    return (plane if know_pixel_size(plane) and not know_pixel_size(other) else other).pixel_size()
