"""Fields of a training set: planes or volumes of both sides, checked against each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

import numpy as np

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.shape_text import spell_shape
from napari_fidelity.data.foreground import (
    Places,
    choose_cell,
    find_bright_places,
    find_mask_places,
    mean_over_cells,
    measure_pixel_noise,
)
from napari_fidelity.data.settings import DataSettings, Task
from napari_fidelity.data.training_files import ImageFiles
from napari_fidelity.training.lazy_pixels import MemoryBudget, OpenFiles
from napari_fidelity.training.open_files import check_image, check_mask
from napari_fidelity.training.read_frame import read_frame
from napari_fidelity.training.training_image import Plane, TrainingImage

BAND_PX = 1 << 22  # so many pixels are looked at together
NO_PLACES = Places(np.zeros((0, 2), np.int32), (1, 1))


@dataclass(frozen=True, eq=False)
class Field:
    """A plane or volume with what is known of it on both sides.

    Parameters
    ----------
    name : str
        Of the file, and where it lies in it.
    group : str
        Fields of a group are on one side of the split.
    input, target : Plane, optional
        Both of a pair; the target alone where a degradation makes the input; one of both in
        unpaired sets.
    places : Places
        Where patches show structures, by the mask or else by the target.
    """

    name: str
    group: str
    input: Plane | None
    target: Plane | None
    places: Places

    @property
    def main(self) -> Plane:
        """The target, or the input where there is no target."""
        plane = self.target or self.input
        assert plane is not None
        return plane

    @property
    def shape(self) -> tuple[int, ...]:
        """Spatial sides."""
        return self.main.shape

    def find_side(self, *, is_input: bool) -> Plane:
        """The plane of one side, which must be there."""
        plane = self.input if is_input else self.target
        assert plane is not None
        return plane


class FieldOpener:
    """Opens files as fields, within one budget of memory.

    Parameters
    ----------
    settings : DataSettings
    task : str
    patch : tuple of int
        Sides of a patch; their number is that of the spatial axes.
    paired : bool
        Whether images of equal name must be of equal size.
    budget : MemoryBudget, optional
        Default: half of what is free.
    """

    def __init__(
        self,
        settings: DataSettings,
        task: Task,
        patch: tuple[int, ...],
        *,
        paired: bool = True,
        budget: MemoryBudget | None = None,
    ) -> None:
        self._paired = paired
        self._settings, self._task, self.patch = settings, task, patch
        self.budget = budget or MemoryBudget()
        self._files = OpenFiles()

    def open(self, entry: ImageFiles) -> list[Field]:
        """The fields of one original; those smaller than a patch have no places.

        Raises
        ------
        UserError
            A file cannot be used, or the two of a pair do not fit each other.
        """
        sides = (self._open_input(entry.input), self._open_target(entry.target))
        dims = len(self.patch)
        left, right = (image.list_planes(dims) if image else [] for image in sides)
        if sides[0] is not None and sides[1] is not None and not _fit(left, right):
            if self._paired:
                raise _refuse_pair(sides[0], sides[1])
            # two images that happen to have one name
            return [
                *(self._make_field(entry, plane, None) for plane in left),
                *(self._make_field(entry, None, plane) for plane in right),
            ]
        return [
            self._make_field(entry, first, second) for first, second in zip_longest(left, right)
        ]

    def _open_input(self, path: Path | None) -> TrainingImage | None:
        if path is None:
            return None
        frame = self._read(path)
        if self._task == "synthesis":
            return check_mask(path, frame)
        return check_image(path, frame, self._settings.input_scaling)

    def _open_target(self, path: Path | None) -> TrainingImage | None:
        if path is None:
            return None
        frame = self._read(path)
        if self._task == "segmentation":
            return check_mask(path, frame)
        scaling, span = self._settings.target_scaling, self._settings.target_range
        return check_image(path, frame, scaling, span)

    def _read(self, path: Path) -> Image:
        frame = read_frame(path, self.budget, self._files)
        sizes = {"Y": self._settings.pixel_size_um, "X": self._settings.pixel_size_um}
        sizes["Z"] = self._settings.z_step_um
        stated = [sizes.get(letter) for letter in frame.axes]
        return replace(
            frame,
            scale=tuple(s or own for s, own in zip(stated, frame.scale, strict=True)),
            units=tuple(
                "micrometer" if s else own for s, own in zip(stated, frame.units, strict=True)
            ),
        )

    def _make_field(self, entry: ImageFiles, left: Plane | None, right: Plane | None) -> Field:
        masks = [plane for plane in (left, right) if plane is not None and plane.image.is_mask]
        plane = masks[0] if masks else right or left
        assert plane is not None
        places = find_places(plane, self.patch) if holds_patch(plane, self.patch) else NO_PLACES
        return Field(entry.name + plane.label, entry.group, left, right, places)


def find_places(plane: Plane, patch: tuple[int, ...]) -> Places:
    """Where patches of a mask or of an image show structures, read band by band."""
    cell = choose_cell(patch)
    across = int(np.prod(plane.shape, dtype=np.int64)) * plane.channels // plane.shape[-2]
    rows = max(BAND_PX // max(across, 1) // cell[-2], 1) * cell[-2]
    cells, noises = [], []
    for band in plane.iterate_rows(rows):
        flat = band[0] > 0 if plane.image.is_mask else band.mean(axis=0, dtype=np.float32)
        cells.append(mean_over_cells(flat, cell))
        if not plane.image.is_mask:
            noises.append(measure_pixel_noise(flat))
    whole = np.concatenate(cells, axis=-2)
    if plane.image.is_mask:
        return find_mask_places(whole, plane.shape, patch)
    return find_bright_places(whole, float(np.median(noises)), plane.shape, patch)


def holds_patch(plane: Plane, patch: tuple[int, ...]) -> bool:
    """Whether a patch fits into a plane or volume."""
    return all(side >= size for side, size in zip(plane.shape, patch, strict=True))


def _fit(left: Sequence[Plane], right: Sequence[Plane]) -> bool:
    return left[0].shape == right[0].shape and len(left) == len(right)


def _refuse_pair(first: TrainingImage, second: TrainingImage) -> UserError:
    shapes = [f"{spell_shape(i.frame.shape)} ({i.frame.axes})" for i in (first, second)]
    return UserError(
        f"{first.path} is {shapes[0]}, {second.path} is {shapes[1]}: images of a pair need the "
        "same size."
    )
