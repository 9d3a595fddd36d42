"""The Restore dock: from a degraded image to a better one, by a method whose limits are said."""

from __future__ import annotations

from functools import partial
from typing import Any

from napari.components import ViewerModel
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_fidelity.core.errors import UserError
from napari_fidelity.operations.restore import RestoreParams, restore
from napari_fidelity.widgets.dock_keys import restore_help
from napari_fidelity.widgets.dock_parts import CAPTION, Words
from napari_fidelity.widgets.filter_dock import FilterDock
from napari_fidelity.widgets.filter_run import Operate
from napari_fidelity.widgets.forms import ParamsForm
from napari_fidelity.widgets.method_section import MethodSection
from napari_fidelity.widgets.preferences import compute_settings
from napari_fidelity.widgets.psf_section import FindScale, PsfSection

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
        self.source.changed.connect(self.psf.section.refresh)
        self._show_psf()
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

    def maker(self) -> str:
        """The method: results of different methods are there to be compared."""
        return self.methods.spec().key

    def _on_method(self) -> None:
        self._show_psf()
        self.on_changed()

    def _show_psf(self) -> None:
        needs_psf = self.methods.spec().needs_psf
        self.psf.setVisible(needs_psf)
        self.source.scale.set_needed(needs_psf)


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
