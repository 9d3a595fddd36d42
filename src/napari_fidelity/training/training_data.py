"""Patches for training and whole images for validation, from the files that settings name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Progress
from napari_fidelity.core.shape_text import spell_shape
from napari_fidelity.data.augmentation import Geometry, draw_geometry, draw_intensity
from napari_fidelity.data.foreground import Places, find_bright_places, find_mask_places
from napari_fidelity.data.groups import state_groups
from napari_fidelity.data.settings import DataSettings, Task
from napari_fidelity.data.split import TRAIN, VALIDATION, split_groups
from napari_fidelity.data.training_files import ImageFiles, find_training_files
from napari_fidelity.inference.normalisation import Scaling
from napari_fidelity.training.open_files import open_training_image
from napari_fidelity.training.training_image import Plane, TrainingImage, encode_labels

Floats = npt.NDArray[np.float32]
OPENING = "Opening images"


@dataclass(frozen=True, eq=False)
class Example:
    """One whole validation image, a plane or in 3-D a volume.

    Parameters
    ----------
    name, group : str
    inputs, targets : ndarray of float32, (C, *S)
        Scaled as in batches; masks as inputs are foreground and boundary, as targets 0 and 1.
    paired : bool
        Whether both show the same field; else no paired metric can be measured.
    mask : ndarray of bool, (*S), optional
        Foreground, where the task knows one.
    input_scaling, target_scaling : Scaling
        Undo them to have own units.
    pixel_size : tuple of float
        Along the spatial axes, in `units`.
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


@dataclass(frozen=True, eq=False)
class Field:
    """A plane or volume with what is known of it on both sides."""

    name: str
    group: str
    files: ImageFiles
    input: Plane
    target: Plane
    places: Places


class TrainingData:
    """Training patches and validation images.

    Attributes
    ----------
    task : str
    in_channels, out_channels, spatial_dims : int
    patch_px : tuple of int
    train_names, validation_names : tuple of str
    """

    def __init__(
        self,
        settings: DataSettings,
        task: Task,
        fields: dict[str, list[Field]],
        patch: tuple[int, ...],
    ) -> None:
        self.task: Task = task
        self.patch_px = patch
        self.spatial_dims = len(patch)
        self._settings = settings
        self._fields = fields
        first = fields[TRAIN][0]
        self.in_channels = 2 if task == "synthesis" else first.input.channels
        self.out_channels = 1 if task == "segmentation" else first.target.channels
        self.train_names = tuple(field.name for field in fields[TRAIN])
        self.validation_names = tuple(field.name for field in fields[VALIDATION])
        self._all = _group(fields[TRAIN])
        self._rich = _group([field for field in fields[TRAIN] if len(field.places.corners)])

    def draw(self, count: int, key: Sequence[int]) -> tuple[Floats, Floats]:
        """`count` patches; the same key draws the same, on whatever thread.

        Returns
        -------
        inputs, targets : ndarray of float32, (N, C, *S)
        """
        pairs = [self._draw_one(np.random.default_rng([*key, number])) for number in range(count)]
        inputs, targets = (np.stack([pair[side] for pair in pairs]) for side in (0, 1))
        return inputs, targets

    def _draw_one(self, rng: np.random.Generator) -> tuple[Floats, Floats]:
        rich = bool(self._rich) and rng.random() < self._settings.foreground_share
        groups = self._rich if rich else self._all
        group = groups[rng.integers(len(groups))]
        field = group[rng.integers(len(group))]
        shape = field.target.shape
        if rich:
            corner = field.places.draw(shape, self.patch_px, rng)
        else:
            corner = tuple(
                int(rng.integers(side - size + 1))
                for side, size in zip(shape, self.patch_px, strict=True)
            )
        geometry = draw_geometry(self._settings.augmentation, self.patch_px, rng)
        intensity = draw_intensity(self._settings.augmentation, rng)
        drop = bool(rng.random() < self._settings.drop_boundaries)
        inputs = self._cut(field.input, corner, geometry, is_input=True)
        targets = self._cut(field.target, corner, geometry, is_input=False)
        if field.input.image.is_mask:
            if drop:
                inputs[1] = 0
        elif intensity != (1.0, 0.0):
            inputs = inputs * np.float32(intensity[0]) + np.float32(intensity[1])
        return inputs, targets

    def _cut(
        self, plane: Plane, corner: tuple[int, ...], geometry: Geometry, *, is_input: bool
    ) -> Floats:
        patch = self.patch_px
        margin = 1 if plane.image.is_mask and is_input else 0
        wider = tuple(size + 2 * margin for size in patch)
        sides = geometry.measure_reach(wider)
        if any(side > size for side, size in zip(sides, plane.shape, strict=True)):
            geometry, sides = geometry.without_interpolation(), wider
        sides = tuple(side - 2 * margin for side in sides)
        start = [
            min(max(c - (side - size) // 2, 0), whole - side)
            for c, side, size, whole in zip(corner, sides, patch, plane.shape, strict=True)
        ]
        stop = [a + side for a, side in zip(start, sides, strict=True)]
        if not plane.image.is_mask:
            pixels = geometry.apply(plane.read_image(start, stop), patch, labels=False)
            return np.ascontiguousarray(pixels)
        labels = plane.read_labels(start, stop, margin)
        labels = geometry.apply(labels, wider, labels=True)
        if not is_input:
            return np.ascontiguousarray(labels > 0, np.float32)
        inner = (slice(None), *(slice(margin, margin + size) for size in patch))
        return np.ascontiguousarray(encode_labels(labels)[inner])

    def list_validation(self, limit: int) -> list[Example]:
        """At most `limit` whole validation images, always the same, spread over the groups."""
        groups = _group(self._fields[VALIDATION])
        chosen: list[Field] = []
        for turn in range(max(map(len, groups))):
            chosen += [group[turn] for group in groups if turn < len(group)]
        names = {id(field) for field in chosen[:limit]}
        return [self._show(f) for f in self._fields[VALIDATION] if id(f) in names]

    def _show(self, field: Field) -> Example:
        zero, shape = (0,) * self.spatial_dims, field.target.shape
        masks = [plane for plane in (field.input, field.target) if plane.image.is_mask]
        mask = masks[0].read_labels(zero, shape)[0] > 0 if masks else None
        size, units = field.target.pixel_size()
        if field.input.image.is_mask:
            inputs = encode_labels(field.input.read_labels(zero, shape))
        else:
            inputs = field.input.read_image(zero, shape)
        if field.target.image.is_mask:
            targets = (field.target.read_labels(zero, shape) > 0).astype(np.float32)
        else:
            targets = field.target.read_image(zero, shape)
        return Example(
            name=field.name,
            group=field.group,
            inputs=inputs,
            targets=targets,
            paired=True,
            mask=mask,
            input_scaling=field.input.image.scaling,
            target_scaling=field.target.image.scaling,
            pixel_size=size,
            units=units,
        )

    def write_manifest(self, path: str | Path) -> None:
        """A table of all fields: name, group, split, files, shapes, scaling, hashes."""
        from napari_fidelity.training.data_manifest import write_data_manifest

        write_data_manifest(Path(path), self._fields)

    def describe(self) -> dict[str, Any]:
        """Counts, ranges and groups as JSON values, for card and log."""
        counts = {split: len(found) for split, found in self._fields.items()}
        groups = {
            split: sorted({field.group for field in found}) for split, found in self._fields.items()
        }
        return {
            "task": self.task,
            "images": counts,
            "groups": groups,
            "patch_px": list(self.patch_px),
            "in_channels": self.in_channels,
            "out_channels": self.out_channels,
        }


def _group(fields: Sequence[Field]) -> list[list[Field]]:
    groups: dict[str, list[Field]] = {}
    for field in fields:
        groups.setdefault(field.group, []).append(field)
    return list(groups.values())


def open_data(
    settings: DataSettings,
    *,
    tasks: tuple[Task, ...],
    paired: bool,
    patch_px: int,
    seed: int,
    progress: Progress | None = None,
) -> TrainingData:
    """The images that the settings name, checked, split by group and ready to draw from.

    Parameters
    ----------
    settings : DataSettings
    tasks : tuple of str
        What the method can be trained for, the usual one first.
    paired : bool
        Whether the method needs inputs and targets that belong together.
    patch_px : int
        Side of a patch where the settings state none.
    seed : int
        Of the split.
    progress : Progress, optional
        Called for every file.

    Raises
    ------
    UserError
        Anything that cannot be trained on, in one sentence.
    """
    progress = progress or Progress()
    found = find_training_files(settings, tasks=tasks, paired=paired)
    files = state_groups(found.files, settings.groups, settings.folder)
    dims = 3 if settings.volumes else 2
    side = settings.patch_px or patch_px
    patch = (side,) * dims if isinstance(side, int) else tuple(side)
    stated = {entry.group: entry.split for entry in files if entry.split is not None}
    sides = split_groups([entry.group for entry in files], settings.validation_share, seed, stated)
    fields: dict[str, list[Field]] = {TRAIN: [], VALIDATION: []}
    for number, entry in enumerate(files):
        progress(number, len(files), OPENING)
        if sides[entry.group] in fields:
            fields[sides[entry.group]] += _open_fields(entry, found.task, settings, patch)
    if not any(len(field.places.corners) for field in fields[TRAIN]):
        raise UserError(
            "No training image shows anything: all of them are background. Choose images with "
            "structures."
        )
    return TrainingData(settings, found.task, fields, patch)


def _open_fields(
    entry: ImageFiles, task: Task, settings: DataSettings, patch: tuple[int, ...]
) -> list[Field]:
    assert entry.input is not None and entry.target is not None
    first = open_training_image(
        entry.input, is_mask=task == "synthesis", scaling=settings.input_scaling
    )
    second = open_training_image(
        entry.target,
        is_mask=task == "segmentation",
        scaling=settings.target_scaling,
        intensities=settings.target_range,
    )
    planes = [image.list_planes(len(patch)) for image in (first, second)]
    _check_pair(first, second, *planes)
    return [
        Field(
            entry.name + right.label,
            entry.group,
            entry,
            left,
            right,
            _find_places(left, right, patch),
        )
        for left, right in zip(*planes, strict=True)
    ]


def _check_pair(
    first: TrainingImage, second: TrainingImage, left: list[Plane], right: list[Plane]
) -> None:
    if left[0].shape != right[0].shape or len(left) != len(right):
        raise UserError(
            f"{first.path} is {spell_shape(first.frame.shape)}, {second.path} is "
            f"{spell_shape(second.frame.shape)}: images of a pair need the same size."
        )


def _find_places(left: Plane, right: Plane, patch: tuple[int, ...]) -> Places:
    if any(size > side for size, side in zip(patch, right.shape, strict=True)):
        raise UserError(
            f"{right.image.path} is {spell_shape(right.shape)}, smaller than a patch of "
            f"{spell_shape(patch)}: choose a smaller patch, or leave it out."
        )
    if left.image.is_mask or right.image.is_mask:
        plane = left if left.image.is_mask else right
        return find_mask_places(plane.read()[0], patch)
    return find_bright_places(right.read().mean(axis=0), patch)
