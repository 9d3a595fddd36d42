"""What a preview is asked to show, what of it was computed, and what is said about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from napari.layers import Image as ImageLayer

from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Progress
from napari_fidelity.widgets.layer_frames import full_resolution
from napari_fidelity.widgets.visible_region import SIDE_PX, Region, VisibleRegion, covers

PreviewRun = Callable[[Image, Region, Progress], Image]


@dataclass(frozen=True)
class PreviewRequest:
    """What is to be seen.

    Parameters
    ----------
    layer : Image layer
        The source.
    settings : object
        Equal settings give an equal preview.
    run : callable
        `run(image, region, progress) -> Image`, on a thread of its own; `image` has the layer's
        own pixels, which it only reads.
    stated : mapping
        Arguments of `state_scale`: sizes that the layer does not know.
    side_px : int
        Most rows and columns, where it is quick.
    note : str
        How the preview differs from the result, for a person.
    """

    layer: ImageLayer
    settings: object
    run: PreviewRun
    stated: Mapping[str, float | None] = field(default_factory=dict)
    side_px: int = SIDE_PX
    note: str = ""


@dataclass(frozen=True)
class PreviewStep:
    """What was computed, or is being computed."""

    request: PreviewRequest
    view: VisibleRegion
    pixels: Any  # Any: the array of the layer then

    def answers(self, request: PreviewRequest, view: VisibleRegion) -> bool:
        """Whether it still is what is wanted."""
        same = self.request.layer is request.layer and self.request.settings == request.settings
        if not same or self.pixels is not full_resolution(request.layer):
            return False
        if view.is_part or self.view.is_part:
            return self.view.region == view.region or covers(self.view.region, view)
        finer = any(2 * b < a for a, b in zip(self.view.size_px, view.size_px, strict=True))
        return covers(self.view.region, view) and not finer


def describe_view(view: VisibleRegion, seconds: float) -> str:
    """What a preview shows, for a person.

    Examples
    --------
    >>> view = VisibleRegion((slice(0, 512), slice(0, 512)), ((0, 2048), (0, 2048)))
    >>> describe_view(view, 0.25)
    'Only the middle 512×512 pixels, in the frame · 0.2 s. Zoom in to fill the view.'
    """
    rows, columns = view.size_px
    pace = f"{seconds:.1f} s" if seconds >= 0.1 else f"{1000 * seconds:.0f} ms"
    if view.is_part:
        return (
            f"Only the middle {rows}×{columns} pixels, in the frame · {pace}. "
            "Zoom in to fill the view."
        )
    return f"What you see · {rows}×{columns} pixels · {pace}"
