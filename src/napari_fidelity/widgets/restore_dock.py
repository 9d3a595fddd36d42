"""The Restore dock: from a degraded image to a better one, by a method whose limits are said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from napari.components import ViewerModel
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Progress
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.operations.restore import RestoreParams, restore, restore_with_uncertainty
from napari_fidelity.widgets.dock_keys import restore_help
from napari_fidelity.widgets.dock_parts import CAPTION, Words
from napari_fidelity.widgets.filter_dock import FilterDock
from napari_fidelity.widgets.filter_run import FilterPlan, Operate, plan_filter
from napari_fidelity.widgets.forms import ParamsForm
from napari_fidelity.widgets.layers import source_from_layer
from napari_fidelity.widgets.method_section import MethodSection
from napari_fidelity.widgets.nearby_pixels import crop_around
from napari_fidelity.widgets.own_result import Destination, Made, OwnResult, note_result
from napari_fidelity.widgets.preferences import compute_settings
from napari_fidelity.widgets.preview_request import PreviewRequest, PreviewRun
from napari_fidelity.widgets.psf_section import FindScale, PsfSection
from napari_fidelity.widgets.visible_region import SIDE_PX, Region

NEAR = {"Z": 8, "Y": 32, "X": 32}  # so far around, a preview of a stack looks
FEW = 4  # planes of the usual size take as long as a preview may
ONCE_MORE = ("times", "spatial")


class RestoreDock(FilterDock):
    """An image, a method or a trained model, a PSF where it needs one, a button.

    The result lies above the image; the uncertainty, where it is asked for, between them.

    Parameters
    ----------
    napari_viewer : ViewerModel
        The viewer whose layers are used.
    """

    def __init__(self, napari_viewer: ViewerModel) -> None:
        super().__init__(napari_viewer, "Restore", operation="restore", suffix="restored")
        self.methods = MethodSection()
        self.spread = OwnResult(self._viewer)
        self._both: BothResults | None = None
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

    def plan(self) -> FilterPlan:
        """What the button would compute now; with the uncertainty where that is asked for."""
        self._both = None
        layer = self.source.layer()
        if layer is None or not self.methods.wants_uncertainty():
            return super().plan()
        self._both = BothResults(compute_settings(), self.spread.checker())
        return plan_filter(
            layer,
            self.settings(),
            self._both,
            stated=self.source.scale.stated(),
            made_by=self.maker(),
            is_edited=self.result.checker(),
        )

    def keep(self) -> None:
        """Leave both results as they are."""
        super().keep()
        self.spread.keep()

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

    def _on_result(self, place: Callable[[Image], Destination], made: Made) -> None:
        super()._on_result(place, made)
        both, self._both = self._both, None
        if both is None or both.spread is None:
            return
        destination = place(both.spread.image)
        look = {**destination.look, "contrast_limits": both.spread.limits, "colormap": "inferno"}
        with self.source.staying():
            words = self.spread.write(both.spread, replace(destination, look=look))
        self.words.say(f"{self.words.text()} {words}")

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


class BothResults:
    """The operation of a plan that also gives the uncertainty.

    Parameters
    ----------
    compute : ComputeSettings
        Device and threads.
    is_edited : callable
        Tells whether the layer of the uncertainty was changed by hand.

    Attributes
    ----------
    spread : Made or None
        The standard deviations, once they are computed.
    """

    def __init__(self, compute: ComputeSettings, is_edited: Callable[[], bool]) -> None:
        self.spread: Made | None = None
        self._compute, self._is_edited = compute, is_edited

    def __call__(
        self,
        image: Image,
        params: RestoreParams,
        progress: Progress,
        *,
        source_path: Path | None = None,
    ) -> Image:
        """The restored image, on a worker."""
        restored, spread = restore_with_uncertainty(
            image, params, progress, source_path=source_path, compute=self._compute
        )
        self.spread = note_result(spread, self._is_edited)
        return restored


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
