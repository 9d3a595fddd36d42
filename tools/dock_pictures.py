"""Retake the pictures of the docks in docs/images: degrade, restore, compare, on real nuclei.

Needs a screen; `make pictures` gives it a virtual one.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from napari import Viewer

from napari_fidelity.app import commands
from napari_fidelity.app.benchmark.stalls import wait_ms, wait_until
from napari_fidelity.contributions.layer_data import layer_from_image
from napari_fidelity.contributions.nuclei_stack import read_nuclei_stack
from napari_fidelity.simulation.degradation import Pipeline
from napari_fidelity.simulation.psf import PsfSettings

PLANE = 32
LINE_UM = [[20.0, 8.0], [50.0, 40.0]]
OPTICS = {"numerical_aperture": 0.4, "immersion_index": 1.0, "emission_nm": 520}
STEPS = [{"kind": "psf", "psf": OPTICS}, {"kind": "poisson", "photons": 300}]
SIZE_PX = (1440, 900)
SETTLE_MS = 1500


def main(folder: Path) -> None:
    """Write degrade.png, restore.png, compare-side-by-side.png, compare-swipe.png."""
    viewer = Viewer(show=True)
    viewer.window.resize(*SIZE_PX)
    clean = read_nuclei_stack().image
    plane = replace(
        clean,
        array=clean.array[PLANE],
        **{name: getattr(clean, name)[1:] for name in ("axes", "scale", "units", "translate")},
        origin=(),
        name="nuclei",
    )
    data, attributes, _ = layer_from_image(plane, "image")
    dark, bright = np.percentile(plane.array, (1, 99.9))
    viewer.add_image(data, **{**attributes, "contrast_limits": (dark, bright)})
    degraded = take_degrade(viewer, folder / "degrade.png")
    restored = take_restore(viewer, degraded, folder / "restore.png")
    take_compare(viewer, [viewer.layers["nuclei"], degraded, restored], folder)
    viewer.close()


def take_degrade(viewer: Viewer, path: Path) -> Any:  # Any: napari's layer
    """The dock with its preview on the original; gives the degraded layer."""
    dock = commands.open_degrade(viewer)
    dock.steps.set_pipeline(Pipeline(name="blurred", steps=STEPS))
    dock.steps.cards.cards[0].fold.set_open(True)
    dock.preview_row.set_on(True)
    wait_until(lambda: dock.preview.is_settled)
    shoot(viewer, path)
    return run(dock)


def take_restore(viewer: Viewer, layer: Any, path: Path) -> Any:  # Any: as above
    """The dock with its preview on the degraded layer; gives the restored layer."""
    viewer.layers.selection.active = layer
    dock = commands.open_restore(viewer)
    dock.psf.section.set_source(PsfSettings(**OPTICS))
    dock.preview_row.set_on(True)
    wait_until(lambda: dock.preview.is_settled)
    shoot(viewer, path)
    return run(dock)


def take_compare(viewer: Viewer, layers: list[Any], folder: Path) -> None:  # Any: as above
    """Three layers side by side; then two under a swipe line, with profiles along a line."""
    viewer.layers.selection = set(layers)
    dock = commands.open_compare(viewer)
    dock.start()
    shoot(viewer, folder / "compare-side-by-side.png")
    dock.set_mode("swipe")
    fold = next(fold for fold in dock.sections if fold.heading.text() == "Line profile")
    fold.set_open(True)
    line = fold.section.draw_line()
    line.data = [LINE_UM]
    shoot(viewer, folder / "compare-swipe.png")
    dock.stop()


def run(dock: Any) -> Any:  # Any: a dock, a layer
    """Press the dock's button; gives the layer that it makes."""
    job = dock.start()
    wait_until(lambda: not job.is_running)
    return dock.result.layer()


def shoot(viewer: Viewer, path: Path) -> None:
    """Let the window settle and take its picture."""
    viewer.reset_view()
    wait_ms(SETTLE_MS)
    viewer.screenshot(str(path), canvas_only=False, flash=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
