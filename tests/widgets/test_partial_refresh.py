"""A box that was written is on the canvas, as after a whole refresh, and in the array."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_fidelity.widgets import partial_refresh
from napari_fidelity.widgets.partial_refresh import PartialRefresh, is_in_view, show_box


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer(show=True)


def add(viewer, shape, dtype=np.float32):
    layer = viewer.add_image(np.zeros(shape, dtype), contrast_limits=(0, 100))
    shot(viewer)
    return layer


def shot(viewer):
    return viewer.screenshot(canvas_only=True, flash=False)


def bright_share(viewer):
    return (shot(viewer)[..., 0] > 200).mean()


def write_square(viewer, layer, index=()):
    """A bright square that nothing but its box is sent of."""
    part = PartialRefresh(viewer, layer)
    part.write(index, (10, 20), (40, 60), np.full((30, 40), 100, layer.dtype))
    return part


@pytest.mark.parametrize("dtype", [np.float32, np.uint8, np.uint16])
def test_a_box_is_shown_as_by_a_refresh_without_one(viewer, monkeypatch, dtype):
    layer = add(viewer, (64, 80), dtype)
    with monkeypatch.context() as patch:
        patch.setattr(type(layer), "refresh", lambda *_a, **_k: pytest.fail("refreshed"))
        write_square(viewer, layer)
        seen = shot(viewer)
    layer.refresh()
    np.testing.assert_array_equal(seen, shot(viewer))
    assert (seen[..., 0] > 200).any()
    assert layer.data.sum() == 100 * 30 * 40


def test_an_image_larger_than_a_texture_is_shown_in_its_tiles(viewer, monkeypatch):
    visual = viewer.window._qt_viewer.canvas.layer_to_visual[add(viewer, (64, 80))]
    monkeypatch.setattr(visual._layer_node, "MAX_TEXTURE_SIZE_2D", 32)
    layer = viewer.layers[0]
    visual._layer_node._tiledimage_node.tile_size = 32
    layer.data = np.zeros((64, 80), np.float32)
    shot(viewer)
    assert len(visual.node.adopted_children) == 6
    with monkeypatch.context() as patch:
        patch.setattr(type(layer), "refresh", lambda *_a, **_k: pytest.fail("refreshed"))
        write_square(viewer, layer)
        seen = shot(viewer)
    layer.refresh()
    np.testing.assert_array_equal(seen, shot(viewer))
    assert (seen[..., 0] > 200).any()


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 2, 0), (2, 0, 1)])
def test_a_slice_of_a_stack_with_axes_in_any_order(viewer, order):
    layer = add(viewer, (30, 64, 80))
    viewer.dims.order = order
    viewer.dims.point = (5, 20, 30)
    shot(viewer)
    write_square(viewer, layer, (5,))
    seen = shot(viewer)
    layer.refresh()
    np.testing.assert_array_equal(seen, shot(viewer))
    assert (seen[..., 0] > 200).any()


def test_another_slice_is_written_and_seen_when_scrolled_to(viewer):
    layer = add(viewer, (4, 64, 80))
    viewer.dims.set_point(0, 0)
    assert not is_in_view(layer, (slice(3, 4), slice(0, 1), slice(0, 1)))
    write_square(viewer, layer, (3,))
    assert bright_share(viewer) == 0
    viewer.dims.set_point(0, 3)
    assert bright_share(viewer) > 0.01


def test_in_three_dimensions_a_refresh_follows(viewer, qtbot):
    layer = add(viewer, (4, 64, 80))
    viewer.dims.ndisplay = 3
    shot(viewer)
    key = (slice(3, 4), slice(10, 40), slice(20, 60))
    assert not show_box(viewer, layer, key)
    part = write_square(viewer, layer, (3,))
    assert part._timer.isActive()
    qtbot.waitUntil(lambda: not part._timer.isActive(), timeout=3000)
    assert bright_share(viewer) > 0.005


def test_a_type_that_is_sent_as_another_is_refreshed_on_settling(viewer):
    layer = add(viewer, (64, 80), np.float64)
    part = write_square(viewer, layer)
    assert part._timer.isActive()
    part.settle()
    assert not part._timer.isActive()
    assert bright_share(viewer) > 0.01


def test_refreshes_take_a_small_share_of_the_time(viewer, monkeypatch):
    layer = add(viewer, (64, 80), np.float64)
    part = PartialRefresh(viewer, layer)
    part._refresh_s = 0.1
    part.write((), (0, 0), (1, 1), np.ones((1, 1)))
    assert part._timer.interval() == 900


def test_others_are_told_now_and_then_and_at_last(viewer):
    layer, told = add(viewer, (64, 80)), []
    layer.events.data.connect(lambda event: told.append(event.value.sum()))
    part = PartialRefresh(viewer, layer)
    for column in range(20):
        part.write((), (0, column), (1, column + 1), np.ones((1, 1), np.float32))
    assert 1 <= len(told) < 20
    part.settle()
    assert told[-1] == 20
    count = len(told)
    part.settle()
    assert len(told) == count


def test_settling_draws_the_thumbnail_anew_without_sending_the_image(viewer, monkeypatch):
    layer = add(viewer, (64, 80))
    part = write_square(viewer, layer)
    sent = []
    layer.events.set_data.connect(lambda: sent.append(1))
    before = layer.thumbnail.copy()
    part.settle()
    assert (layer.thumbnail != before).any()
    assert sent == []


def test_hidden_layers_are_written_and_seen_when_shown(viewer):
    layer = add(viewer, (64, 80))
    layer.visible = False
    part = write_square(viewer, layer)
    assert not part._timer.isActive()
    layer.visible = True
    assert bright_share(viewer) > 0.01


def test_without_a_window_or_with_a_deleted_layer_nothing_breaks(viewer, qtbot):
    model = ViewerModel()
    layer = model.add_image(np.zeros((64, 80), np.float32))
    part = write_square(model, layer)
    part.settle()
    assert layer.data.sum() == 100 * 30 * 40
    layer = add(viewer, (64, 80))
    part = PartialRefresh(viewer, layer)
    viewer.layers.clear()
    part.settle()
    assert not show_box(viewer, layer, (slice(0, 1), slice(0, 1)))


def test_a_napari_without_these_parts_is_refreshed(viewer, monkeypatch):
    layer = add(viewer, (64, 80))
    monkeypatch.setattr(partial_refresh, "_textures", lambda _node, _shape: iter(()))
    part = write_square(viewer, layer)
    assert part._timer.isActive()
