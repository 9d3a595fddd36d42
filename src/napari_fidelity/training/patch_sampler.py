"""Patches drawn from the fields of a set: where, how turned, how bright."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from napari_fidelity.data.augmentation import Geometry, draw_geometry, draw_intensity
from napari_fidelity.data.settings import DataSettings
from napari_fidelity.training.degraded_inputs import Degrader
from napari_fidelity.training.training_fields import Field
from napari_fidelity.training.training_image import Plane, encode_labels

Floats = npt.NDArray[np.float32]
Corner = tuple[int, ...]
Place = tuple[Field, Corner, Geometry]
_MANY = 1 << 62


class FieldPool:
    """Fields to draw from: every group equally often, in it every field."""

    def __init__(self, fields: Sequence[Field], foreground_share: float) -> None:
        self._share = foreground_share
        self._all = group_fields(fields)
        self._rich = group_fields([field for field in fields if len(field.places.corners)])

    @property
    def has_foreground(self) -> bool:
        """Whether any patch shows structures."""
        return bool(self._rich)

    def draw(self, patch: tuple[int, ...], rng: np.random.Generator) -> tuple[Field, Corner]:
        """A field and the corner of a patch in it."""
        rich = bool(rng.random() < self._share) and self.has_foreground
        groups = self._rich if rich else self._all
        group = groups[rng.integers(len(groups))]
        field = group[rng.integers(len(group))]
        if rich:
            return field, field.places.draw(field.shape, patch, rng)
        sides = zip(field.shape, patch, strict=True)
        return field, tuple(int(rng.integers(side - size + 1)) for side, size in sides)


def group_fields(fields: Sequence[Field]) -> list[list[Field]]:
    """Fields by group, in their order."""
    groups: dict[str, list[Field]] = {}
    for field in fields:
        groups.setdefault(field.group, []).append(field)
    return list(groups.values())


class PatchSampler:
    """Draws pairs of patches; each depends on its random numbers alone.

    Parameters
    ----------
    settings : DataSettings
    patch : tuple of int
        Sides.
    inputs, targets : FieldPool
        The same pool for both: pairs of one field. Two pools: unpaired.
    degrader : Degrader, optional
        Makes the inputs.
    """

    def __init__(
        self,
        settings: DataSettings,
        patch: tuple[int, ...],
        inputs: FieldPool,
        targets: FieldPool,
        degrader: Degrader | None = None,
    ) -> None:
        self._settings, self._patch = settings, patch
        self._inputs, self._targets = inputs, targets
        self._degrader = degrader

    def draw(self, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """An input and a target, (C, *S)."""
        (left, corner, geometry), (right, second, turned) = self._draw_places(rng)
        gain, offset = draw_intensity(self._settings.augmentation, rng)
        drops = bool(rng.random() < self._settings.drop_boundaries)
        if self._degrader is None:
            inputs = self._cut(left.find_side(is_input=True), corner, geometry, is_input=True)
            targets = self._cut(right.find_side(is_input=False), second, turned, is_input=False)
        else:
            inputs, targets = self._cut_degraded(left, corner, geometry, rng)
            if right is not left:
                targets = self._cut_prepared(right, second, turned, rng)
        if left.input is not None and left.input.image.is_mask:
            if drops:
                inputs[1] = 0
        elif (gain, offset) != (1.0, 0.0):
            inputs = inputs * np.float32(gain) + np.float32(offset)
        return inputs, targets

    def name(self, rng: np.random.Generator) -> tuple[str, str]:
        """The fields that `draw` takes input and target from with the same numbers."""
        (left, _, _), (right, _, _) = self._draw_places(rng)
        return left.name, right.name

    def _draw_places(self, rng: np.random.Generator) -> tuple[Place, Place]:
        """Of input and target."""
        first = self._draw_place(self._inputs, rng)
        if self._targets is self._inputs:
            return first, first
        return first, self._draw_place(self._targets, rng)

    def _draw_place(self, pool: FieldPool, rng: np.random.Generator) -> Place:
        field, corner = pool.draw(self._patch, rng)
        geometry = draw_geometry(self._settings.augmentation, self._patch, rng)
        reach = geometry.measure_reach(self._widen(1))
        if any(side > size for side, size in zip(reach, field.shape, strict=True)):
            geometry = geometry.without_interpolation()  # the image has no room to turn in
        return field, corner, geometry

    def _cut(self, plane: Plane, corner: Corner, geometry: Geometry, *, is_input: bool) -> Floats:
        if not plane.image.is_mask:
            start, stop = self._find_box(plane, corner, geometry)
            pixels = geometry.apply(plane.read_image(start, stop), self._patch, labels=False)
            return np.ascontiguousarray(pixels)
        # boundaries are found after the geometry, from one pixel more around
        margin = 1 if is_input else 0
        start, stop = self._find_box(plane, corner, geometry)
        labels = plane.read_labels(start, stop, margin)
        labels = geometry.apply(labels, self._widen(margin), labels=True)
        if not is_input:
            return np.ascontiguousarray(labels > 0, np.float32)
        return np.ascontiguousarray(encode_labels(labels)[..., 1:-1, 1:-1])

    def _cut_degraded(
        self, field: Field, corner: Corner, geometry: Geometry, rng: np.random.Generator
    ) -> tuple[Floats, Floats]:
        assert self._degrader is not None
        plane = field.find_side(is_input=False)
        variant = self._degrader.find_variant(plane, int(rng.integers(_MANY)))
        start, stop = self._find_box(plane, corner, geometry)
        found = self._degrader.read(plane, variant, int(rng.integers(_MANY)), start, stop)
        inputs, targets = (geometry.apply(side, self._patch, labels=False) for side in found)
        return np.ascontiguousarray(inputs), np.ascontiguousarray(targets)

    def _cut_prepared(
        self, field: Field, corner: Corner, geometry: Geometry, rng: np.random.Generator
    ) -> Floats:
        """A target alone, of which no input is made."""
        assert self._degrader is not None
        plane = field.find_side(is_input=False)
        variant = self._degrader.find_variant(plane, int(rng.integers(_MANY)))
        start, stop = self._find_box(plane, corner, geometry)
        found = self._degrader.read_target(plane, variant, int(rng.integers(_MANY)), start, stop)
        return np.ascontiguousarray(geometry.apply(found, self._patch, labels=False))

    def _widen(self, margin: int) -> tuple[int, ...]:
        """The patch and so many pixels around it along Y and X."""
        *front, y, x = self._patch
        return (*front, y + 2 * margin, x + 2 * margin)

    def _find_box(
        self, plane: Plane, corner: Corner, geometry: Geometry
    ) -> tuple[list[int], list[int]]:
        """The box that the geometry needs around a patch, moved into the image."""
        sides = geometry.measure_reach(self._patch)
        start = [
            min(max(c - (side - size) // 2, 0), whole - side)
            for c, side, size, whole in zip(corner, sides, self._patch, plane.shape, strict=True)
        ]
        return start, [a + side for a, side in zip(start, sides, strict=True)]
