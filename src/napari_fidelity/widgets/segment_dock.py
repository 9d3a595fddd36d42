"""The Segment dock: the foreground of an image by a trained model, as a Labels layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from napari.components import ViewerModel

from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Progress
from napari_fidelity.operations.mask_pixels import describe_found
from napari_fidelity.operations.segment import SegmentParams, segment
from napari_fidelity.widgets.choice_section import ChoiceSection
from napari_fidelity.widgets.dock_keys import segment_help
from napari_fidelity.widgets.filter_dock import FilterDock
from napari_fidelity.widgets.filter_run import Operate
from napari_fidelity.widgets.method_choices import SEGMENTATION
from napari_fidelity.widgets.own_result import Destination, Made
from napari_fidelity.widgets.preferences import compute_settings


class SegmentDock(FilterDock):
    """An image, a trained model with its threshold, a button; the labels lie above the image.

    Parameters
    ----------
    napari_viewer : ViewerModel
        The viewer whose layers are used.
    """

    def __init__(self, napari_viewer: ViewerModel) -> None:
        super().__init__(napari_viewer, "Segment", operation="segment", suffix="segmented")
        self.methods = ChoiceSection("Model", SEGMENTATION)
        self.methods.refresh()
        self.key_help = segment_help(self, self._viewer)
        self.lay_out([self.methods])
        self.methods.changed.connect(self.on_changed)
        self.connect_all()

    def settings(self) -> SegmentParams:
        """The operation's settings, validated.

        Raises
        ------
        UserError
            A value does not fit, or there is no model.
        """
        settings = self.methods.settings()
        assert isinstance(settings, SegmentParams)
        return settings

    def operate(self) -> Operate:
        """`segment`, with the preferences of this computer."""
        return partial(segment_on_axes, compute=compute_settings())

    def maker(self) -> str:
        """The model: masks of different models are there to be compared."""
        return self.settings().model

    def _on_result(self, place: Callable[[Image], Destination], made: Made) -> None:
        super()._on_result(place, made)
        self.words.say(
            f"{self.words.text()} Found: {describe_found(made.image.provenance['found'])}."
        )


def segment_on_axes(
    image: Image,
    params: SegmentParams,
    progress: Progress,
    **given: Any,  # Any: arguments of `segment`
) -> Image:
    """`segment`, with C where a network takes all channels at once: napari aligns layers by axes.

    The one entry along C is as thick as all channels, so that the mask lies on each of them.
    """
    mask = segment(image, params, progress, **given)
    if mask.axes == image.axes:
        return mask
    at = image.axes.index("C")
    count, step = image.shape[at], image.scale[at]

    def put_back(numbers: tuple[Any, ...], number: object) -> tuple[Any, ...]:  # Any: of one kind
        return (*numbers[:at], number, *numbers[at:])

    return replace(
        mask,
        array=np.expand_dims(mask.array, at),
        axes=image.axes,
        scale=put_back(mask.scale, count * step),
        units=put_back(mask.units, image.units[at]),
        translate=put_back(mask.translate, image.translate[at] + (count - 1) / 2 * step),
        origin=put_back(mask.origin, 0),
    )
