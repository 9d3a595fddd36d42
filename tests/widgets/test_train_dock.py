"""The Train dock: a training described, started, watched, stopped, found again."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from qtpy.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit, QWidget

from napari_fidelity.app import commands
from napari_fidelity.app.benchmark.train_stalls import BusyWatch
from napari_fidelity.operations.train_process import source_folder
from napari_fidelity.training.config import read_config
from napari_fidelity.widgets import train_dock, train_memory, train_start
from napari_fidelity.widgets.dock_parts import Fold
from napari_fidelity.widgets.temporary_layers import is_temporary
from napari_fidelity.widgets.train_copy import copy_command
from napari_fidelity.widgets.train_dock import TrainDock
from napari_fidelity.widgets.train_verbs import NO_STEP
from tests.widgets.train_scene import NOBODY, FakeRun


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch):
    monkeypatch.setattr(train_memory, "_of_session", [])


@pytest.fixture
def started(monkeypatch):
    """What would have been started; nothing is."""
    calls = []

    def start(folder, *, resume=False):
        calls.append((folder, resume))
        return NOBODY

    monkeypatch.setattr(train_start, "start_training", start)
    return calls


@pytest.fixture
def make_dock(qtbot, viewer, tmp_path):
    docks = []

    def make():
        dock = TrainDock(viewer)
        qtbot.addWidget(dock)
        dock.setup._parent_folder = tmp_path / "runs"
        docks.append(dock)
        return dock

    yield make
    for dock in docks:
        dock._on_removed()
        qtbot.waitUntil(lambda dock=dock: not dock.watch.follow.is_reading, timeout=5000)


@pytest.fixture
def dock(make_dock):
    return make_dock()


def add_pair(viewer, shape=(4, 32, 32)):
    clean = np.random.default_rng(0).poisson(200, shape).astype(np.uint16)
    viewer.add_image(clean + 50, name="noisy")
    viewer.add_image(clean, name="clean")


def press(dock, qtbot):
    dock.run()
    qtbot.waitUntil(lambda: dock._job is None, timeout=10000)


def see(dock, qtbot, phase):
    dock.watch.follow.look_now()
    qtbot.waitUntil(lambda: dock.watch.phase() == phase, timeout=5000)


def test_the_dock_needs_no_torch():
    code = """
import sys
from qtpy.QtWidgets import QApplication
application = QApplication([])
from napari.components import ViewerModel
from napari_fidelity.widgets.train_dock import TrainDock
dock = TrainDock(ViewerModel())
dock.setup.choose_method("care")
dock.problem()
sys.exit("torch" in sys.modules)
"""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)


def test_a_run_that_starts_or_is_resumed_cannot_be_stopped_yet(dock, qtbot, tmp_path):
    run = FakeRun(tmp_path / "run")
    run.tell("preparing", pid=os.getpid())
    dock.watch_run(run.run.path)
    see(dock, qtbot, "starting")
    assert dock.problem() == NO_STEP
    dock.stop()
    assert not run.run.stop.exists()
    run.tell("running", pid=os.getpid())
    see(dock, qtbot, "running")
    assert dock.problem() == ""


def test_layers_become_files_and_a_run_is_started_on_them(dock, viewer, qtbot, started, tmp_path):
    add_pair(viewer)
    dock.setup.choose_method("care")
    dock.setup.name_line.setText("Nuclei, 20×")
    dock.setup.steps.set_number(300)
    dock.setup.seed.set_seed(7)
    assert dock.problem() == ""
    press(dock, qtbot)
    folder = tmp_path / "runs" / "nuclei-20"
    assert started == [(folder, False)]
    config = read_config(source_folder(folder) / "settings.yaml")
    assert (config.run.max_steps, config.run.seed) == (300, 7)
    assert (config.model.title, config.model.key) == ("Nuclei, 20×", "nuclei-20")
    assert config.data.task == "restoration"
    written = sorted((source_folder(folder) / "images" / "inputs").iterdir())
    assert len(written) == 4  # planes of a single stack are files, some validate
    assert dock.page() == "watch"
    assert dock.watch.folder == folder


def test_two_stacks_stay_whole(dock, viewer, qtbot, started, tmp_path):
    add_pair(viewer)
    add_pair(viewer)
    dock.setup.choose_method("care")
    dock.setup.data.pairs.add()
    chosen = [layer.name for pair in dock.setup.data.pairs.pairs() for layer in pair]
    assert len(set(chosen)) == 4
    press(dock, qtbot)
    images = source_folder(tmp_path / "runs" / "my-model") / "images"
    assert len(list((images / "targets").iterdir())) == 2


def test_clean_images_are_enough_with_a_degradation(dock, viewer, qtbot, started, tmp_path):
    add_pair(viewer)
    dock.setup.choose_method("care")
    dock.setup.data.degradation.setCurrentIndex(2)
    press(dock, qtbot)
    source = source_folder(tmp_path / "runs" / "my-model")
    assert [path.name for path in (source / "images").iterdir()] == ["targets"]
    assert read_config(source / "settings.yaml").data.degradation is not None


def test_what_is_missing_or_does_not_fit_is_said(dock, viewer):
    setup = dock.setup
    setup.choose_method("care")
    assert dock.problem() == "Choose a layer under “Degraded”."
    assert not dock.run_button.isEnabled()
    image = viewer.add_image(np.ones((40, 40)), name="one")
    other = viewer.add_image(np.ones((40, 44)), name="wide")
    row = setup.data.pairs.rows[0]
    row.choices[0].choose(image)
    row.choices[1].choose(other)
    assert "“one” is 40×40, “wide” is 40×44" in dock.problem()
    row.choices[1].choose(image)
    assert "is on both sides" in dock.problem()
    viewer.layers.remove(other)
    same = viewer.add_image(np.ones((40, 40)), name="same")
    row.choices[1].choose(same)
    assert dock.problem().startswith("One image only: add a second pair")
    viewer.add_image(np.ones((40, 40, 3)), rgb=True, name="colour")
    rgb = [row.choices[1].itemText(i) for i in range(row.choices[1].count())]
    assert "colour" in rgb  # listed, greyed, with its reason
    viewer.layers.clear()
    assert dock.problem() == "Choose a layer under “Degraded”."
    setup.name_line.setText(" ")
    assert dock.problem() == "Give the model a name."


def test_masks_and_images_have_their_own_lists(dock, viewer):
    labels = viewer.add_labels(np.ones((3, 16, 16), int), name="cells")
    image = viewer.add_image(np.random.default_rng(0).random((3, 16, 16)), name="actin")
    dock.setup.choose_method("segmentation")
    assert dock.setup.data.pairs.pairs() == [(image, labels)]
    dock.setup.choose_method("pix2pix")
    assert dock.setup.data.pairs.pairs() == [(labels, image)]
    assert dock.problem() == ""


def test_values_that_do_not_fit_are_named(dock, viewer):
    add_pair(viewer)
    dock.setup.choose_method("care")
    dock.setup.data_form.groups["augmentation"].form.control("scale").widget.setText("much")
    assert "scale" in dock.problem()


def test_a_folder_is_looked_at_and_what_is_there_said(dock, qtbot, tmp_path):
    data = dock.setup.data
    dock.setup.choose_method("care")
    data.folder_button.click()
    assert dock.problem() == "Choose the folder with the images."
    data.folder.set_folder(tmp_path / "nowhere")
    qtbot.waitUntil(lambda: "There is no folder" in dock.problem(), timeout=5000)
    for side in ("inputs", "targets"):
        (tmp_path / side).mkdir()
        for name in ("a", "b", "c"):
            np.save(tmp_path / side / f"{name}.npy", np.ones((8, 8)))
    data.folder.set_folder(tmp_path)
    qtbot.waitUntil(lambda: data.folder.words.text() == "Found 3 pairs.", timeout=5000)
    assert dock.problem() == ""
    assert dock.setup.config().data.folder == str(tmp_path)
    (tmp_path / "inputs" / "c.npy").rename(tmp_path / "inputs" / "d.npy")
    data.folder.look()
    qtbot.waitUntil(lambda: "d" in data.folder.problem(), timeout=5000)


def test_cancelled_while_images_are_written_nothing_is_left(dock, viewer, qtbot, started, tmp_path):
    add_pair(viewer)
    dock.setup.choose_method("care")
    dock.start()
    dock.cancel()
    qtbot.waitUntil(lambda: dock._job is None, timeout=10000)
    assert started == []
    assert not any((tmp_path / "runs").glob("*")) if (tmp_path / "runs").exists() else True


def test_a_run_is_watched_stopped_resumed_and_used(dock, viewer, qtbot, started, tmp_path):
    run = FakeRun(tmp_path / "nuclei")
    run.train(1000)
    run.validate()
    run.tell("running", remaining_s=600.0)
    dock.watch_run(run.run.path)
    qtbot.waitUntil(lambda: dock.watch.phase() == "running", timeout=5000)
    assert dock.run_button.text() == "Stop"
    dock.run()
    assert run.run.stop.exists()
    qtbot.waitUntil(lambda: dock.watch.phase() == "stopping", timeout=5000)
    assert not dock.run_button.isEnabled()
    run.run.stop.unlink()
    run.tell("stopped")
    see(dock, qtbot, "stopped")
    assert dock.run_button.text() == "Resume"
    press(dock, qtbot)
    assert started == [(run.run.path, True)]
    run.pack()
    run.tell("finished", package=str(run.run.package))
    see(dock, qtbot, "finished")
    assert dock.run_button.text() == "Use this model"
    dock.run()  # what is packed here is no model: said, nothing breaks
    assert "damaged" in dock.words.text()


def test_curves_scores_and_previews_follow_the_run(dock, viewer, qtbot, tmp_path):
    run = FakeRun(tmp_path / "nuclei")
    run.train(500)
    run.validate()
    run.train(500)
    run.validate()
    run.tell("running", best={"step": 500, "key": "val_loss", "value": 0.3})
    dock.watch_run(run.run.path)
    qtbot.waitUntil(lambda: len(viewer.layers) == 3, timeout=5000)
    watch = dock.watch
    assert watch.curves.view() == "validation"
    assert watch.curves.metric_choice.currentData() == "val_psnr"
    chart = watch.curves.plot.chart
    assert chart.untouched == 22.0
    assert chart.best == (500.0, chart.lines[0].curve.mean[0])  # chosen by the loss
    metrics = watch.curves.metric_choice
    assert [metrics.itemText(row) for row in range(4)] == ["PSNR", "SSIM", "NRMSE", "loss"]
    table = watch.table.text()
    assert table[0][1:] == ["PSNR", "SSIM", "NRMSE"]
    assert table[1][0] == "field_1"
    assert all("▲" in cell for cell in table[1][1:])
    assert table[-1][:2] == ["untouched", "22.00"]
    source, result, target = viewer.layers
    assert [layer.name for layer in viewer.layers] == [
        "Nuclei CARE: input",
        "Nuclei CARE: step 1\u00a0000",
        "Nuclei CARE: target",
    ]
    assert all(is_temporary(layer) for layer in viewer.layers)
    assert result.translate[1] > source.extent.world[1][1]
    result.contrast_limits = (0, 300)
    assert tuple(target.contrast_limits) == (0, 300)
    run.train(500)
    run.validate()
    watch.follow.look_now()
    qtbot.waitUntil(lambda: result.name.endswith("1\u00a0500"), timeout=5000)
    assert len(viewer.layers) == 3
    viewer.layers.remove(source)  # by hand: they are not wanted
    assert len(viewer.layers) == 0
    assert not watch.preview_box.isChecked()


def test_curves_that_are_hidden_and_other_views(dock, qtbot, tmp_path):
    run = FakeRun(tmp_path / "nuclei")
    run.train(500)
    dock.watch_run(run.run.path, with_previews=False)
    curves = dock.watch.curves
    qtbot.waitUntil(lambda: curves.plot.chart is not None, timeout=5000)
    assert curves.view() == "losses"
    names = [line.name for line in curves.plot.chart.lines]
    assert names == ["generator", "l1"]
    curves.plot.toggle("l1")
    assert curves.plot.is_hidden("l1")
    curves.plot.toggle("generator")  # the last one stays
    assert not curves.plot.is_hidden("generator")
    curves.show_view("rates")
    assert [line.name for line in curves.plot.chart.lines] == ["generator"]
    curves.plot.grab()  # painted without a mistake
    curves.show_view("losses")
    curves.plot.grab()


def test_layers_may_go_and_be_renamed_while_a_run_goes_on(dock, viewer, qtbot, tmp_path):
    add_pair(viewer)
    run = FakeRun(tmp_path / "nuclei")
    run.tell("running")
    dock.watch_run(run.run.path)
    viewer.layers[0].name = "other"
    viewer.layers.clear()
    see(dock, qtbot, "running")
    assert not dock.watch.snapshot.problem


@pytest.mark.parametrize(
    ("state", "is_over", "page"),
    [("running", False, "watch"), ("finished", False, "watch"), ("finished", True, "setup")],
)
def test_the_dock_comes_back_to_the_last_run(make_dock, qtbot, tmp_path, state, is_over, page):
    run = FakeRun(tmp_path / "nuclei")
    run.tell(state)
    train_memory.remember_run(train_memory.WatchedRun(run.run.path, is_over))
    dock = make_dock()
    see(dock, qtbot, state)
    assert dock.page() == page
    assert not dock.watch.preview_box.isChecked()  # no layers that nobody asked for


def test_what_is_remembered_survives_in_a_file(tmp_path, monkeypatch):
    path = tmp_path / "settings" / "training.json"
    monkeypatch.setattr(train_memory, "_file", lambda: path)
    assert train_memory.recall_run() is None
    run = train_memory.WatchedRun(tmp_path / "run", is_over=True)
    train_memory.remember_run(run)
    train_memory._of_session.clear()
    assert train_memory.recall_run() == run
    path.write_text("{")
    assert train_memory.recall_run() is None


def test_a_run_that_crashed_shows_its_last_lines(dock, qtbot, tmp_path):
    run = FakeRun(tmp_path / "nuclei")
    run.run.log.write_text("CUDA error\n")
    run.tell("failed", message="A mistake in the program ended it.")
    dock.watch_run(run.run.path)
    see(dock, qtbot, "failed")
    assert dock.watch.words.details.endswith("CUDA error")
    window = dock.watch.show_last_words()
    assert "CUDA error" in window.details.toPlainText()
    assert dock.run_button.text() == "Resume"
    run.delete()
    see(dock, qtbot, "missing")
    assert "was deleted" in dock.watch.words.text()


def test_a_check_shows_what_it_found(dock, viewer, qtbot, monkeypatch):
    add_pair(viewer)
    dock.setup.choose_method("care")

    def check(config, folder, progress):
        assert len(list((folder / "images" / "targets").iterdir())) == 4
        return "Patches: 64×64"

    monkeypatch.setattr(train_start, "check_in_process", check)
    shown = []
    monkeypatch.setattr(train_dock, "open_check", lambda words, *_: shown.append(words))
    dock.check()
    qtbot.waitUntil(lambda: dock._job is None, timeout=10000)
    assert shown == ["Patches: 64×64"]
    assert dock.words.text().startswith("Checked")


def test_the_command_is_copied(dock, viewer):
    add_pair(viewer)
    dock.setup.choose_method("care")
    text = copy_command(dock.setup, dock.words.say)
    assert text.startswith("napari-fidelity train settings.yaml --out ")


def test_runs_are_offered_to_be_watched(dock, tmp_path):
    (tmp_path / "runs").mkdir()
    run = FakeRun(tmp_path / "runs" / "nuclei")
    menu = dock.watch_buttons.another.menu()
    dock.watch_buttons.fill()
    titles = [action.text() for action in menu.actions()]
    assert titles[0] == "Nuclei CARE (nuclei)"
    assert titles[-1] == "A folder…"
    menu.actions()[0].trigger()
    assert dock.watch.folder == run.run.path


def test_the_menu_opens_one_dock_and_closing_asks_nothing(make_napari_viewer, qtbot, tmp_path):
    viewer = make_napari_viewer()
    run = FakeRun(tmp_path / "nuclei")
    run.train(100)
    run.validate()
    run.tell("running")
    dock = commands.open_train(viewer)
    assert commands.open_train(viewer) is dock
    assert dock.key_help.page.is_file()
    dock.watch_run(run.run.path)
    qtbot.waitUntil(lambda: len(viewer.layers) == 3, timeout=5000)
    viewer.window.remove_dock_widget(dock)
    assert len(viewer.layers) == 0
    assert run.run.read_status().state == "running"
    qtbot.waitUntil(lambda: not dock.watch.follow.is_reading, timeout=5000)
    dock.deleteLater()
    qtbot.wait(10)


def test_the_window_is_never_busy_for_long_because_of_a_run(dock, qtbot, tmp_path):
    run = FakeRun(tmp_path / "nuclei", side=256)
    run.train(200_000)
    run.validate()
    run.tell("running")
    watch = BusyWatch()
    with watch.watching():
        dock.watch_run(run.run.path, with_previews=False)
        qtbot.waitUntil(lambda: dock.watch.snapshot is not None, timeout=20_000)
        qtbot.waitUntil(lambda: dock.watch.snapshot.is_complete, timeout=20_000)
    assert watch.busiest_ms < 50  # processor time of this thread: other programs do not count


@pytest.mark.parametrize("method", ["pix2pix", "care", "segmentation"])
def test_every_control_says_what_it_is_for(dock, qtbot, tmp_path, method):
    dock.setup.choose_method(method)
    for fold in dock.findChildren(Fold):
        fold.set_open(True)
    dock.show()
    bare = without_tip(dock)
    dock.setup.data.folder_button.click()
    bare += without_tip(dock)
    run = FakeRun(tmp_path / "nuclei")
    for _ in range(2):
        run.train(100)
        run.validate()
    dock.watch_run(run.run.path, with_previews=False)
    qtbot.waitUntil(dock.watch.curves.metric_choice.isVisible, timeout=5000)
    assert bare + without_tip(dock) == []


def without_tip(dock):
    """The controls in sight whose tooltip is empty."""
    kinds = (QAbstractButton, QComboBox, QAbstractSpinBox, QLineEdit)
    controls = [each for each in dock.findChildren(QWidget) if isinstance(each, kinds)]
    return [
        (type(control).__name__, control.accessibleName() or getattr(control, "text", str)())
        for control in controls
        if control.isVisible() and not control.toolTip()
        if not isinstance(control.parent(), kinds)
    ]


def test_a_loss_that_is_the_sum_of_one_part_is_drawn_once(dock, qtbot, tmp_path):
    run = FakeRun(tmp_path / "nuclei")
    run.append([{"step": n, "loss_restore": 1 / n, "loss_laplace": 1 / n} for n in range(1, 9)])
    dock.watch_run(run.run.path, with_previews=False)
    plot = dock.watch.curves.plot
    qtbot.waitUntil(lambda: plot.chart is not None, timeout=5000)
    assert [line.name for line in plot.chart.lines] == ["restore"]


def test_equal_scores_are_still_those_of_a_later_step(dock, qtbot, tmp_path):
    run = FakeRun(tmp_path / "nuclei")
    table = dock.watch.table
    for step in (100, 200, 300):
        run.train(100)
        run.validate(quality=0.5)
        dock.watch_run(run.run.path, with_previews=False)
        dock.watch.follow.look_now()
        words = [f"step {step}"]
        qtbot.waitUntil(lambda words=words: [row[0] for row in table.text()[:1]] == words)
    assert dock.watch.snapshot.latest_step == 300


def test_the_view_comes_back_from_previews_of_a_run_that_is_left(dock, viewer, qtbot, tmp_path):
    viewer.add_image(np.zeros((40, 60)), scale=(0.1, 0.1), units=("um", "um"))
    before = viewer.scene.camera.center
    run = FakeRun(tmp_path / "nuclei")
    run.train(100)
    run.validate()
    dock.watch_run(run.run.path)
    qtbot.waitUntil(lambda: viewer.scene.camera.center != before, timeout=5000)
    qtbot.waitUntil(lambda: not dock.watch.order.isHidden(), timeout=5000)
    dock.watch_run(tmp_path)
    assert viewer.scene.camera.center == before
    assert dock.watch.order.isHidden()
