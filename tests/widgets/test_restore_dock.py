"""The Restore dock: methods with their limits, a PSF where it is needed, results side by side."""

from __future__ import annotations

import numpy as np
import pytest

from napari_fidelity.core.image import Image
from napari_fidelity.operations.restore import restore
from napari_fidelity.restoration.catalog import METHODS
from napari_fidelity.simulation.psf import PsfSettings, compute_psf
from napari_fidelity.widgets.layer_results import add_result_layer
from napari_fidelity.widgets.layers import image_from_layer
from napari_fidelity.widgets.nearby_pixels import crop_around
from napari_fidelity.widgets.restore_dock import RestoreDock

UM = {"scale": (0.1, 0.1), "units": ("um", "um")}


def add_cells(viewer, shape=(64, 48), **frame):
    pixels = np.random.default_rng(0).poisson(100, shape).astype(np.uint16)
    pixels[..., 20:40, 10:30] += 900
    return viewer.add_image(pixels, name="cells", **{**UM, **frame})


@pytest.fixture
def dock(qtbot, viewer):
    dock = RestoreDock(viewer)
    qtbot.addWidget(dock)
    yield dock
    dock._on_removed()
    qtbot.waitUntil(lambda: dock.preview.is_settled, timeout=10000)


def run(dock, qtbot):
    dock.run()
    qtbot.waitUntil(lambda: dock._job is None, timeout=20000)


@pytest.mark.parametrize("key", METHODS)
def test_every_method_says_what_it_does_when_it_fails_and_gives_its_settings(dock, viewer, key):
    add_cells(viewer)
    dock.methods.choose(key)
    spec = METHODS[key]
    assert dock.methods.words.text() == spec.description
    assert dock.methods.warning.text().lower() == f"careful: {spec.fails}".lower()
    params = dock.settings()
    assert params.method == spec.params(kind=key)
    assert (params.psf is not None) == spec.needs_psf
    assert dock.psf.isHidden() != spec.needs_psf


def test_results_of_two_methods_stand_beside_each_other(dock, viewer, qtbot):
    cells = add_cells(viewer)
    dock.methods.choose("gaussian")
    run(dock, qtbot)
    first = dock.result.layer()
    np.testing.assert_array_equal(
        first.data, restore(image_from_layer(cells), dock.settings()).array
    )
    run(dock, qtbot)
    assert dock.result.layer() is first
    dock.methods.choose("wiener")
    run(dock, qtbot)
    assert dock.result.layer() is not first
    assert next(layer.name for layer in viewer.layers) == "cells"
    assert len(viewer.layers) == 3
    np.testing.assert_array_equal(dock.result.layer().scale, (0.1, 0.1))


def test_the_chosen_image_stays_though_another_layer_is_active(dock, viewer, qtbot):
    chosen, active = add_cells(viewer), viewer.add_image(np.ones((40, 40)), name="active", **UM)
    dock.methods.choose("gaussian")
    dock.source.choice.choose(chosen)
    assert viewer.layers.selection.active is active
    dock.preview_row.set_on(True)
    qtbot.waitUntil(lambda: dock.preview.overlay.is_shown() and dock.preview.is_settled)
    add_result_layer(viewer, Image(np.ones((40, 40)), name="of another dock"), like=active)
    assert dock.source.layer() is chosen
    assert viewer.layers.selection.active is active
    viewer.layers.selection.active = chosen
    viewer.layers.selection.active = active
    assert dock.source.layer() is active


def test_a_method_keeps_its_settings_while_another_is_looked_at(dock, viewer):
    add_cells(viewer)
    dock.methods.choose("richardson-lucy")
    dock.methods.form().set_values({"iterations": 7})
    dock.methods.choose("gaussian")
    dock.methods.choose("richardson-lucy")
    assert dock.settings().method.iterations == 7


def test_a_measured_psf_from_a_layer(dock, viewer, qtbot):
    add_cells(viewer)
    psf = compute_psf(PsfSettings(), (0.1, 0.1))
    point = viewer.add_image(psf.array, name="point", **UM)
    dock.methods.choose("wiener")
    dock.source.choice.choose(viewer.layers["cells"])
    section = dock.psf.section
    section.kind.setCurrentIndex(1)
    assert "no measured PSF yet" in dock.problem()
    section.measured.choice.choose(point)
    section.measured.use_layer()
    qtbot.waitUntil(lambda: dock.problem() == "", timeout=5000)
    params = dock.settings()
    assert params.psf.shape == psf.array.shape
    found = compute_psf(params.psf, (0.1, 0.1))
    np.testing.assert_allclose(found.array, psf.array, atol=1e-6)


def test_the_preview_of_a_stack_looks_at_the_nearest_planes(dock, viewer, qtbot):
    add_cells(viewer, shape=(40, 64, 48), scale=(0.3, 0.1, 0.1), units=("um",) * 3)
    dock.methods.choose("wiener")
    request = dock.preview_request()
    assert request.side_px < 512
    assert "nearest planes" in request.note
    dock.once_more.set_values({"spatial": "plane"})
    assert dock.preview_request().note == ""


def test_a_crop_knows_where_it_was_cut():
    from napari_fidelity.core.image import Image

    stack = Image(np.arange(1000.0).reshape(10, 10, 10), scale=(2, 1, 1), translate=(5, 0, 0))
    region = (slice(9, 10), slice(0, 3), slice(4, 6))
    crop, inner = crop_around(stack, region, {"Z": 2, "Y": 1})
    np.testing.assert_array_equal(crop.array[inner], stack.array[region])
    assert crop.translate == (5 + 2 * 7, 0, 4)
    assert crop.origin == (7, 0, 4)


def test_what_is_asked_of_the_image_is_said(dock, viewer, qtbot):
    assert dock.problem() == "Open an image first, or choose one."
    rgb = viewer.add_image(np.zeros((32, 32, 3), np.uint8), rgb=True, name="photo")
    assert dock.source.layer() is not rgb
    viewer.layers.clear()
    add_cells(viewer, scale=(1, 1), units=("pixel", "pixel"))
    dock.methods.choose("wiener")
    assert "State the pixel size" in dock.problem()
    dock.methods.choose("gaussian")
    assert dock.problem() == ""


@pytest.mark.parametrize("form", ["python", "command", "recipe"])
def test_what_it_would_do_can_be_copied(dock, viewer, form):
    add_cells(viewer)
    dock.methods.choose("wiener")
    text = dock.copy_button.copy(form)
    assert "restore" in text
    assert "wiener" in text
