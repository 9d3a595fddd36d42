"""The difference map follows pair, slice and data, and takes itself away."""

import dask.array as da
import numpy as np
import pytest

from napari_fidelity.widgets.difference_section import NO_PAIR, SAME, DifferenceSection
from napari_fidelity.widgets.temporary_layers import is_temporary

STACK = np.random.default_rng(0).integers(0, 4000, (4, 30, 40), dtype=np.uint16)
FRAME = {"scale": (1, 0.5, 0.5), "units": ("micrometer",) * 3, "translate": (2, 0, 5)}


@pytest.fixture
def layers(viewer):
    truth = viewer.add_image(STACK, name="truth", **FRAME)
    return [truth, viewer.add_image(da.from_array(STACK // 2), name="dim", **FRAME)]


@pytest.fixture
def section(qtbot, layers, viewer):
    section = DifferenceSection(viewer, layers)
    qtbot.addWidget(section)
    yield section
    section.close_section()


def settle(qtbot, section, condition):
    def is_settled():
        assert not section._answers.is_busy
        assert not section._follow._timer.isActive()
        assert condition()

    qtbot.waitUntil(is_settled, timeout=3000)


def show(qtbot, section):
    section.show_button.setChecked(True)
    settle(qtbot, section, lambda: section.map.layer is not None)
    return section.map.layer


def test_the_map_lies_on_the_shown_plane_and_follows_it(qtbot, viewer, layers, section):
    viewer.layers.selection.active = layers[0]
    layer = show(qtbot, section)
    assert layer.name == "dim − truth"
    assert is_temporary(layer)
    assert viewer.layers.selection.active is layers[0]
    wanted = (STACK // 2).astype(float) - STACK
    at = int(layers[0].world_to_data(viewer.dims.point)[0])
    np.testing.assert_array_equal(layer.data, wanted[at : at + 1])
    np.testing.assert_allclose(layer.translate, (2 + at, 0, 5))
    low, high = layer.contrast_limits
    assert low == -high
    viewer.dims.set_point(0, 5)
    settle(qtbot, section, lambda: np.array_equal(layer.data, wanted[3:4]))
    np.testing.assert_allclose(layer.translate, (5, 0, 5))
    assert f"{np.abs(wanted[3]).max():g}" in section.numbers.text()
    assert list(layer.contrast_limits) == [low, high]
    viewer.dims.order = (1, 0, 2)
    settle(qtbot, section, lambda: layer.data.shape == (4, 1, 40))


def test_edits_and_another_kind_are_followed(qtbot, layers, section):
    layer = show(qtbot, section)
    layers[0].data = np.zeros_like(STACK)
    settle(qtbot, section, lambda: layer.data.min() >= 0)
    section.form.set_values({"kind": "absolute"})
    settle(qtbot, section, lambda: layer.name == "|dim − truth|")
    assert layer.contrast_limits[0] == 0
    assert layer.colormap.name == "inferno"
    section.form.set_values({"kind": "relative"})
    settle(qtbot, section, lambda: layer.name.endswith("in % of truth"))
    assert np.isnan(layer.data).all()
    assert section.form.controls["floor"].widget.isVisibleTo(section)


def test_pairs_that_cannot_be_subtracted_say_why(qtbot, viewer, layers, section):
    section.reference_choice.choose(layers[1])
    section.image_choice.choose(layers[1])
    assert section.problem() == SAME
    small = viewer.add_image(STACK[:, :5], name="small", **FRAME)
    section.set_layers([*layers, small])
    section.image_choice.choose(small)
    assert "30×40" in section.problem()
    assert not section.show_button.isEnabled()
    assert section.show_button.toolTip() == section.problem()
    section.set_layers([])
    assert section.problem() == NO_PAIR


def test_the_map_goes_with_its_layers_and_the_section(qtbot, viewer, layers, section):
    show(qtbot, section)
    viewer.layers.remove(section.map.layer)
    qtbot.waitUntil(lambda: not section.show_button.isChecked(), timeout=2000)
    show(qtbot, section)
    viewer.layers.remove(layers[1])
    assert list(viewer.layers) == [layers[0]]
    again = viewer.add_image(STACK, name="again", **FRAME)
    section.set_layers([layers[0], again])
    settle(qtbot, section, lambda: section.map.layer is not None)
    section.close_section()
    assert list(viewer.layers) == [layers[0], again]


def test_the_whole_map_is_kept_with_scale_and_history(qtbot, viewer, layers, section):
    show(qtbot, section)
    job = section.keep()
    qtbot.waitUntil(lambda: not job.is_running, timeout=5000)
    kept = viewer.layers[-1]
    np.testing.assert_array_equal(kept.data, (STACK // 2).astype(float) - STACK)
    np.testing.assert_allclose(kept.scale, FRAME["scale"])
    np.testing.assert_allclose(kept.translate, FRAME["translate"])
    assert kept.metadata["napari-fidelity"]["provenance"]["operation"] == "difference"
    assert "Added “dim − truth" in section.words.text()


def test_a_map_that_was_never_shown_is_kept_in_the_colours_of_maps(qtbot, viewer, section):
    job = section.keep()
    qtbot.waitUntil(lambda: not job.is_running, timeout=5000)
    kept = viewer.layers[-1]
    low, high = kept.contrast_limits
    assert low == -high
    assert kept.colormap.name != "gray"
