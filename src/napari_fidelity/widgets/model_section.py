"""Which model: its picture, its name, one line about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from qtpy.QtCore import QRectF, QSize, Qt, Signal
from qtpy.QtGui import QPainter, QPainterPath, QPixmap
from qtpy.QtWidgets import QComboBox, QGridLayout, QLabel, QSizePolicy, QWidget

from napari_fidelity.widgets.dock_parts import CAPTION, PROBLEM, Words, guard_wheel
from napari_fidelity.widgets.preferences import on_preferences_changed

THUMBNAIL_PX = 64


class ModelSection(QWidget):
    """A list of models with the picture and the description of the chosen one.

    It is made anew when the preferences change: they may name a folder with more models.

    Parameters
    ----------
    list_models : callable
        Manifests of models, with key, title, description, licence, training, levels.
    thumbnail_path : callable
        Picture of a model by its key, or None.
    model_problems : callable, optional
        A sentence for each model that should be listed and cannot be.
    """

    model_changed = Signal(str)

    def __init__(
        self,
        list_models: Callable[[], Sequence[Any]],  # Any: manifests are read by attribute only
        thumbnail_path: Callable[[str], Path | None],
        model_problems: Callable[[], Sequence[str]] = tuple,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._manifests: dict[str, Any] = {}  # Any: as above
        self._list_models, self._model_problems = list_models, model_problems
        self._thumbnail_path = thumbnail_path
        self.combo = QComboBox()
        self.combo.setAccessibleName("Model")
        self.combo.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.combo.setMinimumContentsLength(6)
        self.combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        guard_wheel(self.combo)
        self.picture = QLabel()
        self.picture.setFixedSize(QSize(THUMBNAIL_PX, THUMBNAIL_PX))
        self.words, self.missing = Words(), Words()
        self._lay_out()
        self.combo.currentIndexChanged.connect(self._on_model_changed)
        self.refresh()
        on_preferences_changed(self.refresh)

    def refresh(self) -> None:
        """List the models that are there now; the chosen one stays chosen if it is."""
        chosen = self.key()
        self._manifests = {manifest.key: manifest for manifest in self._list_models()}
        self.combo.blockSignals(True)
        self.combo.clear()
        for row, manifest in enumerate(self._manifests.values()):
            self.combo.addItem(manifest.title, manifest.key)
            self.combo.setItemData(row, describe_model(manifest), Qt.ItemDataRole.ToolTipRole)
        self.choose(chosen)
        self.combo.blockSignals(False)
        self.missing.say("\n".join(self._model_problems()), PROBLEM)
        self._on_model_changed()

    def key(self) -> str:
        """Key of the chosen model; empty when there is none."""
        return self.combo.currentData() or ""

    def training_levels(self) -> dict[str, float]:
        """Intensities of the chosen model's training set; empty when there is no model."""
        manifest = self._manifests.get(self.key())
        return dict(manifest.levels.model_dump()) if manifest is not None else {}

    def choose(self, key: str) -> None:
        """Choose the model called `key` if there is one."""
        if (row := self.combo.findData(key)) >= 0:
            self.combo.setCurrentIndex(row)

    def problem(self) -> str:
        """Why there is no model; empty when there is one."""
        return "" if self._manifests else "No model for synthesis is installed."

    def _lay_out(self) -> None:
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.setHorizontalSpacing(8)
        layout.setColumnStretch(1, 1)
        layout.addWidget(Words("Model", CAPTION), 0, 0, 1, 2)
        layout.addWidget(self.picture, 1, 0, 2, 1, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.combo, 1, 1)
        layout.addWidget(self.words, 2, 1, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.missing, 3, 0, 1, 2)
        layout.setRowStretch(2, 1)

    def _on_model_changed(self, index: int = 0) -> None:  # noqa: ARG002  # Qt's
        manifest = self._manifests.get(self.key())
        path = self._thumbnail_path(self.key()) if manifest is not None else None
        self.picture.setVisible(path is not None)
        if path is not None:
            self.picture.setPixmap(rounded_thumbnail(path, self.devicePixelRatioF()))
        self.words.say(manifest.description if manifest is not None else "")
        for widget in (self.picture, self.combo, self.words):
            widget.setToolTip(describe_model(manifest) if manifest is not None else "")
        self.model_changed.emit(self.key())


def describe_model(manifest: Any) -> str:  # Any: as above
    """What a person should know before trusting a model: what it makes, data, licences."""
    training = manifest.training
    return (
        f"{manifest.description}\n"
        f"Trained on {training.data} ({training.data_licence}).\n"
        f"Weights: {manifest.licence}, version {manifest.version}."
    )


def rounded_thumbnail(path: Path, pixel_ratio: float = 1.0) -> QPixmap:
    """The picture at `path` as a square with round corners, sharp on dense screens."""
    side = round(THUMBNAIL_PX * pixel_ratio)
    picture = QPixmap(str(path)).scaled(
        QSize(side, side),
        Qt.AspectRatioMode.KeepAspectRatioByExpanding,
        Qt.TransformationMode.SmoothTransformation,
    )
    rounded = QPixmap(side, side)
    rounded.fill(Qt.GlobalColor.transparent)
    painter = QPainter(rounded)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    outline = QPainterPath()
    outline.addRoundedRect(QRectF(0, 0, side, side), 4 * pixel_ratio, 4 * pixel_ratio)
    painter.setClipPath(outline)
    painter.drawPixmap((side - picture.width()) // 2, (side - picture.height()) // 2, picture)
    painter.end()
    rounded.setDevicePixelRatio(pixel_ratio)
    return rounded
