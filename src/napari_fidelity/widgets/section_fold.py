"""A section of the Compare dock under its heading; it is made when it is first unfolded."""

from __future__ import annotations

from napari.components import ViewerModel
from napari.layers import Layer
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QWidget

from napari_fidelity.widgets.compare_sections import CompareSection, SectionSpec
from napari_fidelity.widgets.dock_parts import Fold


class SectionFold(Fold):
    """Makes its section late and keeps it up to date.

    Parameters
    ----------
    spec : SectionSpec
        What it holds.
    viewer : ViewerModel
        Whose layers.

    Attributes
    ----------
    single_view_wanted : Signal
        Emitted by a section that draws over the images, where the grid keeps them apart.
    """

    single_view_wanted = Signal()

    def __init__(self, spec: SectionSpec, viewer: ViewerModel) -> None:
        super().__init__(spec.title)
        self._spec, self._viewer = spec, viewer
        self._layers: list[Layer] = []
        self.section: CompareSection | None = None
        self.heading.toggled.connect(self._make)

    def set_layers(self, layers: list[Layer]) -> None:
        """Take `layers`, the bottom one first, as those that are compared from now on."""
        self._layers = list(layers)
        if self.section is not None:
            self.section.set_layers(self._layers)

    def close_section(self) -> None:
        """Let the section take away what it added to the viewer."""
        if self.section is not None:
            self.section.close_section()

    def _make(self) -> None:
        if self.section is None:
            self.section = self._spec.make(self._viewer, self._layers)
            assert isinstance(self.section, QWidget)
            self.content_layout.addWidget(self.section)
            if (wanted := getattr(self.section, "single_view_wanted", None)) is not None:
                wanted.connect(self.single_view_wanted)
