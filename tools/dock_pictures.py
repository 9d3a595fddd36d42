"""Retake the pictures of the docks in docs/images: Degrade, Restore, Segment, Compare, Train.

Needs a screen; `make pictures` gives it a virtual one.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from napari import Viewer

from napari_fidelity.app import commands
from napari_fidelity.app.benchmark.stalls import wait_ms, wait_until
from napari_fidelity.contributions.layer_data import layer_from_image
from napari_fidelity.contributions.nuclei_stack import read_nuclei_stack
from napari_fidelity.core.image import Image
from napari_fidelity.imageio import write_image
from napari_fidelity.operations.degrade import DegradeParams, degrade
from napari_fidelity.operations.restore import RestoreParams, restore
from napari_fidelity.simulation import simulate_mitochondria, simulate_nuclei
from napari_fidelity.simulation.degradation import PRESETS
from napari_fidelity.training.config import TrainConfig
from napari_fidelity.training.train import train
from napari_fidelity.widgets.train_use import use_trained

SIZE_PX = (1400, 900)
SETTLE_MS = 1500
MITOCHONDRIA_PX = (768, 768)
PLANE = 32
LINE_PX = [[128.0, 20.0], [128.0, 130.0]]
OPTICS = {"numerical_aperture": 0.35, "immersion_index": 1.0, "emission_nm": 520}
NOISE = {"steps": [{"kind": "poisson", "photons": 30}]}
TRAIN_STEPS, TRAIN_SHOWN = 2000, 1600
RUN_SETTINGS = {"validate_every": 200, "checkpoint_every": 200, "batch": 4}
PREVIEWS = {"previews": 3, "validation_images": 6}
NARROW = {"first_filters": 8}  # a picture needs no better network
NUCLEI_COUNT = 12
SEGMENTATION = {
    "method": {"kind": "segmentation", "widths": (8, 16, 32), "optimiser": "adam", "rate": 3e-3},
    "run": {"max_steps": 400, "validate_every": 200},
    "model": {
        "key": "simulated-nuclei",
        "title": "Nuclei (simulated)",
        "description": "Foreground of fluorescent nuclei",
        "data": "simulated nuclei",
    },
}
STEPS = [{"kind": "psf", "psf": OPTICS}, {"kind": "poisson", "photons": 300}]


def main(folder: Path) -> None:
    """Write degrade, restore, segment, compare-side-by-side, compare-swipe, train-new, train."""
    viewer = open_viewer()
    clean = simulate_mitochondria(shape=MITOCHONDRIA_PX, seed=0).clean
    layer = show(viewer, replace(clean, name="mitochondria"), colormap="green")
    degraded = take_degrade(viewer, layer, folder / "degrade.png")
    take_restore(viewer, degraded, folder / "restore.png")
    viewer.close()
    with tempfile.TemporaryDirectory() as place:
        viewer = open_viewer()
        take_segment(viewer, folder / "segment.png", Path(place))
        viewer.close()
    viewer = open_viewer()
    take_compare(viewer, [show(viewer, image) for image in make_nuclei()], folder)
    viewer.close()
    viewer = open_viewer()
    with tempfile.TemporaryDirectory() as place:
        take_train(viewer, folder, Path(place))
    viewer.close()


def make_nuclei() -> list[Image]:
    """A real plane of nuclei, the same degraded, and restored."""
    stack = read_nuclei_stack().image
    frame = {name: getattr(stack, name)[1:] for name in ("axes", "scale", "units", "translate")}
    truth = replace(stack, array=stack.array[PLANE], origin=(), name="truth", **frame)
    bad = degrade(truth, DegradeParams.parse({"pipeline": {"steps": STEPS}}))
    better = restore(bad, RestoreParams.parse({"psf": OPTICS}))
    return [
        truth,
        replace(bad, name="degraded: NA 0.35"),
        replace(better, name="restored: Richardson–Lucy"),
    ]


def take_degrade(viewer: Viewer, layer: Any, path: Path) -> Any:  # Any: napari's layers
    """The dock with its preview; gives the degraded layer."""
    viewer.layers.selection.active = layer
    dock = commands.open_degrade(viewer)
    dock.steps.cards.cards[1].fold.set_open(True)
    shoot_preview(viewer, dock, path)
    job = dock.start()
    wait_until(lambda: not job.is_running)
    return dock.result.layer()


def take_restore(viewer: Viewer, layer: Any, path: Path) -> None:  # Any: as above
    """The dock with its preview."""
    viewer.layers.selection.active = layer
    dock = commands.open_restore(viewer)
    dock.psf.section.set_source(PRESETS["medium"].pipeline.steps[0].psf)
    shoot_preview(viewer, dock, path)


def take_segment(viewer: Viewer, path: Path, place: Path) -> None:
    """The dock with the labels of nuclei that it numbered; a small model is trained for it."""
    run = train_segmentation(place)
    viewer.layers.selection.active = show(viewer, simulate_nuclei(seed=NUCLEI_COUNT).image)
    use_trained(viewer, run)
    dock = commands.open_segment(viewer)
    dock.methods.form().set_values({"label_objects": True})
    job = dock.start()
    wait_until(lambda: not job.is_running)
    viewer.reset_view()
    shoot(viewer, path)


def train_segmentation(place: Path) -> Path:
    """The folder of a short training on simulated nuclei and their masks."""
    images, masks = (place / "data" / name for name in ("images", "masks"))
    for folder in (images, masks):
        folder.mkdir(parents=True)
    for seed in range(NUCLEI_COUNT):
        specimen = simulate_nuclei(seed=seed)
        name = f"field-{seed}.ome.tif"
        write_image(images / name, specimen.image)
        write_image(masks / name, specimen.labels)
    settings = {**SEGMENTATION, "data": {"folder": str(place / "data"), "patch_px": 64}}
    return train(TrainConfig.parse(settings), place / "run").folder


def take_compare(viewer: Viewer, layers: list[Any], folder: Path) -> None:  # Any: as above
    """Side by side with a map of differences; then two under a swipe line, with profiles."""
    viewer.layers.selection = set(layers)
    dock = commands.open_compare(viewer)
    dock.start()
    folds = {fold.heading.text(): fold for fold in dock.sections}
    difference, profile = folds["Difference map"], folds["Line profile"]
    difference.set_open(True)
    difference.section.image_choice.choose(layers[2])
    difference.section.show_button.setChecked(True)
    shoot(viewer, folder / "compare-side-by-side.png")
    difference.section.show_button.setChecked(False)
    difference.set_open(False)
    dock.set_mode("swipe")
    profile.set_open(True)
    profile.section.draw_line().data = [LINE_PX]
    shoot(viewer, folder / "compare-swipe.png")
    dock.stop()


def take_train(viewer: Viewer, folder: Path, place: Path) -> None:
    """A training on noisy and clean planes of real nuclei: before it is started, and on its way."""
    clean = replace(read_nuclei_stack().image, name="clean")
    noisy = replace(degrade(clean, DegradeParams.parse({"pipeline": NOISE})), name="noisy")
    for image in (clean, noisy):
        show(viewer, image)
    dock = commands.open_train(viewer)
    setup = dock.setup
    setup._parent_folder = place
    setup.choose_method("care")
    setup.data.pairs.rows[0].choices[0].choose(viewer.layers["noisy"])
    setup.data.pairs.rows[0].choices[1].choose(viewer.layers["clean"])
    setup.name_line.setText("Nuclei, denoised")
    setup.steps.set_number(TRAIN_STEPS)
    setup.run_form.form.set_values(RUN_SETTINGS)
    setup.run_form.form.set_values(PREVIEWS)
    setup.method_form().form.set_values(NARROW)
    shoot(viewer, folder / "train-new.png")
    job = dock.start()
    wait_until(lambda: not job.is_running)
    wait_until(lambda: dock.watch.snapshot is not None and dock.watch.phase() != "starting")
    wait_until(lambda: reached(dock, TRAIN_SHOWN))
    shoot(viewer, folder / "train.png")
    dock.stop()
    wait_until(lambda: dock.watch.phase() not in ("running", "stopping"))


def reached(dock: Any, step: int) -> bool:  # Any: a dock
    """Whether the run that is watched has validated at `step`, or has ended."""
    return dock.watch.snapshot.latest_step >= step or dock.watch.phase() != "running"


def open_viewer() -> Viewer:
    """A window of the size of the pictures."""
    viewer = Viewer()
    viewer.window.resize(*SIZE_PX)
    return viewer


def show(viewer: Viewer, image: Image, **look: object) -> Any:  # Any: a layer
    """Add a layer that shows `image` with a contrast that suits it."""
    data, attributes, _ = layer_from_image(image, "image")
    limits = np.percentile(image.array, (0.5, 99.8))
    return viewer.add_image(data, **{**attributes, "contrast_limits": limits, **look})


def shoot_preview(viewer: Viewer, dock: Any, path: Path) -> None:  # Any: a dock
    """Take the picture once the preview is there."""
    viewer.reset_view()
    dock.preview_row.set_on(True)
    wait_ms(SETTLE_MS)
    wait_until(lambda: dock.preview.is_settled)
    shoot(viewer, path)


def shoot(viewer: Viewer, path: Path) -> None:
    """Let the window settle and take its picture."""
    wait_ms(SETTLE_MS)
    viewer.screenshot(str(path), canvas_only=False, flash=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
