"""The program that shows the demo in napari, both docks driven as a person would drive them."""

from __future__ import annotations

import sys

import napari
from napari.layers import Image as ImageLayer
from napari.layers import Layer
from qtpy.QtCore import QEventLoop, Qt, QTimer
from qtpy.QtWidgets import QApplication, QDockWidget, QMainWindow, QWidget

from napari_fidelity.app.commands import open_assess, open_synthesize
from napari_fidelity.app.demo.shown_planes import choose_plane, full_limits, plane_of
from napari_fidelity.app.demo.window_process import PICTURE_WRITTEN, WindowRequest
from napari_fidelity.imageio import read_image
from napari_fidelity.imageio.atomic_write import write_atomically
from napari_fidelity.widgets.jobs import Job
from napari_fidelity.widgets.layer_results import (
    add_result_layer,
    frame_from_image,
    metadata_from_image,
)

SIZE_PX = (1720, 1040)
SETTLE_MS = 700
DOCK_PX = 300
SHRINK = 0.93  # a rim around the pictures
LABEL_OPACITY = 0.7


class DemoWindow:
    """A viewer with the files of a request loaded."""

    def __init__(self, request: WindowRequest) -> None:
        image, mask = read_image(request.image), read_image(request.mask)
        self.request = request
        self.viewer = napari.Viewer(title="napari-fidelity demo")
        self.viewer.window.resize(*SIZE_PX)
        plane = choose_plane(mask)
        self.limits = full_limits(plane_of(image, plane))
        self.reference = self.viewer.add_image(
            image.array, name=image.name, contrast_limits=self.limits, **frame_from_image(image)
        )
        self.generated = add_result_layer(
            self.viewer,
            read_image(request.generated),
            like=self.reference,
            contrast_limits=self.limits,
        )
        self.mask = self.viewer.add_labels(
            mask.array,
            name=mask.name,
            opacity=LABEL_OPACITY,
            metadata=metadata_from_image(mask),  # its origin: noise is keyed to it
            **frame_from_image(mask),
        )
        if image.array.ndim > 2:
            self.viewer.dims.set_current_step(0, plane)

    def synthesize(self) -> ImageLayer:
        """Make an image with the Synthesize dock; returns its layer."""
        self.viewer.layers.selection.active = self.mask
        dock = open_synthesize(self.viewer)
        dock.model_section.choose(self.request.model)
        dock.match_section.choice.choose(self.reference)
        dock.settings.form.set_values({"seed": self.request.seed})
        wait_for(dock.start())
        layer = dock.result.layer()
        if layer is None:
            raise RuntimeError(f"the Synthesize dock made nothing: {dock.words.text()}")
        layer.contrast_limits = self.limits
        return layer

    def assess(self, tests: list[Layer]) -> None:
        """Measure `tests` with the Assess dock."""
        dock = open_assess(self.viewer)
        dock.inputs.reference_choice.choose(self.reference)
        dock.inputs.choose_mask(self.mask)
        settle()  # the dock looks at the layers anew
        dock.inputs.tests.tick(tests)
        wait_for(dock.start())
        if dock.assessment is None:
            raise RuntimeError(f"the Assess dock measured nothing: {dock.words.text()}")

    def arrange(self) -> None:
        """Show the layers side by side with their names, and the docks beside each other."""
        grid = self.viewer.canvas.grid
        grid.enabled, grid.shape, grid.spacing = True, (2, 2), 0.03
        for layer in self.viewer.layers:
            layer.name_overlay.visible = True
        self.viewer.canvas.overlays.scale_bar.visible = True
        place_side_by_side(open_synthesize(self.viewer), open_assess(self.viewer))
        self.viewer.reset_view()
        settle()
        self.viewer.scene.camera.zoom *= SHRINK

    def take_picture(self) -> None:
        """A screenshot of the whole window."""
        settle()
        with write_atomically(self.request.picture) as temporary:
            picture = temporary.with_suffix(".png")
            self.viewer.screenshot(str(picture), canvas_only=False, flash=False)
            picture.replace(temporary)


def place_side_by_side(left: QWidget, right: QWidget) -> None:
    """Put two docks beside each other instead of in tabs."""
    frames = find_frame(left), find_frame(right)
    main = left.window()
    if not isinstance(main, QMainWindow):
        raise TypeError(f"the dock stands in a {type(main).__name__}, not in a main window")
    main.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, frames[1])  # out of the tabs
    main.splitDockWidget(*frames, Qt.Orientation.Horizontal)
    main.resizeDocks(list(frames), [DOCK_PX, DOCK_PX], Qt.Orientation.Horizontal)


def find_frame(widget: QWidget) -> QDockWidget:
    """The frame in which napari put `widget`."""
    parent = widget.parent()
    while not isinstance(parent, QDockWidget):
        if parent is None:
            raise TypeError(f"{type(widget).__name__} stands in no dock")
        parent = parent.parent()
    return parent


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


def main(argument: str) -> None:
    """Do what the request in JSON says."""
    window = DemoWindow(WindowRequest.model_validate_json(argument))
    made = window.synthesize()
    window.assess([made, window.generated])
    window.arrange()
    window.take_picture()
    print(PICTURE_WRITTEN, flush=True)
    if window.request.stay:
        napari.run()
    else:
        window.viewer.close()


if __name__ == "__main__":
    main(sys.argv[1])
