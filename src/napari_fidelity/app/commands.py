"""Commands of napari's menus: open a dock on the active layer, re-run a file."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from napari import Viewer  # napari's injection reads the annotation when a command is called
from napari.utils.notifications import show_error, show_info
from qtpy.QtWidgets import QApplication, QFileDialog

from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Progress
from napari_fidelity.operations.mask_pixels import holds_labels
from napari_fidelity.widgets.jobs import Job, start_job
from napari_fidelity.widgets.layer_results import (
    add_labels_layer,
    add_result_layer,
)
from napari_fidelity.widgets.open_dock import open_dock
from napari_fidelity.widgets.preferences import apply_model_folder


def open_synthesize(viewer: Viewer) -> Any:  # Any: the dock; napari would inject a result by type
    """Open or raise the Synthesize dock and give it the active layer; returns the dock."""
    from napari_fidelity.widgets.synthesize_dock import SynthesizeDock

    return open_dock(viewer, "Synthesize", SynthesizeDock)


def open_assess(viewer: Viewer) -> Any:  # Any: as above
    """Open or raise the Assess dock and give it the active layer; returns the dock."""
    from napari_fidelity.widgets.assess_dock import AssessDock

    return open_dock(viewer, "Assess", AssessDock)


def open_compare(viewer: Viewer) -> Any:  # Any: as above
    """Open or raise the Compare dock and tick the selected layers; returns the dock."""
    from napari_fidelity.widgets.compare_dock import CompareDock

    return open_dock(viewer, "Compare", CompareDock)


def open_degrade(viewer: Viewer) -> Any:  # Any: as above
    """Open or raise the Degrade dock and give it the active layer; returns the dock."""
    from napari_fidelity.widgets.degrade_dock import DegradeDock

    return open_dock(viewer, "Degrade", DegradeDock)


def open_restore(viewer: Viewer) -> Any:  # Any: as above
    """Open or raise the Restore dock and give it the active layer; returns the dock."""
    from napari_fidelity.widgets.restore_dock import RestoreDock

    return open_dock(viewer, "Restore", RestoreDock)


def open_segment(viewer: Viewer) -> Any:  # Any: as above
    """Open or raise the Segment dock and give it the active layer; returns the dock."""
    from napari_fidelity.widgets.segment_dock import SegmentDock

    return open_dock(viewer, "Segment", SegmentDock)


def open_train(viewer: Viewer) -> Any:  # Any: as above
    """Open or raise the Train dock and give it the active layer; returns the dock."""
    from napari_fidelity.widgets.train_dock import TrainDock

    return open_dock(viewer, "Train", TrainDock)


def rerun_from_file(viewer: Viewer) -> Job | None:
    """Ask for a file that this package wrote and make its image again, as a new layer.

    Returns
    -------
    Job or None
        None when no file was chosen.
    """
    window = QApplication.activeWindow()
    chosen, _ = QFileDialog.getOpenFileName(
        window, "Re-run from file", "", "OME-TIFF (*.ome.tif *.ome.tiff)"
    )
    if not chosen:
        return None
    path = Path(chosen)
    apply_model_folder()
    return start_job(
        partial(rerun_file, path),
        text=f"Re-run {path.name}",
        owner=window,
        on_result=lambda image: _show(viewer, image),
        on_error=show_error,
        on_cancelled=lambda: show_info(f"Re-running {path.name} was cancelled."),
    )


def _show(viewer: Viewer, image: Image) -> None:
    add = add_labels_layer if holds_labels(image) else add_result_layer
    add(viewer, image)


def rerun_file(path: Path, progress: Progress) -> Image:
    """The image of the file at `path`, made again from what the file says about itself."""
    from napari_fidelity.imageio import read_image
    from napari_fidelity.operations.rerun import rerun

    progress(0, 0, "reading")
    return rerun(read_image(path), progress)
