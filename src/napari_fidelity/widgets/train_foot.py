"""What stays in sight under the Train dock's pages: its buttons, and what is said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QMenu, QPushButton, QSizePolicy, QToolButton, QWidget

from napari_fidelity.operations.train_process import FoundRun

NO_RUNS = "no training here yet"


class SetupButtons(QWidget):
    """*Check*, and *Copy as…* with the settings as a command and as a file."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.check = QPushButton("Check")
        self.check.setToolTip(
            "Look at the images and try a few steps before anything is started: counts, ranges, "
            "memory, time, a picture of patches"
        )
        self.copy = _menu_button("Copy as…", "These settings for the command line and for others")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.check, 1)
        layout.addWidget(self.copy, 1)

    def add_forms(self, forms: Sequence[tuple[str, str, Callable[[], object]]]) -> None:
        """Fill the menu: title, tooltip, what it does."""
        menu = self.copy.menu()
        assert menu is not None
        for title, tip, do in forms:
            action = menu.addAction(title)
            assert action is not None
            action.setToolTip(tip)
            action.triggered.connect(lambda _=False, do=do: do())


class WatchButtons(QWidget):
    """*Use this model*, and *Watch another…* with the runs that were found.

    Attributes
    ----------
    wanted : Signal
        Emitted with the folder of a run that is to be watched; None: ask for it.
    """

    wanted = Signal(object)

    def __init__(
        self, list_runs: Callable[[], Sequence[FoundRun]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._list_runs = list_runs
        self.use = QPushButton("Use this model")
        self.another = _menu_button("Watch another…", "Another training, running or over")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.use, 1)
        layout.addWidget(self.another, 1)
        menu = self.another.menu()
        assert menu is not None
        menu.aboutToShow.connect(self.fill)

    def fill(self) -> None:
        """List the runs that are there now."""
        menu = self.another.menu()
        assert menu is not None
        menu.clear()
        runs = self._list_runs()
        for run in runs:
            title = run.title if run.title == run.path.name else f"{run.title} ({run.path.name})"
            action = menu.addAction(title.replace("&", "&&"))
            assert action is not None
            action.setToolTip(str(run.path))
            action.triggered.connect(partial(self._choose, run.path))
        if not runs and (none := menu.addAction(NO_RUNS)) is not None:
            none.setEnabled(False)
        menu.addSeparator()
        other = menu.addAction("A folder…")
        assert other is not None
        other.triggered.connect(partial(self._choose, None))

    def _choose(self, path: Path | None, _checked: bool = False) -> None:
        self.wanted.emit(path)


def _menu_button(title: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(title)
    button.setToolTip(tip)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setStyleSheet("QToolButton::menu-indicator { image: none; width: 0px; }")
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    menu = QMenu(button)
    menu.setToolTipsVisible(True)
    button.setMenu(menu)
    return button
