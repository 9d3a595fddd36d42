"""The copy button: what is put on the clipboard, from every dock, and what it says."""

import runpy
import shlex
from pathlib import Path

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication

import napari_fidelity as fidelity
from napari_fidelity.cli.main import main
from napari_fidelity.core.errors import UserError
from napari_fidelity.operations.degrade import DegradeParams
from napari_fidelity.operations.recipe import read_recipe, run_recipe
from napari_fidelity.widgets.assess_dock import AssessDock
from napari_fidelity.widgets.copy_menu import CopyButton, call_on_layers
from napari_fidelity.widgets.degrade_dock import DegradeDock
from napari_fidelity.widgets.difference_section import DifferenceSection
from napari_fidelity.widgets.profile_section import ProfileSection
from napari_fidelity.widgets.restore_dock import RestoreDock
from napari_fidelity.widgets.synthesize_dock import SynthesizeDock

PIXELS = np.random.default_rng(0).integers(0, 4000, (32, 40), dtype=np.uint16)
FRAME = {"scale": (0.5, 0.5), "units": ("micrometer",) * 2}


@pytest.fixture
def said():
    return []


def make_button(qtbot, find_call, said):
    button = CopyButton(find_call, lambda words, role: said.append((words, role)))
    qtbot.addWidget(button)
    return button


def run_script(text):
    script = Path("script.py")
    script.write_text(text, encoding="utf-8")
    return runpy.run_path(str(script))["result"]


def clipboard():
    return QApplication.clipboard().text()


def test_the_menu_copies_and_says_what_to_save(qtbot, viewer, said):
    layer = viewer.add_image(PIXELS, name="my cells · 1")
    params = DegradeParams(seed=7)
    button = make_button(
        qtbot, lambda: call_on_layers("degrade", params, [layer], suffix="degraded"), said
    )
    button.actions_by_form["command"].trigger()
    words = shlex.split(clipboard())
    assert words[:5] == [
        "napari-fidelity", "degrade", "my_cells_1.ome.tif", "-o", "my_cells_1_degraded.ome.tif",
    ]  # fmt: skip
    saving = "Save “my cells · 1” as my_cells_1.ome.tif first: right-click the layer ▸ Save."
    assert said[-1] == (f"Copied as command. {saving}", "hint")
    button.actions_by_form["recipe"].trigger()
    assert read_recipe(clipboard()).steps[0].settings() == params
    assert said[-1] == ("Copied as recipe.", "hint")


def test_a_layer_opened_from_a_file_is_named_by_it(qtbot, viewer, said, tmp_path):
    path = tmp_path / "cells.tif"
    layer = viewer.add_image(PIXELS)
    layer._set_source(layer.source.model_copy(update={"path": str(path)}))
    button = make_button(
        qtbot, lambda: call_on_layers("degrade", DegradeParams(), [layer], suffix="d"), said
    )
    assert str(path) in button.copy("python")
    assert said == [("Copied as Python.", "hint")]


def test_what_cannot_be_copied_is_said_and_the_clipboard_kept(qtbot, said):
    QApplication.clipboard().setText("before")

    def refuse():
        raise UserError("Open an image first.")

    button = make_button(qtbot, refuse, said)
    assert button.copy("python") == ""
    assert said == [("Open an image first.", "problem")]
    assert clipboard() == "before"


def test_the_synthesize_dock_copies_its_settings(qtbot, viewer, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    mask = np.zeros((48, 48), np.uint8)
    mask[10:30, 10:40] = 1
    viewer.add_labels(mask, name="mask", **FRAME)
    dock = SynthesizeDock(viewer)
    qtbot.addWidget(dock)
    dock.settings.form.set_values({"seed": 11})
    assert "fidelity.SynthesizeParams(seed=11)" in dock.copy_button.copy("python")
    assert shlex.split(dock.copy_button.copy("command"))[-2:] == ["--seed", "11"]
    assert read_recipe(dock.copy_button.copy("recipe")).steps[0].settings().seed == 11
    viewer.layers.clear()
    shapes = [np.array([[1, 1], [1, 20], [20, 20]])]
    viewer.add_shapes(shapes, shape_type="polygon", name="drawn")
    dock.mask_section.choice.choose(viewer.layers["drawn"])
    assert dock.copy_button.copy("python") == ""
    assert "Convert to Labels" in dock.words.text()


def test_the_assess_dock_copies_what_runs(qtbot, scene, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    dock = AssessDock(scene)
    qtbot.addWidget(dock)
    dock.inputs.reference_choice.choose(scene.layers["real"])
    for layer in scene.layers:
        kinds = {"pixels": np.asarray(layer.data)}
        name = layer.name.replace(" ", "_")
        fidelity.write_image(f"{name}.ome.tif", fidelity.Image(kinds["pixels"], name=layer.name))
    text = dock.buttons.copy.copy("python")
    run_script(text)
    assert "sfm" in capsys.readouterr().out
    command = shlex.split(dock.buttons.copy.copy("command"))
    assert command[command.index("--reference") + 1] == "real.ome.tif"
    assert command[command.index("--mask") + 1] == "nuclei.ome.tif"
    recipe = read_recipe(dock.buttons.copy.copy("recipe"))
    assert "Save “real” as " + str(tmp_path / "real.ome.tif") in dock.words.text()
    request = dock.inputs.request()
    assert recipe.steps[0].inputs["mask"] == str(tmp_path / "nuclei.ome.tif")
    for test in request.tests:
        image = fidelity.read_image(f"{test.name.replace(' ', '_')}.ome.tif")
        beside = {name: fidelity.read_image(path) for name, path in recipe.steps[0].inputs.items()}
        wanted = fidelity.assess([image], params=request.params, **beside)
        assert run_recipe(image, recipe).to_csv() == wanted.to_csv()


def test_profile_and_difference_copy_what_gives_the_same_numbers(
    qtbot, viewer, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    stack = np.stack([PIXELS, PIXELS // 2, PIXELS // 3])
    frame = {"scale": (2, 0.5, 0.5), "units": ("micrometer",) * 3, "translate": (0, 1, 2)}
    layers = [viewer.add_image(stack + add, name=f"image {add}", **frame) for add in (0, 9)]
    for layer in layers:
        image = fidelity.Image(layer.data, name=layer.name, **frame)
        fidelity.write_image(f"{layer.name.replace(' ', '_')}.ome.tif", image)
    viewer.dims.set_point(0, 2)
    section = ProfileSection(viewer, layers)
    qtbot.addWidget(section)
    section.form.set_values({"width": 1.5})
    section.draw_line()
    qtbot.waitUntil(lambda: section.plot.chart is not None, timeout=3000)
    result = run_script(section.copy_button.copy("python"))
    shown = section.plot.chart.profiles
    np.testing.assert_allclose(result.distances, shown.distances, atol=1e-6)
    for mine, theirs in zip(result.profiles, shown.profiles, strict=True):
        np.testing.assert_allclose(mine.values, theirs.values, rtol=1e-6)
    recipe = read_recipe(section.copy_button.copy("recipe"))
    for layer, theirs in zip(layers, shown.profiles, strict=True):
        image = fidelity.read_image(f"{layer.name.replace(' ', '_')}.ome.tif")
        (mine,) = run_recipe(image, recipe).profiles
        np.testing.assert_allclose(mine.values, theirs.values, rtol=1e-6)
    section.close_section()

    section = DifferenceSection(viewer, layers)
    qtbot.addWidget(section)
    result = run_script(section.copy_button.copy("python"))
    assert (result.array == 9).all()
    recipe = read_recipe(section.copy_button.copy("recipe"))
    image = fidelity.read_image("image_9.ome.tif")  # the reference is the other one
    np.testing.assert_array_equal(run_recipe(image, recipe).array, result.array)
    section.close_section()


def test_a_turned_layer_gives_no_script_for_its_profile(qtbot, viewer):
    layer = viewer.add_image(PIXELS, name="turned", rotate=20)
    section = ProfileSection(viewer, [layer])
    qtbot.addWidget(section)
    section.draw_line()
    qtbot.waitUntil(lambda: section.plot.chart is not None, timeout=3000)
    assert section.copy_button.copy("command") == ""
    assert "“turned” is turned or sheared" in section.words.text()
    section.close_section()


@pytest.mark.parametrize("make_dock", [DegradeDock, RestoreDock])
def test_degrade_and_restore_docks_copy_what_runs(qtbot, viewer, monkeypatch, tmp_path, make_dock):
    monkeypatch.chdir(tmp_path)
    layer = viewer.add_image(PIXELS, name="cells", **FRAME)
    fidelity.write_image("cells.ome.tif", fidelity.Image(PIXELS, name="cells", **FRAME))
    dock = make_dock(viewer)
    qtbot.addWidget(dock)
    viewer.layers.selection.active = layer
    dock.take_active_layer()
    made = run_script(dock.copy_button.copy("python")).array
    words = shlex.split(dock.copy_button.copy("command"))
    output = words[words.index("-o") + 1]
    Path(output).unlink()
    assert main(words[1:]) == 0
    np.testing.assert_array_equal(fidelity.read_image(output).array, made)
    recipe = read_recipe(dock.copy_button.copy("recipe"))
    image = fidelity.read_image("cells.ome.tif")
    np.testing.assert_array_equal(run_recipe(image, recipe).array, made)
