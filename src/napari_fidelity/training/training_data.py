"""Patches for training and whole images for validation, from the files that settings name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Progress
from napari_fidelity.core.shape_text import spell_shape
from napari_fidelity.data.groups import state_groups
from napari_fidelity.data.image_names import spell_names
from napari_fidelity.data.settings import DataSettings, Task
from napari_fidelity.data.split import TRAIN, VALIDATION, split_groups
from napari_fidelity.data.training_files import ImageFiles, find_training_files
from napari_fidelity.training.consistency import check_consistency
from napari_fidelity.training.data_manifest import write_data_manifest
from napari_fidelity.training.degraded_inputs import Degrader
from napari_fidelity.training.examples import Example, show_field
from napari_fidelity.training.patch_sampler import FieldPool, PatchSampler, group_fields
from napari_fidelity.training.training_fields import Field, FieldOpener, holds_patch
from napari_fidelity.training.unpaired_sides import divide_sides, match_sides

Floats = npt.NDArray[np.float32]
OPENING = "Opening images"
__all__ = ["Example", "TrainingData", "open_data"]


class TrainingData:
    """Training patches and validation images; made by `open_data`.

    Attributes
    ----------
    task : str
    in_channels, out_channels, spatial_dims : int
    patch_px : tuple of int
    train_names, validation_names : tuple of str
        Of planes, or in 3-D volumes.
    paired : bool
        Whether an input and a target of a batch show the same field.
    settings : DataSettings
    fields : mapping
        Split to fields.
    notes : tuple of str
        Sentences for the person who trains.
    pixel_bytes : int
        Of the images that are kept in memory.
    """

    def __init__(
        self,
        settings: DataSettings,
        task: Task,
        fields: Mapping[str, Sequence[Field]],
        patch: tuple[int, ...],
        *,
        paired: bool,
        seed: int,
        notes: Sequence[str] = (),
        pixel_bytes: int = 0,
    ) -> None:
        self.task: Task = task
        self.settings, self.patch_px, self.spatial_dims = settings, patch, len(patch)
        self.paired, self.fields, self.notes = paired, fields, tuple(notes)
        self.pixel_bytes = pixel_bytes
        train = fields[TRAIN]
        self.train_names = tuple(field.name for field in train)
        self._degrader: Degrader | None = None
        if settings.degradation is not None:
            self._degrader = Degrader(settings, seed, len(train))
            self._degrader.check(train[0].main)
        sides = (train, train) if paired else divide_sides(train, seed)
        self._sampler = self._make_sampler(settings, *sides)
        self._examples = match_sides(fields[VALIDATION], degrades=self._degrader is not None)
        self.validation_names = tuple(first.name for first, _ in self._examples)
        self.in_channels = 2 if task == "synthesis" else _count_channels(train, is_input=True)
        self.out_channels = 1 if task == "segmentation" else _count_channels(train, is_input=False)

    def _make_sampler(
        self, settings: DataSettings, inputs: Sequence[Field], targets: Sequence[Field]
    ) -> PatchSampler:
        pool = FieldPool(inputs, settings.foreground_share)
        other = pool if self.paired else FieldPool(targets, settings.foreground_share)
        if not (pool.has_foreground and other.has_foreground):
            raise UserError(
                "All training images are background: nothing in them is brighter than their "
                "noise, or no mask marks an object. Choose images with structures."
            )
        return PatchSampler(settings, self.patch_px, pool, other, self._degrader)

    def draw(self, count: int, key: Sequence[int]) -> tuple[Floats, Floats]:
        """`count` patches; the same key draws the same, on whatever thread.

        Parameters
        ----------
        count : int
            The first of many are the same as few.
        key : sequence of int
            Not negative, such as the run's seed and the step.

        Returns
        -------
        inputs, targets : ndarray of float32, (N, C, *S)
        """
        pairs = [
            self._sampler.draw(np.random.default_rng([*key, number])) for number in range(count)
        ]
        inputs, targets = (np.stack([pair[side] for pair in pairs]) for side in (0, 1))
        return inputs, targets

    def name_patches(self, count: int, key: Sequence[int]) -> list[tuple[str, str]]:
        """The images that the patches of `draw` are from: of each its input's, its target's."""
        return [
            self._sampler.name(np.random.default_rng([*key, number])) for number in range(count)
        ]

    def list_validation(self, limit: int, largest: tuple[int, ...] | None = None) -> list[Example]:
        """At most `limit` validation images, always the same, spread over the groups.

        Parameters
        ----------
        limit : int
        largest : tuple of int, optional
            Read no more than the middle of so many pixels along (Z,) Y, X of each image; default:
            whole images.
        """
        return self._show_spread(self._examples, limit, largest)

    def list_training(self, limit: int = 160) -> list[Example]:
        """At most `limit` whole training images likewise, for what is fitted after training."""
        found = match_sides(self.fields[TRAIN], degrades=self._degrader is not None)
        return self._show_spread(found, limit)

    def _show_spread(
        self,
        pairs: Sequence[tuple[Field, Field]],
        limit: int,
        largest: tuple[int, ...] | None = None,
    ) -> list[Example]:
        groups: dict[str, list[int]] = {}
        for number, (field, _) in enumerate(pairs):
            groups.setdefault(field.group, []).append(number)
        turns = range(max(map(len, groups.values())))
        order = [group[turn] for turn in turns for group in groups.values() if turn < len(group)]
        return [
            show_field(*pairs[number], self._degrader, largest) for number in sorted(order[:limit])
        ]

    def write_manifest(self, path: str | Path) -> None:
        """A table of all fields: name, group, split, files, shapes, scaling, hashes."""
        write_data_manifest(Path(path), self.fields)

    def describe(self) -> dict[str, Any]:  # Any: JSON
        """Counts, ranges and groups, for card and log."""
        return {
            "task": self.task,
            "paired": self.paired,
            "images": {split: len(found) for split, found in self.fields.items()},
            "groups": {
                split: [group[0].group for group in group_fields(found)]
                for split, found in self.fields.items()
            },
            "patch_px": list(self.patch_px),
            "in_channels": self.in_channels,
            "out_channels": self.out_channels,
            "ranges": describe_ranges(self.fields),
            "notes": list(self.notes),
        }


def describe_ranges(fields: Mapping[str, Sequence[Field]]) -> dict[str, dict[str, Any]]:
    """Smallest and largest value, pixel type and scaling of each side, over all images."""
    found: dict[str, dict[str, Any]] = {}
    every = [field for side in fields.values() for field in side]
    for name, is_input in (("inputs", True), ("targets", False)):
        planes = [p for f in every if (p := f.input if is_input else f.target) is not None]
        if planes:
            images = [plane.image for plane in planes]
            found[name] = {
                "low": min(image.low for image in images),
                "high": max(image.high for image in images),
                "dtype": str(images[0].frame.array.dtype),
                "mask": images[0].is_mask,
            }
    return found


def _count_channels(fields: Sequence[Field], *, is_input: bool) -> int:
    sides = [field.input if is_input else field.target for field in fields]
    planes = [plane for plane in sides if plane is not None]
    return (planes[0] if planes else fields[0].main).channels


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
        Files, split, patches, augmentation.
    tasks : tuple of str
        What the method can be trained for, the usual one first.
    paired : bool
        Whether the method needs inputs and targets that belong together. Else groups that have
        both are divided: some give inputs, the others targets.
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
    found = find_training_files(settings, tasks=tasks, paired=paired)
    files = state_groups(found.files, settings.groups, settings.folder)
    stated = {entry.group: entry.split for entry in files if entry.split is not None}
    sides = split_groups([entry.group for entry in files], settings.validation_share, seed, stated)
    files = tuple(entry for entry in files if sides[entry.group] in (TRAIN, VALIDATION))
    patch = _choose_patch(settings, patch_px)
    opener = FieldOpener(settings, found.task, patch, paired=paired)
    fields, notes = _open_all(files, opener, sides, progress)
    check_consistency([field for side in fields.values() for field in side])
    return TrainingData(
        settings,
        found.task,
        fields,
        patch,
        paired=paired,
        seed=seed,
        notes=notes,
        pixel_bytes=opener.budget.used,
    )


def _choose_patch(settings: DataSettings, default: int) -> tuple[int, ...]:
    side = settings.patch_px or default
    return (side,) * (3 if settings.volumes else 2) if isinstance(side, int) else tuple(side)


def _open_all(
    files: Sequence[ImageFiles],
    opener: FieldOpener,
    sides: Mapping[str, str],
    progress: Progress | None,
) -> tuple[dict[str, list[Field]], list[str]]:
    """Fields by split, and what was left out."""
    progress = progress or Progress()
    fields: dict[str, list[Field]] = {TRAIN: [], VALIDATION: []}
    for number, entry in enumerate(files):
        progress(number, len(files), OPENING)
        fields[sides[entry.group]] += opener.open(entry)
    progress(len(files), len(files), OPENING)
    held = [field for field in fields[TRAIN] if holds_patch(field.main, opener.patch)]
    small = [f.name for f in fields[TRAIN] if not holds_patch(f.main, opener.patch)]
    patch, names = spell_shape(opener.patch), spell_names(small)
    if not held:
        raise UserError(
            f"All training images are smaller than a patch of {patch} pixels ({names}): choose a "
            "smaller patch."
        )
    fields[TRAIN] = held
    if not small:
        return fields, []
    return fields, [
        f"{len(small)} training images are smaller than a patch of {patch} and left out: {names}."
    ]
