"""Save with provenance: what is written, and that an edited image says so."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Image as ImageLayer
from qtpy.QtWidgets import QFileDialog, QWidget

from napari_fidelity.imageio import read_image
from napari_fidelity.widgets.layers import METADATA_KEY
from napari_fidelity.widgets.save_result import ask_and_save

NOTE = {"provenance": {"operation": "synthesize", "params": {"seed": 3}}, "origin": [0, 4]}


@pytest.mark.parametrize("is_edited", [False, True])
def test_the_file_holds_pixels_frame_and_provenance(qtbot, tmp_path, monkeypatch, is_edited):
    pixels = np.random.default_rng(0).random((6, 5)).astype(np.float32)
    layer = ImageLayer(
        pixels, name="made", scale=(0.5, 0.25), units=("um", "um"), metadata={METADATA_KEY: NOTE}
    )
    parent, said = QWidget(), []
    qtbot.addWidget(parent)
    chosen = (str(tmp_path / "made.tif"), "")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: chosen)
    job = ask_and_save(
        layer, parent=parent, is_edited=lambda: is_edited, say=lambda *words: said.append(words)
    )
    with qtbot.waitSignal(job.finished, timeout=5000):
        pass
    assert said == [(f"Saved made.ome.tif in {tmp_path}.", "hint")]
    image = read_image(tmp_path / "made.ome.tif")
    np.testing.assert_array_equal(image.array, pixels)
    assert (image.scale, image.origin) == ((0.5, 0.25), (0, 4))
    assert image.provenance["params"] == {"seed": 3}
    assert image.provenance.get("edited_by_hand", False) is is_edited


def test_nothing_is_written_when_nothing_is_chosen(qtbot, monkeypatch):
    parent = QWidget()
    qtbot.addWidget(parent)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: ("", ""))
    layer = ImageLayer(np.zeros((4, 4)))
    assert ask_and_save(layer, parent=parent, is_edited=lambda: False, say=print) is None
