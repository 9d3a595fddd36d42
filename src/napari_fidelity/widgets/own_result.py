"""The layer that a dock writes its results into, and when it must not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Labels, Layer

from napari_fidelity.core.image import Image
from napari_fidelity.operations.mask_pixels import holds_labels
from napari_fidelity.widgets.block_sums import BlockSums, sum_blocks, sum_row
from napari_fidelity.widgets.layer_results import (
    add_labels_layer,
    add_result_layer,
    update_result_layer,
)

Pixels = npt.NDArray[Any]  # Any: float32, or the type of the matched image


@dataclass(frozen=True)
class Destination:
    """Where a result belongs, noted when the computation starts.

    Parameters
    ----------
    mask : Layer
        The layer it is made from; it may be deleted or renamed meanwhile.
    frame : mapping
        The mask's frame then, as keywords of `add_image`.
    look_of : Layer, optional
        The matched layer.
    look : mapping
        That layer's contrast limits and colours then.
    noun : str
        What the layer is called in sentences.
    is_above : bool
        Whether the result lies above the layer; else below.
    made_by : str
        A result of another maker is kept beside this one.
    """

    mask: Layer
    frame: Mapping[str, Any]  # Any: keywords of add_image
    look_of: Layer | None = None
    look: Mapping[str, Any] = field(default_factory=dict)  # Any: as above
    noun: str = "mask"
    is_above: bool = False
    made_by: str = ""


@dataclass(frozen=True)
class Made:
    """A result with what a worker found out about it, so that the main thread need not look.

    Parameters
    ----------
    image : Image
        Pixels, name and provenance.
    sums : BlockSums
        Checksums of the pixels.
    limits : (float, float)
        The contrast of a new layer.
    is_edited : bool
        Whether the layer that is to be updated was changed by hand.
    labels : BlockSums, optional
        Checksums of the mask it was made from.
    seconds : float
        What making it took.
    """

    image: Image
    sums: BlockSums
    limits: tuple[float, float]
    is_edited: bool = False
    labels: BlockSums | None = None
    seconds: float = 0.0


def note_result(image: Image, is_edited: Callable[[], bool] = lambda: False) -> Made:
    """Look at a result, on a worker.

    Parameters
    ----------
    image : Image
        The result.
    is_edited : callable, optional
        `OwnResult.checker()`.
    """
    return Made(image, sum_blocks(image.array), choose_limits(image), is_edited())


def choose_limits(image: Image) -> tuple[float, float]:
    """Contrast of a new layer: what the image holds, and what its objects may still hold.

    A result that is followed live may begin with one dim dot: the levels in its recipe tell how
    bright (mean and three SD) the objects will be that are painted next.
    """
    low, high = float(np.nanmin(image.array)), float(np.nanmax(image.array))
    levels = image.provenance.get("levels", {})
    if levels:
        expected = levels["foreground_mean"] + 3 * levels["foreground_sd"]
        is_whole = image.array.dtype.kind in "ui"
        ceiling = float(np.iinfo(image.array.dtype).max) if is_whole else expected
        high = max(high, min(expected, ceiling))
    return (low, high) if low < high else (low, low + 1)


class OwnResult:
    """One layer that is updated as long as it is ours, there, and not edited by hand.

    It is a Labels layer where the result is a mask, else an Image layer.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._layer: ImageLayer | Labels | None = None
        self._pixels: Pixels | None = None
        self._sums: BlockSums | None = None
        self._writes = 0
        self._given_name = ""
        self._destination: Destination | None = None

    @property
    def viewer(self) -> ViewerModel:
        """Where the layer is."""
        return self._viewer

    def layer(self) -> ImageLayer | Labels | None:
        """The layer, if it has not been deleted."""
        return self._layer if self._layer in self._viewer.layers else None

    def keep(self) -> None:
        """Leave the layer as it is: the next result gets a new one."""
        self._layer = self._destination = None

    def checker(self) -> Callable[[], bool]:
        """Tells, on any thread, whether the layer's pixels are not those that were written."""
        layer, sums = self.layer(), self._sums
        if layer is None or sums is None:
            return lambda: False
        pixels: Pixels = layer.data
        if pixels is not self._pixels:
            return lambda: True
        return lambda: sums.unmarked_differ(sum_blocks(pixels))

    def note_written(self, index: Sequence[int], start: Sequence[int], stop: Sequence[int]) -> None:
        """Say that the box of a plane was written by us: it is no edit by hand."""
        self._writes += 1
        if self._sums is not None:
            self._sums.mark(index, start, stop)

    def summing(self) -> Callable[[], Callable[[], None]] | None:
        """Work for a worker after boxes were written, which returns what to call afterwards.

        None when there is nothing to do. Where boxes are written meanwhile, it is for nothing.
        """
        sums, pixels, writes = self._sums, self._pixels, self._writes
        rows = sums.unknown_rows() if sums is not None else []

        def work() -> Callable[[], None]:
            assert pixels is not None
            found = {row: sum_row(pixels, row) for row in rows}

            def note() -> None:
                for row, fresh in found.items():
                    if sums is not None and writes == self._writes:
                        sums.take_row(row, fresh)

            return note

        return work if rows else None

    def write(self, made: Made, destination: Destination) -> str:
        """Update the layer or add a new one at its place; gives a sentence that says which."""
        reason = self._reason_for_new(made, destination)
        layer = self.layer()
        if layer is None or reason:
            layer = self._add(made, destination)
            words = f"Added “{layer.name}”."
        else:
            self._update(layer, made, destination)
            words = f"Updated “{layer.name}”."
        self._pixels, self._sums = layer.data, made.sums
        self._destination = destination
        return f"{words} {reason}".strip()

    def _reason_for_new(self, made: Made, destination: Destination) -> str:
        layer, before = self.layer(), self._destination
        if layer is None or before is None:
            return ""
        if before.mask is not destination.mask:
            return f"“{layer.name}” stays: it was made from another {destination.noun}."
        if before.made_by != destination.made_by:
            return f"“{layer.name}” stays, to be compared."
        if made.is_edited or layer.data is not self._pixels:
            return f"“{layer.name}” was edited by hand and stays as it is."
        if layer.ndim != made.image.array.ndim:
            return (
                f"“{layer.name}” stays: it has {layer.ndim} axes, the {destination.noun} has "
                "another number."
            )
        return ""

    def _add(self, made: Made, destination: Destination) -> ImageLayer | Labels:
        place = {"above" if destination.is_above else "below": destination.mask}
        layer: ImageLayer | Labels
        if holds_labels(made.image):
            layer = add_labels_layer(self._viewer, made.image, **place, **destination.frame)
        else:
            keywords = {"contrast_limits": made.limits, **destination.frame, **destination.look}
            layer = add_result_layer(self._viewer, made.image, **place, **keywords)
        self._layer, self._given_name = layer, layer.name
        return layer

    def _update(self, layer: ImageLayer | Labels, made: Made, destination: Destination) -> None:
        is_renamed = layer.name != self._given_name
        changes_range = layer.data.dtype != made.image.array.dtype
        update_result_layer(layer, made.image, rename=not is_renamed)
        if not is_renamed:
            self._given_name = layer.name
        set_frame(layer, destination.frame)
        before = self._destination
        if isinstance(layer, Labels):
            return
        if changes_range or before is None or before.look_of is not destination.look_of:
            show_like(layer, destination.look or {"contrast_limits": made.limits})


def set_frame(layer: ImageLayer, frame: Mapping[str, Any]) -> None:  # Any: keywords of add_image
    """Place `layer` as `frame` says; what is so already is left: napari would draw it anew."""
    for name, value in frame.items():
        before = getattr(layer, name)
        now = getattr(value, "affine_matrix", value)
        if not np.array_equal(getattr(before, "affine_matrix", before), now):
            setattr(layer, name, value)


def show_like(layer: ImageLayer, look: Mapping[str, Any]) -> None:  # Any: keywords of add_image
    """Give `layer` the contrast and colours of `look`, within the range that its type has."""
    low, high = look["contrast_limits"]
    is_whole = np.dtype(layer.dtype).kind in "ui"
    limits = np.iinfo(layer.dtype) if is_whole else None
    span = (limits.min, limits.max) if limits is not None else (low, high)
    layer.contrast_limits_range = (min(span[0], low), max(span[1], high))
    for name, value in look.items():
        setattr(layer, name, value)
