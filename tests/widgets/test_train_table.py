"""The table of scores in the Train dock: narrow, whatever the numbers are."""

from __future__ import annotations

from qtpy.QtWidgets import QApplication, QWidget

from napari_fidelity.widgets.train_reader import RunReader
from napari_fidelity.widgets.train_table import TrainTable
from tests.widgets.train_scene import FakeRun


def test_long_numbers_take_the_place_of_metrics_and_cut_nothing_off(qtbot, tmp_path):
    run = FakeRun(tmp_path / "nuclei")
    for quality in (-2.0, -30.0):  # a training that went astray
        run.train(100)
        run.validate(quality=quality)
    dock = QWidget()
    table = TrainTable(dock)
    qtbot.addWidget(dock)
    table.show_run(RunReader(run.run.path).read())
    dock.show()
    assert table.minimumSizeHint().width() < 100
    for width, columns in ((800, 4), (180, 2), (800, 4)):
        table.resize(width, 200)
        QApplication.processEvents()
        shown = [label for label in table._labels if label.isVisible()]
        assert len(shown) == columns * len(table.text())
        assert all(label.geometry().right() <= table.width() for label in shown)
