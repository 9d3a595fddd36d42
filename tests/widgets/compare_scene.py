"""Viewers with layers to compare, and all that a comparison must leave as it was."""

import numpy as np

from napari_fidelity.widgets.compare_dock import CompareDock


def fill(viewer):
    """A truth, a dim and a coarse version of it, a hidden image, and a mask."""
    pixels = np.arange(24 * 32, dtype=np.float32).reshape(24, 32)
    viewer.add_image(pixels, name="truth", contrast_limits=(0, 700))
    viewer.add_image(pixels / 2, name="dim", contrast_limits=(10, 380), gamma=0.8)
    viewer.add_image(pixels[::2, ::2], name="coarse", scale=(2, 2))
    viewer.add_image(pixels, name="hidden", visible=False)
    viewer.add_labels((pixels > 300).astype(np.uint8), name="mask")
    return viewer


def open_dock(qtbot, viewer):
    dock = CompareDock(viewer)
    if hasattr(viewer, "window"):
        viewer.window.add_dock_widget(dock, name="Compare (Fidelity)")
    else:
        qtbot.addWidget(dock)
    return dock


def looks_of(viewer):
    """Everything that a person sees and set: by layer and for the viewer."""
    grid, camera = viewer.canvas.grid, viewer.scene.camera
    looks = {
        "grid": (grid.enabled, grid.stride, grid.shape, grid.spacing),
        "camera": (tuple(camera.center), camera.zoom),
        "order": [layer.name for layer in viewer.layers],
        "selection": {layer.name for layer in viewer.layers.selection},
    }
    for layer in viewer.layers:
        overlay = layer.name_overlay
        box = None if overlay.box_color is None else tuple(overlay.box_color)
        look = [layer.visible, overlay.visible, overlay.font_size, box, overlay.position]
        for name in ("contrast_limits", "contrast_limits_range", "gamma"):
            value = getattr(layer, name, None)
            look.append(tuple(value) if isinstance(value, (list, tuple)) else value)
        looks[layer.name] = look
    return looks


def shown(viewer):
    return [layer.name for layer in viewer.layers if layer.visible]
