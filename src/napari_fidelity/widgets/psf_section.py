"""The PSF of a step or a method: computed from optics or measured, with its width in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from napari.components import ViewerModel
from qtpy.QtCore import QTimer, Signal
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_fidelity.core.errors import UserError
from napari_fidelity.simulation.psf import (
    MeasuredPsf,
    Psf,
    PsfSettings,
    PsfSource,
    compute_psf,
    measure_fwhm_um,
    parse_psf,
)
from napari_fidelity.widgets.dock_parts import HINT, PROBLEM, Words
from napari_fidelity.widgets.form_controls import Control
from napari_fidelity.widgets.job_failure import describe_failure
from napari_fidelity.widgets.jobs import is_alive
from napari_fidelity.widgets.number_or_choice import NarrowComboBox
from napari_fidelity.widgets.piece_thread import PieceThread
from napari_fidelity.widgets.psf_measured import PsfMeasured
from napari_fidelity.widgets.psf_optics import PsfOptics

SETTLE_MS = 250
CHOICES = {
    "computed": ("Computed from the optics", "Objective, wavelength, media"),
    "measured": ("Measured", "A file, a layer, or the average of beads"),
}

FindScale = Callable[[], Sequence[float] | None]


class PsfSection(QWidget):
    """*Computed* or *measured*, the controls of the choice, and one line about the PSF.

    Parameters
    ----------
    viewer : ViewerModel
        Whose layers may show a PSF.
    find_scale : callable
        (Z)YX sizes in µm of the image that the PSF is used on; None while they are not known.
    """

    changed = Signal()

    def __init__(
        self, viewer: ViewerModel, find_scale: FindScale, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._find_scale = find_scale
        self._described: object = None
        self.kind = NarrowComboBox()
        self.kind.setAccessibleName("PSF")
        self.kind.add_choices(CHOICES)
        self.optics, self.measured = PsfOptics(), PsfMeasured(viewer)
        self.words = Words()
        self._thread = PieceThread()
        self._thread.close_with(self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SETTLE_MS)
        self._timer.timeout.connect(self._describe)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for widget in (self.kind, self.optics, self.measured, self.words):
            layout.addWidget(widget)
        self.kind.currentIndexChanged.connect(lambda _: self._on_kind())
        self.optics.changed.connect(self._on_changed)
        self.measured.changed.connect(self._on_changed)
        self._show_kind()

    def source(self) -> PsfSource:
        """The PSF's settings, validated.

        Raises
        ------
        UserError
            A value does not fit, or there is no measured PSF yet.
        """
        if self.kind.currentData() == "measured":
            return self.measured.settings()
        return self.optics.settings()

    def set_source(self, value: object) -> None:
        """Show a PSF: settings, or a mapping as files give it."""
        source = parse_psf(value)
        self.kind.setCurrentIndex(self.kind.findData(source.kind))
        if isinstance(source, MeasuredPsf):
            self.measured.set_settings(source)
        elif isinstance(source, PsfSettings):
            self.optics.set_settings(source)

    def refresh(self) -> None:
        """The image is another one: describe the PSF on its pixels, soon."""
        if self.isVisible():
            self._timer.start()

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802  # Qt's name
        """Describe what is seen; hidden sections cost nothing."""
        super().showEvent(event)
        self._timer.start()

    def _on_kind(self) -> None:
        self._show_kind()
        self._on_changed()

    def _show_kind(self) -> None:
        is_measured = self.kind.currentData() == "measured"
        self.optics.setVisible(not is_measured)
        self.measured.setVisible(is_measured)

    def _on_changed(self) -> None:
        self.refresh()
        self.changed.emit()

    def _describe(self) -> None:
        if self._thread.is_busy:
            self._timer.start()
            return
        scale = self._find_scale()
        try:
            source = self.source()
        except UserError as error:
            self._described = None
            self.words.say(str(error), PROBLEM)
            return
        if scale is None:
            self._described = None
            self.words.say("", HINT)
            return
        wanted = (source, tuple(scale))
        if wanted != self._described:
            self._described = wanted
            self._thread.run(lambda: compute_psf(*wanted), self._say, self._say_failure)

    def _say(self, psf: Psf) -> None:
        if is_alive(self):
            words = [describe_width(measure_fwhm_um(psf)), *psf.warnings]
            self.words.say(" ".join(words), PROBLEM if psf.warnings else HINT)

    def _say_failure(self, error: BaseException) -> None:
        if is_alive(self):
            self.words.say(describe_failure(error, "PSF"), PROBLEM)


def describe_width(widths_um: Sequence[float]) -> str:
    """Full widths at half maximum, (Z)YX, in words.

    Examples
    --------
    >>> describe_width((0.75, 0.21, 0.21)), describe_width((0.21, 0.21))
    ('A point is 0.21 µm wide and 0.75 µm deep here.', 'A point is 0.21 µm wide here.')
    """
    depth = f" and {widths_um[0]:.3g} µm deep" if len(widths_um) == 3 else ""
    return f"A point is {sum(widths_um[-2:]) / 2:.3g} µm wide{depth} here."


def psf_control(section: PsfSection) -> Control:
    """The section as the control of a field, in a row of its own."""
    return Control(section, section.source, section.set_source, section.changed, is_wide=True)
