"""Painting as a person does it: napari's own mouse callbacks, without a mouse."""

from __future__ import annotations

from types import SimpleNamespace

from napari.utils._proxies import ReadOnlyWrapper
from napari.utils.interactions import (
    mouse_move_callbacks,
    mouse_press_callbacks,
    mouse_release_callbacks,
)


def mouse_event(layer, kind, point, *, button=1, axes=None):
    event = SimpleNamespace(
        type=kind,
        is_dragging=kind == "mouse_move",
        button=button,
        modifiers=(),
        position=tuple(point),
        pos=(0, 0),
        view_direction=None,
        up_direction=None,
        dims_displayed=list(axes if axes is not None else layer._slice_input.displayed),
        dims_point=[0] * layer.ndim,
        camera_zoom=1.0,
        handled=False,
    )
    return ReadOnlyWrapper(event, exceptions=("handled",))


def drag_steps(layer, points, *, label=None, mode="paint"):
    """A drag that gives way after the press and after each move; released when exhausted."""
    layer.mode = mode
    if label is not None:
        layer.selected_label = label
    mouse_press_callbacks(layer, mouse_event(layer, "mouse_press", points[0]))
    yield
    for point in points[1:]:
        mouse_move_callbacks(layer, mouse_event(layer, "mouse_move", point))
        yield
    mouse_release_callbacks(layer, mouse_event(layer, "mouse_release", points[-1]))


def drag(layer, points, *, label=None, mode="paint"):
    """Press, move through `points`, release."""
    for _ in drag_steps(layer, points, label=label, mode=mode):
        pass
