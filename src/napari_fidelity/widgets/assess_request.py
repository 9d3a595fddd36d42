"""What the Assess dock was asked for, and how layers become the arguments of `assess`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from napari.components import ViewerModel
from napari.layers import Layer

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Progress
from napari_fidelity.operations.assess import Assessment, AssessParams, assess
from napari_fidelity.widgets.layer_frames import layer_shape
from napari_fidelity.widgets.layers import mask_source_from_layer, source_from_layer


@dataclass(frozen=True)
class AssessRequest:
    """Layers and settings of one press of *Assess*.

    Parameters
    ----------
    tests : tuple of Layer
        Images to be measured.
    reference : Layer
        What they should be like.
    mask, background : Layer or None
        Structures, and the pixels where noise is compared.
    background_label : int or None
        The mask's label that is background; the others are structures.
    params : AssessParams
        Scope, plane and settings of the metrics.
    """

    tests: tuple[Layer, ...]
    reference: Layer
    mask: Layer | None
    background: Layer | None
    background_label: int | None
    params: AssessParams

    def layers(self) -> list[Layer]:
        """All layers whose pixels the result depends on."""
        return [
            layer
            for layer in (*self.tests, self.reference, self.mask, self.background)
            if layer is not None
        ]

    def plane(self) -> tuple[int, ...]:
        """Indices of the one plane that is measured; empty for all."""
        return self.params.plane if self.params.scope == "plane" else ()

    def difference(self, later: AssessRequest) -> str:
        """What makes `later` ask for other numbers, as a sentence; empty when nothing does.

        Other test images do not count: the numbers of these stay true. Neither does the plane
        that the viewer shows: the result names its own.
        """
        for what in ("reference", "mask", "background"):
            if getattr(self, what) is not getattr(later, what):
                return f"Another {what} is chosen."
        if self.background_label != later.background_label:
            return "Another background label is chosen."
        mine, other = self.params, later.params
        if mine.scope != other.scope:
            return "Another scope is chosen."
        for name, field in type(mine.metrics).model_fields.items():
            if getattr(mine.metrics, name) != getattr(other.metrics, name):
                return f"The setting “{field.title or name}” was changed."
        return ""

    def computation(self) -> Callable[[Progress], Assessment]:
        """A function for a worker that loads the pixels and measures. Main thread.

        Raises
        ------
        UserError
            A layer cannot be read.
        """
        reference = source_from_layer(self.reference)
        tests = [source_from_layer(layer) for layer in self.tests]
        mask, background = (
            None if layer is None else mask_source_from_layer(layer, like=self.reference)
            for layer in (self.mask, self.background)
        )
        label, plane = self.background_label, self.plane()
        alone = {"scope": "stack", "plane": ()}  # a plane that was loaded by itself
        params = self.params.model_copy(update=alone) if plane else self.params

        def compute(progress: Progress) -> Assessment:
            total = len(tests) + 1
            loaded = []
            for index, source in enumerate(tests):
                progress(index, total, f"read {source.name}")
                loaded.append(source.load(plane))
            progress(len(tests), total, f"read {reference.name}")
            foreground = None if mask is None else mask.load(plane)
            behind = None if background is None else background.load(plane)
            if foreground is not None and label is not None:
                foreground, behind = split_label(foreground, label)
            found = assess(
                loaded,
                reference=reference.load(plane),
                mask=foreground,
                background=behind,
                params=params,
                progress=progress,
            )
            return name_plane(found, plane) if plane else found

        return compute


def name_plane(assessment: Assessment, plane: tuple[int, ...]) -> Assessment:
    """The assessment of images that are plane `plane` of their stacks, saying so.

    It equals that of the stacks with the scope "plane", but for a background that has the
    shape of the plane.
    """
    return replace(
        assessment,
        rows=tuple(replace(row, plane=plane) for row in assessment.rows),
        settings={**assessment.settings, "scope": "plane", "plane": plane},
    )


def split_label(mask: Image, label: int) -> tuple[Image, Image]:
    """The mask without one label, and a mask of that label.

    Raises
    ------
    UserError
        No pixel has the label.

    Examples
    --------
    >>> structures, background = split_label(Image(np.array([[0, 1], [2, 2]])), 2)
    >>> structures.array.tolist(), background.array.tolist()
    ([[0, 1], [0, 0]], [[False, False], [True, True]])
    """
    behind = mask.array == label
    if not behind.any():
        raise UserError(f"“{mask.name}” has no label {label}: pick another for the background.")
    structures = mask.with_array(np.where(behind, mask.array.dtype.type(0), mask.array))
    return structures, replace(mask, array=behind, name=f"{mask.name}, label {label}")


def find_plane(viewer: ViewerModel, layer: Layer) -> tuple[int, ...]:
    """Indices of the leading axes of `layer` where the viewer stands, cut to its size."""
    shape = layer_shape(layer)
    point = np.asarray(viewer.dims.point)[-len(shape) :]
    indices = np.rint(np.asarray(layer.world_to_data(tuple(point))))
    return tuple(
        int(min(max(index, 0), size - 1)) for index, size in zip(indices, shape[:-2], strict=False)
    )
