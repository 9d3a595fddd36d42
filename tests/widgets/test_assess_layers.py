"""Lazy, multiscale, colour and swapped layers in the Assess dock; one plane at a time."""

import dask.array as da
import numpy as np
import pytest

from napari_fidelity.metrics import measure
from napari_fidelity.operations.assess import AssessParams, assess
from napari_fidelity.widgets.layers import image_from_layer
from tests.widgets.assess_scene import SHAPE, bars_of, disks, microscope, open_dock, run


@pytest.fixture
def planes():
    """Labels and two images of three planes."""
    labels = disks((3, *SHAPE))
    return labels, microscope(labels, 0), microscope(labels, 1)


def lazy(array, computed):
    """A dask array, one plane a chunk, that writes down which planes are computed."""

    def note(block, block_info=None):
        if block_info:
            computed.add(block_info[0]["chunk-location"][0])
        return block

    return da.from_array(array, chunks=(1, *array.shape[1:])).map_blocks(
        note, dtype=array.dtype, meta=np.empty((0, 0, 0), array.dtype)
    )


def choose_plane(dock, viewer, z):
    dock.inputs.scope.setCurrentIndex(dock.inputs.scope.findData("plane"))
    viewer.dims.set_point(0, z)


def test_this_plane_computes_no_other(qtbot, viewer, planes):
    labels, *images = planes
    computed = set()
    for name, pixels in zip(("real", "other"), images, strict=True):
        viewer.add_image(lazy(pixels, computed), name=name, contrast_limits=(0, 2000))
    viewer.add_labels(labels, name="nuclei")
    dock = open_dock(qtbot, viewer)
    choose_plane(dock, viewer, 2)
    computed.clear()
    run(qtbot, dock)
    assert computed == {2}
    (expected,) = measure(["sfm"], test=images[1][2], reference=images[0][2], mask=labels[2])
    assert bars_of(dock, "other")["Signal"].value == expected.value


def test_one_plane_loaded_alone_gives_what_the_stack_gives(qtbot, viewer, planes):
    labels, *images = planes
    viewer.add_image(images[0], name="real", scale=(2, 0.1, 0.1))
    viewer.add_image(images[1], name="other", scale=(2, 0.1, 0.1))
    viewer.add_labels(labels, name="nuclei", scale=(2, 0.1, 0.1))
    dock = open_dock(qtbot, viewer)
    choose_plane(dock, viewer, 2)
    found = run(qtbot, dock)
    real, other, mask = (image_from_layer(viewer.layers[n]) for n in ("real", "other", "nuclei"))
    expected = assess(
        [other], reference=real, mask=mask, params=AssessParams(scope="plane", plane=(1,))
    )
    assert found.settings == expected.settings
    assert found.rows == expected.rows
    assert np.array_equal(found.background, expected.background[1])


def test_the_background_of_a_plane_lies_on_it(qtbot, viewer, planes):
    labels, *images = planes
    frame = {"scale": (2, 0.5, 0.5), "translate": (7, 1, 2), "rotate": 30}
    viewer.add_image(images[0], name="real", **frame)
    viewer.add_image(images[1], name="other", **frame)
    mask = viewer.add_labels(labels, name="nuclei", **frame)
    dock = open_dock(qtbot, viewer)
    dock.inputs.scope.setCurrentIndex(dock.inputs.scope.findData("plane"))
    viewer.dims.set_point(0, mask.data_to_world((2, 0, 0))[0])
    run(qtbot, dock)
    dock.background_button.click()
    overlay = dock.overlay.layer
    assert overlay.data.shape == (1, *SHAPE)
    assert np.allclose(overlay.data_to_world((0, 4, 5)), mask.data_to_world((2, 4, 5)))
    run(qtbot, dock)
    assert dock.overlay.layer is overlay


def test_an_edit_of_another_plane_in_place_changes_nothing(qtbot, viewer, planes):
    labels, *images = planes
    viewer.add_image(images[0], name="real")
    layer = viewer.add_image(images[1], name="other")
    viewer.add_labels(labels, name="nuclei")
    dock = open_dock(qtbot, viewer)
    choose_plane(dock, viewer, 2)
    run(qtbot, dock)
    layer.data[0, 5, 5] += 1
    layer.refresh()
    qtbot.wait(400)
    assert not dock.result.is_stale()
    layer.data[2, 5, 5] += 1
    layer.refresh()
    qtbot.waitUntil(dock.result.is_stale, timeout=3000)


def test_multiscale_is_measured_at_full_resolution(qtbot, viewer):
    labels = disks()
    real, other = microscope(labels, 0), microscope(labels, 1)
    viewer.add_image([real, real[::2, ::2]], multiscale=True, name="real")
    viewer.add_image([other, other[::2, ::2]], multiscale=True, name="other")
    viewer.add_labels(labels, name="nuclei")
    dock = open_dock(qtbot, viewer)
    run(qtbot, dock)
    (expected,) = measure(["sfm"], test=other, reference=real, mask=labels)
    assert bars_of(dock, "other")["Signal"].value == expected.value


def test_a_colour_image_is_greyed_with_its_reason(qtbot, scene, dock):
    colour = scene.add_image(np.zeros((*SHAPE, 3), np.uint8), rgb=True, name="photo")
    qtbot.waitUntil(lambda: dock.inputs.tests.box(colour) is not None, timeout=2000)
    box = dock.inputs.tests.box(colour)
    assert not box.isEnabled()
    assert "RGB" in box.toolTip()
    run(qtbot, dock)
    assert len(dock.result.cards) == 2


def test_a_failing_lazy_array_is_a_sentence_with_details(qtbot, viewer):
    labels = disks()

    def fail(block, block_info=None):
        if block_info:
            raise OSError("chunk 0.0 is gone")
        return block

    broken = da.from_array(microscope(labels, 1)).map_blocks(
        fail, dtype=np.uint16, meta=np.empty((0, 0), np.uint16)
    )
    viewer.add_image(microscope(labels, 0), name="real")
    dock = open_dock(qtbot, viewer)
    layer = viewer.add_image(microscope(labels, 2), name="broken")
    qtbot.waitUntil(lambda: not dock.problem(), timeout=2000)
    layer._data = broken  # napari draws a layer when it gets data: this one fails later
    run(qtbot, dock)
    assert dock.words.text() == ("“Assess against real” failed (OSError: chunk 0.0 is gone).")
    assert "chunk 0.0 is gone" in dock.words.details


@pytest.mark.parametrize(
    "swap", [lambda a: a.astype(np.float32), lambda a: a[:-3], lambda a: np.stack([a, a])]
)
def test_data_swapped_while_running_loses_nothing(qtbot, scene, dock, held, swap):
    began, release = held
    layer = scene.layers["defocused"]
    before = layer.data.copy()
    (expected,) = measure(
        ["sfm"],
        test=before,
        reference=scene.layers["real"].data,
        mask=scene.layers["nuclei"].data,
    )
    job = dock.start()
    qtbot.waitUntil(began.is_set, timeout=5000)
    layer.data = swap(before)
    release()
    with qtbot.waitSignal(job.finished, timeout=10000):
        pass
    assert bars_of(dock, "defocused")["Signal"].value == expected.value
    assert dock.result.stale_words.text() == "Out of date: “defocused” was edited."
