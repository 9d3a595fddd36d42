"""A simulated field of two cells for the tests of the Assess dock, and what they do to it."""

import numpy as np
from scipy import ndimage

from napari_fidelity.widgets.assess_dock import AssessDock

SHAPE = (64, 72)


def disks(shape=SHAPE):
    """Labels 1 and 2: two disks."""
    labels = np.zeros(shape, np.uint8)
    y, x = np.mgrid[: shape[-2], : shape[-1]]
    labels[..., (y - 20) ** 2 + (x - 22) ** 2 < 100] = 1
    labels[..., (y - 42) ** 2 + (x - 50) ** 2 < 120] = 2
    return labels


def microscope(labels, seed, sigma=0.7):
    rng = np.random.default_rng(seed)
    texture = ndimage.gaussian_filter(np.random.default_rng(7).normal(size=labels.shape), 2)
    signal = (labels > 0) * (300 + 900 * texture)
    blur = (0,) * (labels.ndim - 2) + (sigma, sigma)
    clean = ndimage.gaussian_filter(signal, blur) + 100
    return np.clip(clean + rng.normal(0, 12, labels.shape), 0, 65535).round().astype(np.uint16)


def open_dock(qtbot, viewer):
    dock = AssessDock(viewer)
    if hasattr(viewer, "window"):
        viewer.window.add_dock_widget(dock, name="Assess")
    else:
        qtbot.addWidget(dock)
    return dock


def run(qtbot, dock):
    job = dock.start()
    with qtbot.waitSignal(job.finished, timeout=20000):
        pass
    return dock.assessment


def bars_of(dock, name):
    for frame in dock.result.cards:
        if frame.title.whole_text() == name:
            return {widget.bar.title: widget.bar for widget in frame.bars}
    raise KeyError(name)
