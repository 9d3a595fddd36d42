"""napari with both docks at work on the demo's material."""

from __future__ import annotations

from pathlib import Path

import napari
from napari.layers import Image as ImageLayer
from napari.layers import Labels, Layer
from qtpy.QtCore import QEventLoop, QTimer
from qtpy.QtWidgets import QApplication

from napari_fidelity.app.commands import open_assess, open_synthesize
from napari_fidelity.app.demo.material import Material
from napari_fidelity.app.demo.shown_planes import choose_plane, full_limits, plane_of
from napari_fidelity.core.image import Image
from napari_fidelity.widgets.jobs import Job
from napari_fidelity.widgets.layer_results import add_result_layer, frame_from_image

SIZE_PX = (1760, 1080)
SETTLE_MS = 600
LABEL_OPACITY = 0.75


class DemoWindow:
    """A viewer with the material loaded; the docks are driven as a person would.

    Parameters
    ----------
    material : Material
        Image and mask.
    generated : Image
        A result to start with, of another model than the dock will be asked for.
    """

    def __init__(self, material: Material, generated: Image) -> None:
        self.viewer = napari.Viewer(title="napari-fidelity demo")
        self.viewer.window.resize(*SIZE_PX)
        reference = material.reference
        self.plane = choose_plane(material.mask)
        self.limits = full_limits(plane_of(reference, self.plane))
        self.reference = self.viewer.add_image(
            reference.array,
            name=reference.name,
            contrast_limits=self.limits,
            colormap="gray",
            **frame_from_image(reference),
        )
        self.generated = add_result_layer(
            self.viewer, generated, like=self.reference, contrast_limits=self.limits
        )
        self.mask = self.viewer.add_labels(
            material.mask.array,
            name=material.mask.name,
            opacity=LABEL_OPACITY,
            **frame_from_image(material.mask),
        )
        if reference.array.ndim > 2:
            self.viewer.dims.set_current_step(0, self.plane)

    def synthesize(self, model: str, seed: int) -> ImageLayer:
        """Make an image with the Synthesize dock; returns its layer."""
        self.viewer.layers.selection.active = self.mask
        dock = open_synthesize(self.viewer)
        dock.mask_section.choice.choose(self.mask)
        dock.model_section.choose(model)
        dock.match.choice.choose(self.reference)
        dock.settings.form.set_values({"seed": seed})
        wait_for(dock.start())
        layer = dock.result.layer()
        if layer is None:
            raise RuntimeError(f"the Synthesize dock made nothing: {dock.words.text()}")
        layer.contrast_limits = self.limits
        return layer

    def assess(self, tests: list[Layer]) -> None:
        """Measure `tests` with the Assess dock."""
        dock = open_assess(self.viewer)
        dock.inputs.reference.choose(self.reference)
        dock.inputs.mask.choose(self.mask)
        dock.inputs.tests.tick(tests)
        settle()
        wait_for(dock.start())
        if dock.assessment is None:
            raise RuntimeError(f"the Assess dock measured nothing: {dock.words.text()}")

    def arrange(self) -> None:
        """Show all layers side by side, and the docks beside each other."""
        grid = self.viewer.canvas.grid
        grid.enabled, grid.shape, grid.spacing = True, (2, 2), 0.04
        for layer in self.viewer.layers:
            if isinstance(layer, (ImageLayer, Labels)):
                layer.name_overlay.visible = True
        self.viewer.reset_view()
        settle()

    def take_picture(self, path: Path) -> Path:
        """A screenshot of the whole window."""
        settle()
        self.viewer.screenshot(str(path), canvas_only=False, flash=False)
        return path

    def close(self) -> None:
        """Close the viewer."""
        self.viewer.close()
        settle(0)

    def leave_open(self) -> None:
        """Hand the window to the person; returns when it was closed."""
        napari.run()


def wait_for(job: Job) -> None:
    """Let Qt run until the job has ended."""
    loop = QEventLoop()
    job.finished.connect(loop.quit)
    if job.is_running:
        loop.exec()


def settle(milliseconds: int = SETTLE_MS) -> None:
    """Let Qt draw what was changed."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()
    QApplication.processEvents()
