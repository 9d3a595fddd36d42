"""*Follow edits* in the Assess dock: numbers that keep up with the brush, without haste."""

import threading

import numpy as np
import pytest
from napari.utils.notifications import notification_manager
from qtpy.QtCore import QObject

from napari_fidelity.metrics import measure
from napari_fidelity.widgets import assess_request
from napari_fidelity.widgets.assess_follow import AssessFollow, Pulse
from tests.widgets.assess_scene import bars_of, run


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


def follow(qtbot, dock):
    dock.follow_row.box.setChecked(True)
    wait_until_calm(qtbot, dock)


def wait_until_calm(qtbot, dock):
    qtbot.waitUntil(lambda: not dock.follow.is_updating, timeout=10000)


def signal_of(viewer):
    pixels = [viewer.layers[name].data for name in ("defocused", "real", "nuclei")]
    (score,) = measure(["sfm"], test=pixels[0], reference=pixels[1], mask=pixels[2])
    return score.value


@pytest.mark.parametrize(
    ("pulse", "due"),
    [
        (Pulse(first_edit=10, last_edit=10), 10.2),  # after a pause,
        (Pulse(first_edit=10, last_edit=12), 11.0),  # that is not waited for for ever,
        (Pulse(first_edit=10, last_edit=10, started=9.5, ended=9.6), 10.5),  # once a second,
        (Pulse(first_edit=10, last_edit=10, started=6, ended=9), 12.0),  # half of the time
    ],
)
def test_when_the_next_measurement_is_due(pulse, due):
    assert pulse.due() == pytest.approx(due)


@pytest.mark.parametrize("took", [0.05, 0.7, 3.0])
def test_painting_without_a_pause_is_measured_half_of_the_time_at_most(took):
    now, busy, starts, pulse = 0.0, -took, [], Pulse()
    while now < 60:
        edits = Pulse(now, now, pulse.started, pulse.ended)  # an edit at each moment
        begin = max(edits.due(), now)
        starts.append(begin)
        pulse = Pulse(started=begin, ended=begin + took)
        busy, now = busy + took, begin + took
    assert busy <= 0.5 * now
    assert min(np.diff(starts)) > 0.999999


def test_many_edits_are_one_measurement_and_none_without_follow(qtbot):
    starts, parent = [], QObject()
    following = AssessFollow(lambda: starts.append(None), parent)
    following.touch()
    qtbot.wait(300)
    assert starts == []
    following.set_on(True)
    for _ in range(50):
        following.touch()
    qtbot.waitUntil(lambda: not following.is_updating, timeout=5000)
    assert len(starts) == 1


def test_it_is_off_at_first_and_measures_at_once_when_turned_on(qtbot, viewer, scene, dock):
    assert not dock.follow_row.box.isChecked()
    assert not dock.follow.is_on
    follow(qtbot, dock)
    assert bars_of(dock, "defocused")["Signal"].value == signal_of(viewer)
    assert dock.words.text() == ""


def erase(viewer):
    viewer.layers["nuclei"].paint((42, 50), 0)


def undo(viewer):
    viewer.layers["nuclei"].undo()


def write_a_part_and_tell(viewer):
    layer = viewer.layers["defocused"]
    layer.data[10:30, 10:30] = 900
    layer.events.data(value=layer.data)


def write_a_part_and_refresh(viewer):
    viewer.layers["defocused"].data[10:30, 10:30] = 900
    viewer.layers["defocused"].refresh()


def set_data(viewer):
    viewer.layers["defocused"].data = viewer.layers["defocused"].data[::-1].copy()


@pytest.mark.parametrize("edit", [erase, undo, write_a_part_and_tell, set_data])
def test_an_edit_brings_new_numbers_in_the_same_place(qtbot, viewer, scene, dock, edit):
    viewer.layers["nuclei"].brush_size = 9
    viewer.layers["nuclei"].paint((30, 10), 1)
    follow(qtbot, dock)
    frames, before = list(dock.result.cards), signal_of(viewer)
    edit(viewer)
    assert dock.follow.is_updating
    assert dock.follow_row.hint.isVisibleTo(dock)
    assert not dock.result.is_stale()
    wait_until_calm(qtbot, dock)
    assert not dock.follow_row.hint.isVisibleTo(dock)
    assert bars_of(dock, "defocused")["Signal"].value == signal_of(viewer) != before
    assert dock.result.cards == frames
    assert not dock.result.is_stale()


def test_an_edit_in_place_with_a_refresh_is_found_and_followed(qtbot, viewer, scene, dock):
    follow(qtbot, dock)
    write_a_part_and_refresh(viewer)
    expected = signal_of(viewer)
    qtbot.waitUntil(lambda: bars_of(dock, "defocused")["Signal"].value == expected, timeout=10000)


def test_an_edit_while_measuring_is_measured_afterwards(qtbot, viewer, scene, dock, held):
    began, release = held
    dock.follow_row.box.setChecked(True)
    qtbot.waitUntil(began.is_set, timeout=5000)
    erase(viewer)
    release()
    expected = signal_of(viewer)
    wait_until_calm(qtbot, dock)
    assert bars_of(dock, "defocused")["Signal"].value == expected


def test_turned_off_it_stops_at_once_and_says_what_is_out_of_date(qtbot, viewer, dock, monkeypatch):
    follow(qtbot, dock)
    began = threading.Event()

    def never_end(_tests, *, progress, **_arguments):
        began.set()
        while True:
            progress(0, 1, "measuring")
            threading.Event().wait(0.002)

    monkeypatch.setattr(assess_request, "assess", never_end)
    erase(viewer)
    qtbot.waitUntil(began.is_set, timeout=5000)
    job = dock.follow._job
    dock.follow_row.box.setChecked(False)
    qtbot.waitUntil(lambda: not job.is_running, timeout=5000)
    assert dock.result.stale_words.text() == "Out of date: “nuclei” was edited."
    assert not dock.follow.is_updating


def test_a_changed_setting_is_followed(qtbot, dock):
    follow(qtbot, dock)
    dock.inputs.settings.set_values({"margin_px": 9})
    wait_until_calm(qtbot, dock)
    assert dock.assessment.settings["margin_px"] == 9
    assert not dock.result.is_stale()


def test_pressing_assess_takes_over(qtbot, viewer, dock):
    follow(qtbot, dock)
    erase(viewer)
    run(qtbot, dock)
    assert bars_of(dock, "defocused")["Signal"].value == signal_of(viewer)
    wait_until_calm(qtbot, dock)


def test_bad_pixels_are_said_once_and_mended(qtbot, viewer, scene, dock):
    viewer.layers["defocused"].data = viewer.layers["defocused"].data.astype(np.float32)
    follow(qtbot, dock)
    good = viewer.layers["defocused"].data
    bad = good.copy()
    bad[3, 3] = np.nan
    viewer.layers["defocused"].data = bad
    wait_until_calm(qtbot, dock)
    assert "defocused" in dock.words.text()
    assert dock.result.stale_words.text() == "Out of date: “defocused” was edited."
    assert dock.follow.is_on
    viewer.layers["defocused"].data = good
    wait_until_calm(qtbot, dock)
    assert dock.words.text() == ""
    assert not dock.result.is_stale()


def test_a_bug_ends_the_following_and_has_details(qtbot, viewer, dock, monkeypatch):
    follow(qtbot, dock)

    def fail(*_arguments, **_keywords):
        raise KeyError("scale")

    monkeypatch.setattr(assess_request, "assess", fail)
    before = len(notification_manager.records)
    erase(viewer)
    qtbot.waitUntil(lambda: "KeyError" in dock.words.text(), timeout=5000)
    assert not dock.follow.is_on
    assert not dock.follow_row.box.isChecked()
    assert "KeyError: 'scale'" in dock.words.details
    qtbot.wait(50)
    assert len(notification_manager.records) == before + 1


def test_without_anything_to_measure_it_waits(qtbot, viewer, scene, dock):
    follow(qtbot, dock)
    viewer.layers.remove("real")
    viewer.layers.remove("other exposure")
    viewer.layers.remove("defocused")
    wait_until_calm(qtbot, dock)
    assert dock.words.text() == "Open an image to compare with."
    assert not dock.follow_row.hint.isVisibleTo(dock)


def test_scrolling_is_no_edit(qtbot, viewer, scene, dock):
    follow(qtbot, dock)
    shown = dock.assessment
    viewer.layers["nuclei"].visible = False
    viewer.layers["nuclei"].visible = True
    viewer.dims.order = (1, 0)
    qtbot.wait(500)
    assert dock.assessment is shown


@pytest.mark.parametrize("how", ["dock", "viewer"])
def test_closed_while_following(qtbot, viewer, scene, dock, held, how):
    began, release = held
    dock.follow_row.box.setChecked(True)
    qtbot.waitUntil(began.is_set, timeout=5000)
    job = dock.follow._job
    if how == "dock":
        viewer.window.remove_dock_widget(dock)
    else:
        viewer.close()
    release()
    qtbot.waitUntil(lambda: not job.is_running, timeout=5000)
    if how == "dock":
        assert not dock.follow.is_on
        assert dock.assessment is None
        dock.deleteLater()


def test_the_shown_background_follows_the_mask(qtbot, viewer, scene, dock):
    follow(qtbot, dock)
    dock.background_button.click()
    overlay = dock.overlay.layer
    before = overlay.data.copy()
    viewer.layers["nuclei"].brush_size = 15
    viewer.layers["nuclei"].paint((10, 60), 3)
    wait_until_calm(qtbot, dock)
    assert dock.overlay.layer is overlay  # changed in its place
    assert (overlay.data != before).any()
    assert np.array_equal(overlay.data, dock.assessment.background)
