"""The Degrade dock: what it makes lies where it belongs, and can be made again."""

from __future__ import annotations

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.operations.degrade import DegradeParams, degrade
from napari_fidelity.simulation.degradation.pipeline import Pipeline
from napari_fidelity.simulation.degradation.presets import PRESETS
from napari_fidelity.widgets.degrade_dock import DegradeDock
from napari_fidelity.widgets.layers import METADATA_KEY, image_from_layer
from napari_fidelity.widgets.psf_section import PsfSection

UM = {"scale": (0.2, 0.2), "units": ("um", "um")}


def add_cells(viewer, name="cells", **frame):
    pixels = np.full((64, 48), 100, np.uint16)
    pixels[20:40, 10:30] = 1000
    return viewer.add_image(pixels, name=name, colormap="cyan", contrast_limits=(50, 950), **frame)


@pytest.fixture
def dock(qtbot, viewer):
    dock = DegradeDock(viewer)
    qtbot.addWidget(dock)
    yield dock
    dock._on_removed()
    qtbot.waitUntil(lambda: dock.preview.is_settled, timeout=5000)


def run(dock, qtbot):
    dock.run()
    qtbot.waitUntil(lambda: dock._job is None, timeout=10000)


def use(dock, *steps):
    dock.steps.set_pipeline(Pipeline.parse({"steps": list(steps)}))


def test_the_first_press_gives_the_medium_preset_above_the_image(dock, viewer, qtbot):
    cells = add_cells(viewer, **UM)
    viewer.add_labels(np.zeros((64, 48), int), **UM)
    run(dock, qtbot)
    result = dock.result.layer()
    assert [layer.name for layer in viewer.layers][:2] == ["cells", "cells · medium · seed 0"]
    image = image_from_layer(cells)
    expected = degrade(image, DegradeParams())
    np.testing.assert_array_equal(result.data, expected.array)
    assert result.colormap.name == "cyan"
    assert list(result.contrast_limits) == [50, 950]
    recipe = result.metadata[METADATA_KEY]["provenance"]
    assert recipe["params"]["pipeline"]["name"] == "medium"
    assert dock.words.text().startswith("Added “cells · medium · seed 0”")


def test_down_sampling_on_a_turned_layer_keeps_every_point_in_its_place(dock, viewer, qtbot):
    cells = add_cells(viewer, rotate=30, translate=(5, -3), **UM)
    use(dock, {"kind": "down-sampling", "factor": 4})
    run(dock, qtbot)
    result = dock.result.layer()
    np.testing.assert_allclose(result.scale, (0.8, 0.8))
    # the middle of the first large pixel is that of the first 4 × 4 small ones
    np.testing.assert_allclose(result.data_to_world((0, 0)), cells.data_to_world((1.5, 1.5)))
    np.testing.assert_allclose(result.data_to_world((9, 5)), cells.data_to_world((37.5, 21.5)))


def test_a_layer_without_pixel_size_is_asked_for_it_once(dock, viewer, qtbot):
    cells = add_cells(viewer)
    scale = dock.source.scale
    assert not scale.isHidden()
    assert dock.problem() == "State the pixel size in micrometers, above."
    assert not dock.run_button.isEnabled()
    scale.form.set_values({"pixel_size_um": 0.2})
    assert dock.problem() == ""
    run(dock, qtbot)
    assert dock.settings().pixel_size_um == 0.2
    np.testing.assert_array_equal(dock.result.layer().scale, cells.scale)  # they lie on each other
    use(dock, {"kind": "poisson"})
    assert scale.isHidden()  # no length matters


def test_the_preview_is_the_result(dock, viewer, qtbot):
    add_cells(viewer, **UM)
    viewer.canvas.size = (200, 200)
    viewer.scene.camera.center, viewer.scene.camera.zoom = (0, 6.4, 4.8), 20.0
    dock.preview_row.set_on(True)
    qtbot.waitUntil(lambda: dock.preview.is_settled and bool(dock.preview_row.words.text()))
    overlay = dock.preview.overlay.layer
    first = np.round(np.asarray(overlay.translate) / 0.2).astype(int)
    seen = overlay.data.copy()
    run(dock, qtbot)
    assert not dock.preview_row.box.isChecked()
    assert [layer.name for layer in viewer.layers] == ["cells", "cells · medium · seed 0"]
    whole = dock.result.layer().data[first[0] :, first[1] :][: seen.shape[0], : seen.shape[1]]
    assert np.abs(whole.astype(float) - seen).max() <= 1  # rounded to whole levels


def test_another_seed_is_another_result_in_the_same_layer(dock, viewer, qtbot):
    add_cells(viewer, **UM)
    use(dock, {"kind": "poisson", "photons": 20})
    run(dock, qtbot)
    first = dock.result.layer()
    before = first.data.copy()
    dock.seed.roll()
    run(dock, qtbot)
    assert dock.result.layer() is first
    assert (first.data != before).any()
    dock.keep()
    run(dock, qtbot)
    assert dock.result.layer() is not first
    assert len(viewer.layers) == 3


def test_the_image_may_be_deleted_while_it_is_computed(dock, viewer, qtbot):
    cells = add_cells(viewer, **UM)
    dock.run()
    cells.name = "renamed"
    viewer.layers.remove(cells)
    qtbot.waitUntil(lambda: dock._job is None, timeout=10000)
    assert [layer.name for layer in viewer.layers] == ["cells · medium · seed 0"]


def test_presets_files_and_own_steps(dock, tmp_path):
    steps = dock.steps
    assert steps.preset.currentText() == "Medium"
    steps.preset.setCurrentIndex(2)
    assert steps.pipeline() == PRESETS["strong"].pipeline
    steps.cards.cards[1].form.set_values({"photons": 77})
    assert steps.preset.currentText() == "own steps"
    assert steps.pipeline().steps[1].photons == 77
    steps.save_file(tmp_path / "dim")
    saved = (tmp_path / "dim.yaml").read_text(encoding="utf-8")
    steps.preset.setCurrentIndex(0)
    steps.load_file(tmp_path / "dim.yaml")
    assert steps.preset.currentText() == "dim"
    assert steps.pipeline().to_yaml() == saved


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff\xfe\x00", "cannot be read as text"),
        (b"steps: [{kind: sharpen}]", "There is no step 'sharpen'"),
        (b"steps: [{kind: poisson, photons: -3}]", "must be"),
    ],
)
def test_a_bad_file_is_said_and_changes_nothing(dock, tmp_path, content, sentence):
    before = dock.steps.pipeline()
    (tmp_path / "bad.yaml").write_bytes(content)
    dock.steps.load_file(tmp_path / "bad.yaml")
    assert sentence in dock.steps.words.text()
    assert dock.steps.pipeline() == before


def test_an_objective_that_cannot_be_stops_the_button(dock, viewer):
    add_cells(viewer, **UM)
    optics = dock.steps.cards.cards[0].findChild(PsfSection).optics
    optics.form.set_values({"numerical_aperture": 1.5, "immersion_index": 1.0})
    assert "above the refractive index 1" in dock.problem()
    assert not dock.run_button.isEnabled()
    row = optics.objective.findText("20×/0.8 air")
    optics.objective.setCurrentIndex(row)
    assert dock.problem() == ""
    assert dock.settings().pipeline.steps[0].psf.numerical_aperture == 0.8


def test_without_a_step_there_is_nothing_to_do(dock, viewer):
    add_cells(viewer, **UM)
    dock.steps.cards.set_steps([])
    with pytest.raises(UserError, match="There is no step"):
        dock.plan()


def test_a_pixel_that_is_nan_is_a_sentence(dock, viewer, qtbot):
    pixels = np.ones((32, 32), np.float32)
    pixels[3, 3] = np.nan
    viewer.add_image(pixels, name="broken", contrast_limits=(0, 1), **UM)
    run(dock, qtbot)
    assert "NaN" in dock.words.text()
    assert len(viewer.layers) == 1


def test_a_stated_size_can_be_written_into_the_layer(dock, viewer, qtbot):
    cells = add_cells(viewer, translate=(10, 0))
    dock.source.scale.form.set_values({"pixel_size_um": 0.2})
    dock.source.scale.write_button.click()
    assert dock.source.scale.isHidden()
    assert "0.2 µm per pixel" in dock.source.words.text()
    np.testing.assert_allclose(cells.scale, (0.2, 0.2))
    np.testing.assert_allclose(cells.translate, (2, 0))
    assert {str(unit) for unit in cells.units} == {"micrometer"}
    run(dock, qtbot)
    np.testing.assert_allclose(dock.result.layer().scale, (0.2, 0.2))


def test_a_size_that_the_layer_gets_elsewhere_is_known_here(dock, viewer, qtbot):
    cells = add_cells(viewer)
    dock.preview_row.set_on(True)
    qtbot.waitUntil(lambda: dock.preview.is_settled)
    assert dock.problem() == dock.words.text() == "State the pixel size in micrometers, above."
    assert dock.preview_row.words.text() == ""  # once is enough
    cells.scale, cells.units = UM["scale"], UM["units"]
    assert dock.problem() == dock.words.text() == ""
    assert dock.source.scale.isHidden()


def test_an_estimate_fills_the_camera(dock, viewer, qtbot):
    add_cells(viewer, **UM)
    clean = np.linspace(0, 3000, 96 * 96, dtype=np.float32).reshape(96, 96)
    random = np.random.default_rng(0)
    frames = np.stack([100 + 2.0 * random.poisson(clean / 2) for _ in range(8)])
    frames = np.rint(frames + random.normal(0, 3, frames.shape)).clip(0).astype(np.uint16)
    real = viewer.add_image(frames, name="real", axis_labels=("t", "y", "x"))
    use(dock, {"kind": "poisson"}, {"kind": "camera"})
    dock.estimate.choice.choose(real)
    dock.estimate.start()
    qtbot.waitUntil(lambda: dock.estimate._job is None, timeout=20000)
    assert "from “real”" in dock.estimate.words.text()
    camera = dock.steps.pipeline().steps[-1]
    assert camera.gain == pytest.approx(2.0, rel=0.1)
    assert not dock.estimate.found.isHidden()


@pytest.mark.parametrize("form", ["python", "command", "recipe"])
def test_what_it_would_do_can_be_copied(dock, viewer, form):
    add_cells(viewer, **UM)
    use(dock, {"kind": "poisson", "photons": 20})
    dock.seed.set_seed(3)
    text = dock.copy_button.copy(form)
    assert "degrade" in text
    assert "poisson" in text
    assert "3" in text
