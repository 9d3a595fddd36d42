"""A trained model in the dock where it works, chosen and ready."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from napari.components import ViewerModel

from napari_fidelity.core.errors import UserError
from napari_fidelity.models import name_model, read_manifest
from napari_fidelity.models.manifest import ModelTask
from napari_fidelity.models.store import find_package
from napari_fidelity.widgets.open_dock import open_dock
from napari_fidelity.widgets.preferences import use_model_of

DOCKS: Mapping[ModelTask, str] = {
    "synthesis": "Synthesize",
    "restoration": "Restore",
    "segmentation": "Segment",
}


def use_trained(viewer: ViewerModel, run: Path) -> str:
    """Open the dock for the model of a run, with the model chosen; says what happened.

    Raises
    ------
    UserError
        The run has no model yet, or there is no window to open a dock in.
    """
    folder = find_package(run)
    if folder is None:
        raise UserError(
            "There is no model yet: it is written when the training stops or ends. Press Stop: "
            "the run can be resumed afterwards."
        )
    manifest = read_manifest(folder)
    use_model_of(run)
    if not hasattr(viewer, "window"):
        raise UserError(f"Choose “{manifest.title}” in the dock.")
    name = DOCKS[manifest.task]
    dock: Any = open_dock(viewer, name, _dock_class(name))  # Any: one of the docks
    section = dock.model_section if name == "Synthesize" else dock.methods
    section.refresh()
    section.choose(name_model(folder))
    return f"“{manifest.title}” is chosen in the {name} dock."


def _dock_class(name: str) -> type[Any]:  # Any: a dock
    if name == "Synthesize":
        from napari_fidelity.widgets.synthesize_dock import SynthesizeDock

        return SynthesizeDock
    if name == "Segment":
        from napari_fidelity.widgets.segment_dock import SegmentDock

        return SegmentDock
    from napari_fidelity.widgets.restore_dock import RestoreDock

    return RestoreDock
