"""Which images a training takes: layers of the viewer or a folder, and what they are for."""

from __future__ import annotations

from typing import Any

from napari.components import ViewerModel
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_fidelity.data.settings import DataSettings, Task
from napari_fidelity.operations.train_images import Example
from napari_fidelity.simulation.degradation.presets import PRESETS
from napari_fidelity.training.spec import TrainingSpec
from napari_fidelity.widgets.dock_parts import CAPTION, HINT, Words
from napari_fidelity.widgets.number_or_choice import NarrowComboBox
from napari_fidelity.widgets.train_folder import FolderChoice
from napari_fidelity.widgets.train_layers import (
    describe_pairs,
    make_examples,
    pair_problem,
    too_few,
)
from napari_fidelity.widgets.train_pairs import LayerPairs

TASKS: dict[Task, tuple[str, str]] = {
    "synthesis": ("Masks → images", "The network paints a realistic image for a mask"),
    "restoration": ("Degraded → clean", "The network makes a clean image of a degraded one"),
    "segmentation": ("Images → masks", "The network finds the objects of an image"),
}


class DataSection(QWidget):
    """Task, *Layers* or *Folder*, the layers or the path, and what was found."""

    changed = Signal()

    def __init__(self, viewer: ViewerModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._spec: TrainingSpec | None = None
        self._is_3d = False
        self.task_choice = NarrowComboBox()
        self.task_choice.setAccessibleName("Task")
        self.degradation = NarrowComboBox()
        self.degradation.setAccessibleName("Degraded images")
        self.degradation.addItem("Degraded images: mine", None)
        for key, preset in PRESETS.items():
            self.degradation.addItem(f"Degraded images: made, {preset.title.lower()}", key)
        self.degradation.setToolTip(
            "Mine: you have degraded and clean recordings of the same fields. Made: clean images "
            "are enough, each patch is degraded anew, as the Degrade dock does"
        )
        self.layers_button, self.folder_button = QPushButton("Layers"), QPushButton("Folder")
        self._group = QButtonGroup(self)
        for button, tip in (
            (self.layers_button, "Images that are open in napari"),
            (self.folder_button, "Files on the disk: any number, they need not fit into memory"),
        ):
            button.setObjectName("fidelityView")
            button.setCheckable(True)
            button.setToolTip(tip)
            self._group.addButton(button)
        self.layers_button.setChecked(True)
        self.pairs: LayerPairs | None = None
        self.folder = FolderChoice()
        self.words = Words("", HINT)
        self._place = QVBoxLayout()
        self._lay_out()
        self._connect()

    def show_method(self, spec: TrainingSpec) -> None:
        """Ask for the images of a method."""
        if self._spec is spec:
            return
        chosen = self.task() if self._spec is not None else None
        self._spec = spec
        self.task_choice.blockSignals(True)
        self.task_choice.clear()
        self.task_choice.add_choices({task: TASKS[task] for task in spec.tasks})
        if chosen in spec.tasks:
            self.task_choice.setCurrentIndex(spec.tasks.index(chosen))
        self.task_choice.blockSignals(False)
        self.task_choice.setVisible(len(spec.tasks) > 1)
        self._show_task()

    def set_volumes(self, is_3d: bool) -> None:
        """Whether the training is in 3-D."""
        if is_3d != self._is_3d:
            self._is_3d = is_3d
            self._on_changed()

    def task(self) -> Task:
        """What the images are for."""
        task: Task = self.task_choice.currentData()
        return task

    def uses_layers(self) -> bool:
        """Whether the images are layers; else they lie in a folder."""
        return self.layers_button.isChecked()

    def values(self) -> dict[str, Any]:  # Any: fields of `DataSettings`
        """The settings that are made here; the folder of layers is known when they are written."""
        preset = self._preset()
        return {
            "task": self.task(),
            "folder": None if self.uses_layers() else self.folder.folder() or None,
            "degradation": None if preset is None else PRESETS[preset].pipeline,
        }

    def examples(self) -> list[Example]:
        """The chosen layers, to be written; none where the images lie in a folder. Main thread.

        Raises
        ------
        UserError
            A layer cannot be read.
        """
        if not self.uses_layers() or self.pairs is None:
            return []
        one_side = self._preset() is not None
        pairs = self.pairs.pairs()
        return make_examples(pairs, self.task(), one_side=one_side, is_3d=self._is_3d)

    def problem(self) -> str:
        """Why the images cannot be trained on, as far as can be seen at a glance."""
        if self._spec is None or self.pairs is None:
            return ""
        if not self.uses_layers():
            return self.folder.problem()
        pairs = self.pairs.pairs()
        one_side = self._preset() is not None
        for pair in pairs:
            reason = pair_problem(pair, self.task(), paired=self._spec.paired, one_side=one_side)
            if reason:
                return reason
        return too_few(pairs, is_3d=self._is_3d)

    def take_active_layer(self) -> None:
        """Choose the active layer where it fits."""
        if self.pairs is not None and self.uses_layers():
            self.pairs.take_active_layer()

    def refresh(self) -> None:
        """Say what was found; layers may have changed."""
        pairs = [] if self.pairs is None else self.pairs.pairs()
        self.words.say(describe_pairs(pairs, is_3d=self._is_3d) if self.uses_layers() else "")

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(self.layers_button, 1)
        row.addWidget(self.folder_button, 1)
        layout.addWidget(Words("Images", CAPTION))
        layout.addWidget(self.task_choice)
        layout.addLayout(row)
        layout.addWidget(self.degradation)
        layout.addLayout(self._place)
        layout.addWidget(self.folder)
        layout.addWidget(self.words)
        self.folder.hide()

    def _connect(self) -> None:
        self.task_choice.currentIndexChanged.connect(lambda _: self._show_task())
        self.degradation.currentIndexChanged.connect(lambda _: self._on_changed())
        self._group.buttonClicked.connect(lambda _: self._on_changed())
        self.folder.changed.connect(self._on_changed)

    def _show_task(self) -> None:
        """Rows with the names of the task's two sides."""
        task = self.task()
        self.task_choice.setToolTip(TASKS[task][1])
        if self.pairs is None or self.pairs.task != task:
            if self.pairs is not None:
                self._place.removeWidget(self.pairs)
                self.pairs.hide()
                self.pairs.deleteLater()
            self.pairs = LayerPairs(self._viewer, task)
            self.pairs.changed.connect(self._on_changed)
            self._place.addWidget(self.pairs)
        self.degradation.setVisible(task == "restoration")
        self._on_changed()

    def _preset(self) -> str | None:
        """The preset that makes the inputs; None where they are given."""
        return self.degradation.currentData() if self.task() == "restoration" else None

    def _on_changed(self) -> None:
        if self._spec is None or self.pairs is None:
            return
        in_layers = self.uses_layers()
        self.pairs.setVisible(in_layers)
        self.pairs.set_one_side(self._preset() is not None)
        self.folder.setVisible(not in_layers)
        if not in_layers:
            values = {**self.values(), "folder": None}
            self.folder.expect(DataSettings.parse(values), self.task(), paired=self._spec.paired)
        self.refresh()
        self.changed.emit()
