"""Which restoration: a method or a trained model, what it does, when it fails, its settings."""

from __future__ import annotations

from qtpy.QtWidgets import QCheckBox, QWidget

from napari_fidelity.restoration.spec import RestorationSettings
from napari_fidelity.widgets.choice_section import ChoiceSection
from napari_fidelity.widgets.method_choices import RESTORATION


class MethodSection(ChoiceSection):
    """A list of restorations with the settings of the chosen one, and a box for its uncertainty."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Method", RESTORATION, parent)
        self.uncertainty = QCheckBox("Uncertainty as a layer")
        self.uncertainty.setToolTip(
            "A second layer: the standard deviation of every pixel, as the model states it and "
            "as orientations differ"
        )
        self.refresh()
        self.uncertainty.toggled.connect(lambda _: self.changed.emit())

    def settings(self) -> RestorationSettings:
        """The chosen method's settings, validated.

        Raises
        ------
        UserError
            A value does not fit.
        """
        settings = super().settings()
        assert isinstance(settings, RestorationSettings)
        return settings

    def wants_uncertainty(self) -> bool:
        """Whether a layer of standard deviations is asked for, and can be given."""
        return self._states_spread() and self.uncertainty.isChecked()

    def _states_spread(self) -> bool:
        choice = self.spec()
        flips = getattr(self.form().settings(), "flips", "none")
        return choice.is_learned and (choice.states_spread or flips != "none")

    def _show_method(self) -> None:
        super()._show_method()
        self._layout.removeWidget(self.uncertainty)
        self._layout.addWidget(self.uncertainty)  # under the form, which may be new
        self.uncertainty.setVisible(self._states_spread())

    def _on_form(self) -> None:
        self.uncertainty.setVisible(self._states_spread())
        super()._on_form()
