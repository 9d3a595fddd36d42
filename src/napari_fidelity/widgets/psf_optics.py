"""Optics of a PSF: an objective from a list, and every number that may be changed."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from napari_fidelity.simulation.psf import OBJECTIVES, PsfSettings, check_optics
from napari_fidelity.widgets.choice_words import put_choice_words
from napari_fidelity.widgets.forms import ParamsForm
from napari_fidelity.widgets.number_or_choice import NarrowComboBox

TAG = "kind"
FIRST = ("numerical_aperture", "immersion_index", "emission_nm", "microscope")
CONFOCAL = ("excitation_nm", "pinhole_au")
LAYERED = (
    *("sample_index", "depth_um", "working_distance_um"),
    *("coverslip_um", "coverslip_index", "design_coverslip_um", "design_coverslip_index"),
    "design_immersion_index",
)
ENGRAVED = ("numerical_aperture", "immersion_index")
OWN_NUMBERS = "as stated below"


class PsfOptics(QWidget):
    """*Objective*, and a form over the settings of a computed PSF; only what counts is shown."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.objective = NarrowComboBox()
        self.objective.setAccessibleName("Objective")
        self.objective.setToolTip("Fills in numerical aperture, immersion and working distance")
        self.objective.addItem(OWN_NUMBERS, None)
        for spec in OBJECTIVES.values():
            self.objective.addItem(spec.title, spec.key)
        named = (TAG, *FIRST, *CONFOCAL, "model", *LAYERED)
        others = [name for name in PsfSettings.model_fields if name not in named]
        fields = (*FIRST, *CONFOCAL, "model", *LAYERED, *others)
        self.form = ParamsForm(PsfSettings, fields)
        put_choice_words(self.form)
        label = QLabel("Objective")
        label.setBuddy(self.objective)
        row = QGridLayout()
        row.setColumnStretch(1, 1)
        row.addWidget(label, 0, 0, Qt.AlignmentFlag.AlignLeft)
        row.addWidget(self.objective, 0, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self.form)
        self.objective.currentIndexChanged.connect(self._on_objective)
        self.form.changed.connect(self._on_changed)
        self._show_what_counts()

    def settings(self) -> PsfSettings:
        """The settings, validated; a field that does not count is as it was.

        Raises
        ------
        UserError
            A value does not fit, or no objective can be so.
        """
        settings = PsfSettings.parse(self.form.values())
        check_optics(settings)
        return settings

    def set_settings(self, settings: PsfSettings) -> None:
        """Show `settings`."""
        self.form.set_values({name: getattr(settings, name) for name in self.form.controls})
        self._show_what_counts()

    def _on_objective(self, _row: int) -> None:
        key = self.objective.currentData()
        if key is None:
            return
        filled = OBJECTIVES[key].apply(PsfSettings.parse(self.form.values()))
        self.form.blockSignals(True)
        self.form.set_values({name: getattr(filled, name) for name in self.form.controls})
        self.form.blockSignals(False)
        self._show_what_counts()
        self.changed.emit()

    def _on_changed(self) -> None:
        self._show_what_counts()
        self.changed.emit()

    def _show_what_counts(self) -> None:
        values = self.form.values()
        for name in CONFOCAL:
            self.form.show_row(name, values["microscope"] == "confocal")
        for name in LAYERED:
            self.form.show_row(name, values["model"] == "gibson-lanni")
        key = self.objective.currentData()
        shown = OBJECTIVES[key] if key is not None else None
        if shown is None or any(getattr(shown, name) != values[name] for name in ENGRAVED):
            fits = (
                row
                for row, spec in enumerate(OBJECTIVES.values(), 1)
                if all(getattr(spec, name) == values[name] for name in ENGRAVED)
            )
            self.objective.blockSignals(True)
            self.objective.setCurrentIndex(next(fits, 0))
            self.objective.blockSignals(False)
