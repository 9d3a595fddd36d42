"""What a person should know about the images before hours are spent on them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_fidelity.core.shape_text import spell_shape
from napari_fidelity.data.augmentation import Geometry
from napari_fidelity.data.image_names import spell_names
from napari_fidelity.data.split import TRAIN, VALIDATION
from napari_fidelity.training.examples import Example, find_middle
from napari_fidelity.training.patch_sampler import group_fields
from napari_fidelity.training.training_data import TrainingData
from napari_fidelity.training.training_fields import Field, holds_patch
from napari_fidelity.training.training_image import Plane

SATURATED_SHARE = 0.01  # many programs saturate 0.35 % when they stretch
FEW_TRAINING_GROUPS, FEW_VALIDATION_GROUPS = 5, 2
DIFFERENT_RANGE = 4.0  # fold
SHIFT_PX = 0.5
FLAT_SHARE = 0.9
LOOKED_AT = 8  # images that pixels are compared of
COMPARED_PX, COMPARED_PLANES = 256, 4  # sides of what is compared
SMOOTH_PX = 1.0

Floats = npt.NDArray[np.float32]


def list_warnings(data: TrainingData) -> list[str]:
    """A sentence for each thing that is odd; none where everything is as it should be."""
    found = list(data.notes)
    for warn in (
        _warn_background,
        _warn_saturation,
        _warn_room,
        _warn_labels,
        _warn_groups,
        _warn_ranges,
    ):
        found += warn(data)
    if data.task == "restoration" and data.paired:
        examples = data.list_validation(LOOKED_AT, _choose_size(data.spatial_dims))
        found += [*_warn_identical(examples), *_warn_shift(examples)]
    return found


def _choose_size(dims: int) -> tuple[int, ...]:
    """What is compared: a square, of volumes some planes of it."""
    return (COMPARED_PLANES,) * (dims - 2) + (COMPARED_PX, COMPARED_PX)


def _warn_background(data: TrainingData) -> Iterator[str]:
    fields = data.fields[TRAIN]
    empty = [field.name for field in fields if not len(field.places.corners)]
    if empty:
        what = "no patch with a mask" if data.task != "restoration" else "nothing above the noise"
        yield (
            f"{len(empty)} of {len(fields)} training images show {what} "
            f"({spell_names(empty)}): patches are drawn there as background only."
        )


def _warn_saturation(data: TrainingData) -> Iterator[str]:
    images = {
        plane.image
        for field in data.fields[TRAIN]
        for plane in (field.input, field.target)
        if plane is not None and not plane.image.is_mask
    }
    saturated = [i.path for i in images if i.saturated_share > SATURATED_SHARE]
    found = sorted(f"{path.parent.name}/{path.name}" for path in saturated)
    if found:
        yield (
            f"{len(found)} files have more than {SATURATED_SHARE:.0%} of their pixels at the end "
            f"of their range ({spell_names(found)}): what is saturated cannot be learned."
        )


def _warn_room(data: TrainingData) -> Iterator[str]:
    settings = data.settings.augmentation
    worst = Geometry(
        (False,) * data.spatial_dims,
        angle=math.pi / 4 if settings.rotations == "any" else 0.0,
        factor=settings.scale[0],
        shift=(settings.shift_px, settings.shift_px),
    )
    reach = worst.measure_reach(data.patch_px)
    small = [field.name for field in data.fields[TRAIN] if not holds_patch(field.main, reach)]
    if small:
        yield (
            f"{len(small)} training images are smaller than {spell_shape(reach)} pixels, which "
            f"turned, shifted and scaled patches need ({spell_names(small)}): some of their "
            "patches are mirrored and turned by quarters alone."
        )


def _warn_labels(data: TrainingData) -> Iterator[str]:
    """Images whose neighbouring pixels are nearly all equal, as no recorded image's are."""
    for side, is_input in (("inputs", True), ("targets", False)):
        planes = [
            plane
            for field in data.fields[TRAIN][:LOOKED_AT]
            if (plane := field.input if is_input else field.target) and not plane.image.is_mask
        ]
        flat = [plane.image.path.name for plane in planes if is_flat(_read_middle(plane))]
        if flat:
            yield (
                f"The {side} look like masks or labels, not like recorded images: neighbouring "
                f"pixels are equal nearly everywhere ({spell_names(flat)})."
            )


def is_flat(pixels: npt.NDArray[Any]) -> bool:  # Any: every real dtype
    """Whether nearly all neighbours above the darkest level are equal.

    Examples
    --------
    >>> is_flat(np.repeat([[0, 3, 8]], 20, axis=1)), is_flat(np.array([[0, 5, 6, 5, 7]]))
    (True, False)
    """
    dark = pixels.min()
    left, right = pixels[..., :-1], pixels[..., 1:]
    inside = (left > dark) & (right > dark)
    count = np.count_nonzero(inside)
    return bool(count and np.count_nonzero(inside & (left == right)) > FLAT_SHARE * count)


def _read_middle(plane: Plane) -> npt.NDArray[Any]:  # Any: every real dtype
    size = [min(s) for s in zip(plane.shape, _choose_size(len(plane.shape)), strict=True)]
    return plane.read(*find_middle(plane, size))


def _warn_groups(data: TrainingData) -> Iterator[str]:
    counts = {split: len(group_fields(found)) for split, found in data.fields.items()}
    if counts[TRAIN] < FEW_TRAINING_GROUPS:
        yield (
            f"Training has {counts[TRAIN]} independent images or groups: a network may learn them "
            "by heart, watch the validation curve."
        )
    if counts[VALIDATION] < FEW_VALIDATION_GROUPS:
        yield "Validation has one independent image or group: its numbers depend on that one."


def _warn_ranges(data: TrainingData) -> Iterator[str]:
    """The ranges of groups differ much on one of the sides."""
    for side, is_input in (("inputs", True), ("targets", False)):
        spans = {}
        for group in group_fields([*data.fields[TRAIN], *data.fields[VALIDATION]]):
            found = _list_spans(group, is_input=is_input)
            if found:
                spans[group[0].group] = float(np.median(found))
        if len(spans) < 2:
            continue
        low, high = min(spans, key=spans.__getitem__), max(spans, key=spans.__getitem__)
        if spans[high] > DIFFERENT_RANGE * spans[low]:
            yield (
                f"The range of the {side} differs {spans[high] / spans[low]:.0f}-fold between "
                f"groups ({low}: {spans[low]:g}, {high}: {spans[high]:g} grey levels): every image "
                "is scaled by itself, so that differences in brightness are lost."
            )


def _list_spans(fields: Sequence[Field], *, is_input: bool) -> list[float]:
    planes = [field.input if is_input else field.target for field in fields]
    return [
        p.image.scaling.span
        for p in planes
        if p is not None and not p.image.is_mask and p.image.scaling.kind not in ("none", "range")
    ]


def _warn_identical(examples: Sequence[Example]) -> Iterator[str]:
    same = [e.name for e in examples if np.array_equal(e.inputs, e.targets)]
    if same:
        yield (
            f"Inputs and targets are the same images ({spell_names(same)}): a network learns "
            "nothing from them but to copy."
        )


def _warn_shift(examples: Sequence[Example]) -> Iterator[str]:
    shifts = np.array(
        [shift for e in examples if (shift := measure_shift(e.inputs, e.targets)) is not None]
    )
    if len(shifts) == 0:
        return
    middle = np.median(shifts, axis=0)
    agree = np.abs(shifts - middle).max(axis=1) < SHIFT_PX
    if np.abs(middle).max() > SHIFT_PX and agree.mean() > 0.5:
        spelled = ", ".join(f"{value:+.1f}" for value in middle)
        yield (
            f"Targets are shifted against their inputs by {spelled} pixels (Y, X): register them "
            "first, or the network learns to shift and to blur."
        )


def measure_shift(inputs: Floats, targets: Floats) -> npt.NDArray[np.float64] | None:
    """How far, along Y and X, the targets lie from the inputs, to a tenth of a pixel.

    The peak of the cross-correlation of both middles, smoothed and without their large-scale
    brightness. None where one of them is flat.

    Parameters
    ----------
    inputs, targets : ndarray, (C, *S)
        First channels are compared, of volumes their middle planes.

    Examples
    --------
    >>> plane = np.random.default_rng(0).random((1, 64, 64), np.float32)
    >>> [float(step) for step in measure_shift(plane, np.roll(plane, (2, -3), (1, 2)))]
    [2.0, -3.0]
    """
    from skimage.registration import phase_cross_correlation  # heavy: loaded at first use

    if inputs[0].min() == inputs[0].max() or targets[0].min() == targets[0].max():
        return None
    middles = [_take_middle(inputs[0]), _take_middle(targets[0])]
    shift, _, _ = phase_cross_correlation(  # type: ignore[no-untyped-call]  # of scikit-image
        *middles, upsample_factor=10, normalization=None
    )
    return -np.asarray(shift, np.float64) + 0.0  # no -0


def _take_middle(plane: Floats) -> npt.NDArray[np.float64]:
    """The middle of an image, band-passed, falling to 0 at its borders."""
    plane = plane[len(plane) // 2] if plane.ndim == 3 else plane
    starts = [max(side - COMPARED_PX, 0) // 2 for side in plane.shape]
    y, x = (slice(start, start + COMPARED_PX) for start in starts)
    cut = plane[y, x].astype(np.float64)
    fine = ndimage.gaussian_filter(cut, SMOOTH_PX) - ndimage.gaussian_filter(cut, 8 * SMOOTH_PX)
    return np.asarray(fine * np.outer(np.hanning(cut.shape[0]), np.hanning(cut.shape[1])))
