"""Degrade and Restore in a real window: opened from the menu, closed at a bad moment."""

from __future__ import annotations

import numpy as np
import pytest

from napari_fidelity.app import commands

UM = {"scale": (0.1, 0.1), "units": ("um", "um")}


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


def add_cells(viewer):
    pixels = np.random.default_rng(0).poisson(200, (128, 128)).astype(np.uint16)
    return viewer.add_image(pixels, name="cells", **UM)


@pytest.mark.parametrize("open_dock", [commands.open_degrade, commands.open_restore])
def test_a_menu_opens_one_dock_on_the_active_layer(viewer, open_dock, qtbot):
    cells = add_cells(viewer)
    dock = open_dock(viewer)
    assert open_dock(viewer) is dock
    assert dock.source.layer() is cells
    assert dock.run_button.isEnabled()
    assert dock.key_help.page.is_file()
    assert [key.name for key, _ in dock.key_help.lines()] == ["run", "cancel", "live", "compare"]


def test_the_preview_goes_with_the_dock(viewer, qtbot):
    add_cells(viewer)
    dock = commands.open_degrade(viewer)
    dock.preview_row.toggle()
    qtbot.waitUntil(lambda: len(viewer.layers) == 2, timeout=10000)
    viewer.window.remove_dock_widget(dock)
    assert [layer.name for layer in viewer.layers] == ["cells"]
    qtbot.waitUntil(lambda: dock.preview.is_settled)
    dock.deleteLater()
    qtbot.wait(10)


def test_the_window_may_be_closed_while_it_computes(viewer, qtbot):
    add_cells(viewer)
    dock = commands.open_degrade(viewer)
    dock.preview_row.toggle()
    qtbot.wait(70)  # it has begun
    thread = dock.preview._thread
    viewer.close()
    qtbot.waitUntil(lambda: not thread.is_busy, timeout=10000)
