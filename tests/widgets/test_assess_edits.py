"""Which edits mark a result of the Assess dock as out of date, and which do not."""

import pytest

from tests.widgets.assess_scene import SHAPE, bars_of, disks, microscope, open_dock, run


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


def paint(viewer, _dock):
    viewer.layers["nuclei"].paint((5, 5), 2)


def undo(viewer, _dock):
    viewer.layers["nuclei"].undo()


def give_new_data(viewer, _dock):
    viewer.layers["defocused"].data = viewer.layers["defocused"].data + 1


def edit_in_place(viewer, _dock):
    viewer.layers["real"].data[3, 3] = 4000
    viewer.layers["real"].refresh()


def move(viewer, _dock):
    viewer.layers["defocused"].translate = (1, 1)


def change_setting(_viewer, dock):
    dock.inputs.settings.set_values({"margin_px": 9})


def take_another_mask(_viewer, dock):
    dock.inputs.choose_mask(None)


def remove(viewer, _dock):
    viewer.layers.remove("defocused")


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (paint, "Out of date: “nuclei” was edited."),
        (undo, "Out of date: “nuclei” was edited."),
        (give_new_data, "Out of date: “defocused” was edited."),
        (edit_in_place, "Out of date: “real” was edited."),
        (move, "Out of date: “defocused” was moved."),
        (change_setting, "Out of date: The setting “Margin (px)” was changed."),
        (take_another_mask, "Out of date: Another mask is chosen."),
        (remove, "Out of date: “defocused” was removed."),
    ],
)
def test_edits_mark_the_result_out_of_date(qtbot, scene, dock, edit, sentence):
    scene.layers["nuclei"].paint((30, 10), 1)
    run(qtbot, dock)
    assert not dock.result.is_stale()
    assert dock.run_button.objectName() == "fidelityRunAgain"
    edit(scene, dock)
    qtbot.waitUntil(dock.result.is_stale, timeout=3000)
    assert dock.result.stale_words.text() == sentence
    assert dock.run_button.objectName() == "fidelityRun"
    assert dock.run_button.text() == "Assess again"
    assert all(widget._pale for frame in dock.result.cards for widget in frame.bars)


def test_a_setting_put_back_and_a_new_run_take_the_mark_away(qtbot, scene, dock):
    run(qtbot, dock)
    dock.inputs.settings.set_values({"margin_px": 9})
    assert dock.result.is_stale()
    dock.inputs.settings.set_values({"margin_px": 5})
    assert not dock.result.is_stale()
    paint(scene, dock)
    assert dock.result.is_stale()
    run(qtbot, dock)
    assert not dock.result.is_stale()


def test_looking_around_marks_nothing(qtbot, viewer):
    labels = disks((4, *SHAPE))
    viewer.add_image(microscope(labels, 0), name="real")
    viewer.add_image(microscope(labels, 1), name="other")
    viewer.add_labels(labels, name="nuclei")
    dock = open_dock(qtbot, viewer)
    run(qtbot, dock)
    for z in (0, 2, 3):
        viewer.dims.set_point(0, z)
    viewer.layers["nuclei"].contour = 1
    viewer.layers["nuclei"].visible = False
    viewer.layers["nuclei"].visible = True
    viewer.layers["other"].contrast_limits = (0, 300)
    viewer.layers["other"].name = "renamed"
    viewer.dims.order = (1, 0, 2)
    viewer.layers.move(0, 2)
    viewer.add_points([[0, 1, 1]])
    qtbot.wait(700)
    assert dock.result.stale_words.text() == ""
    assert dock.result.cards[0].title.whole_text() == "renamed"


def test_a_further_image_does_not_age_the_others(qtbot, scene, dock):
    run(qtbot, dock)
    scene.add_image(microscope(disks(), 5), name="third")
    qtbot.waitUntil(lambda: dock.run_button.objectName() == "fidelityRun", timeout=2000)
    assert not dock.result.is_stale()
    run(qtbot, dock)
    assert bars_of(dock, "third")["Signal"].value > 0.8
