"""One dock of a kind in a viewer: opened, or found and raised."""

from __future__ import annotations

from typing import Any

from napari import Viewer
from qtpy.QtWidgets import QDockWidget

DISPLAY_NAME = "Fidelity"  # as in the manifest


def open_dock(viewer: Viewer, name: str, dock_class: type[Any]) -> Any:  # Any: one of the docks
    """The viewer's dock of `dock_class`: the one that is open already, else a new one.

    napari's Plugins menu calls it "Synthesize (Fidelity)" and finds it again by that name, so
    the two ways of opening share one dock.
    """
    docks = viewer.window.dock_widgets
    dock = next((dock for dock in docks.values() if isinstance(dock, dock_class)), None)
    if dock is None:
        dock = dock_class(viewer)
        # beside the other dock as a tab: stacked, each would have half the height
        viewer.window.add_dock_widget(dock, name=f"{name} ({DISPLAY_NAME})", tabify=True)
    frame = dock.parent()
    if isinstance(frame, QDockWidget):
        frame.show()
        frame.raise_()
    dock.take_active_layer()
    return dock
