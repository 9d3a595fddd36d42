"""The Restore dock: from a degraded image to a better one, by a method whose limits are said."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from napari.components import ViewerModel
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Progress
from napari_fidelity.operations.restore import RestoreParams, restore
from napari_fidelity.widgets.dock_keys import restore_help
from napari_fidelity.widgets.dock_parts import CAPTION, Words
from napari_fidelity.widgets.filter_dock import FilterDock
from napari_fidelity.widgets.filter_run import Operate
from napari_fidelity.widgets.forms import ParamsForm
from napari_fidelity.widgets.layers import source_from_layer
from napari_fidelity.widgets.method_section import MethodSection
from napari_fidelity.widgets.nearby_pixels import crop_around
from napari_fidelity.widgets.preferences import compute_settings
from napari_fidelity.widgets.preview_request import PreviewRequest, PreviewRun
from napari_fidelity.widgets.psf_section import FindScale, PsfSection
from napari_fidelity.widgets.visible_region import SIDE_PX, Region

NEAR = {"Z": 8, "Y": 32, "X": 32}  # so far around, a preview of a stack looks
FEW = 4  # planes of the usual size take as long as a preview may
ONCE_MORE = ("times", "spatial")


class RestoreDock(FilterDock):
    """An image, a method, a PSF where it needs one, a button; the result lies above the image.

    Parameters
    ----------
    napari_viewer : ViewerModel
        The viewer whose layers are used.
    """

    def __init__(self, napari_viewer: ViewerModel) -> None:
        super().__init__(napari_viewer, "Restore", operation="restore", suffix="restored")
        self.methods = MethodSection()
        self.psf = PsfPart(self._viewer, self.source.scale.scale_um)
        self.once_more = ParamsForm(RestoreParams, ONCE_MORE)
        self.key_help = restore_help(self, self._viewer)
        self.lay_out([self.methods, self.psf, self.once_more])
        self.methods.changed.connect(self._on_method)
        self.psf.section.changed.connect(self.on_changed)
        self.once_more.changed.connect(self.on_changed)
        self.source.changed.connect(self._on_source)
        self._show_psf()
        self._show_spatial()
        self.connect_all()

    def settings(self) -> RestoreParams:
        """The operation's settings, validated.

        Raises
        ------
        UserError
            A value does not fit, or there is no PSF or pixel size where the method needs one.
        """
        needs_psf = self.methods.spec().needs_psf
        if needs_psf and self.source.layer() is not None and not self.source.scale.is_known():
            raise UserError(self.source.scale.problem())
        values: dict[str, Any] = {  # Any: settings of each kind
            "method": self.methods.settings(),
            "psf": self.psf.section.source() if needs_psf else None,
            **self.once_more.values(),
            **self.source.scale.stated(),
        }
        return RestoreParams.parse(values)

    def operate(self) -> Operate:
        """`restore`, with the preferences of this computer."""
        return partial(restore, compute=compute_settings())

    def preview_request(self) -> PreviewRequest:
        """What the preview is to show now: of a stack, from the nearest planes."""
        request, planes = super().preview_request(), self._count_planes()
        in_planes = self.once_more.values()["spatial"] == "plane"
        if in_planes or not self.methods.spec().volumes or planes <= NEAR["Z"] + 1:
            return request
        return replace(
            request,
            run=partial(run_nearby, request.run),
            side_px=round(SIDE_PX * (FEW / min(planes, 2 * NEAR["Z"] + 1)) ** 0.5),
            note="It looks at the nearest planes only.",
        )

    def maker(self) -> str:
        """The method: results of different methods are there to be compared."""
        return self.methods.spec().key

    def _on_method(self) -> None:
        self._show_psf()
        self._show_spatial()
        self.on_changed()

    def _on_source(self) -> None:
        self.psf.section.refresh()
        self._show_spatial()

    def _show_spatial(self) -> None:
        """Planes or volumes: a question for stacks, and for methods that know volumes."""
        is_asked = self._count_planes() > 1 and self.methods.spec().volumes
        self.once_more.show_row("spatial", is_asked)

    def _count_planes(self) -> int:
        layer = self.source.layer()
        if layer is None:
            return 0
        frame = source_from_layer(layer).frame
        return dict(zip(frame.axes, frame.shape, strict=True)).get("Z", 1)

    def _show_psf(self) -> None:
        needs_psf = self.methods.spec().needs_psf
        self.psf.setVisible(needs_psf)
        self.source.scale.set_needed(needs_psf)


def run_nearby(run: PreviewRun, image: Image, region: Region, progress: Progress) -> Image:
    """The region restored from what is near it; from all where that is too little for the PSF."""
    crop, inner = crop_around(image, region, NEAR)
    try:
        return run(crop, inner, progress)
    except UserError:
        return run(image, region, progress)


class PsfPart(QWidget):
    """The PSF under its caption."""

    def __init__(
        self, viewer: ViewerModel, find_scale: FindScale, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.section = PsfSection(viewer, find_scale)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(Words("Point spread function", CAPTION))
        layout.addWidget(self.section)
