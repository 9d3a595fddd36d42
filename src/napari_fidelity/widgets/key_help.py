"""The *?* of a dock: what the dock does, its keys, and the way to its page."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from napari.components import ViewerModel
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from napari_fidelity.widgets.dock_parts import HINT, Words
from napari_fidelity.widgets.key_list import KEYS, Key
from napari_fidelity.widgets.keys import DockKeys
from napari_fidelity.widgets.page_window import PageWindow, open_page
from napari_fidelity.widgets.palette import Palette, palette_of_theme

WIDTH_PX = 400
WHERE = (
    "They work in the canvas, the layer list and the docks, and act on the dock in front. "
    "Device, precision, memory and further models: Preferences ▸ Fidelity."
)


class KeyAction(NamedTuple):
    """What a dock does at a key: in words, and as a call."""

    does: str
    do: Callable[[], object]


class KeyHelp(QToolButton):
    """A small *?* that lists what a dock does at which key, and gives the dock these keys.

    Parameters
    ----------
    dock : QWidget
        The dock.
    viewer : ViewerModel
        Where the keys are pressed.
    title, purpose : str
        The dock's name, and what it does in two lines.
    actions : mapping of str to KeyAction
        What the dock does at a key, by the name of the key in `KEYS`.
    page : Path
        Markdown that tells more.
    """

    def __init__(
        self,
        dock: QWidget,
        viewer: ViewerModel,
        *,
        title: str,
        purpose: str,
        actions: Mapping[str, KeyAction],
        page: Path,
    ) -> None:
        super().__init__(dock)
        self.title, self.purpose, self.page = title, purpose, page
        self._viewer = viewer
        self._does = {name: action.does for name, action in actions.items()}
        self.keys = DockKeys(dock, viewer, {name: action.do for name, action in actions.items()})
        self.popup: KeyPopup | None = None
        self.setObjectName("fidelityHelp")
        self.setText("?")
        self.setToolTip("What this dock does, and its keys")
        self.setAccessibleName("Help and keys")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.clicked.connect(self.open)

    def beside(self, button: QWidget) -> QHBoxLayout:
        """`button` with the *?* to its right."""
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(button, 1)
        row.addWidget(self)
        return row

    def lines(self) -> list[tuple[Key, str]]:
        """The dock's keys, each with what it does, or with who has it instead."""
        lines = []
        for key in KEYS:
            if key.name in self._does:
                owner = self.keys.owner(key)
                taken = f"Not ours: {owner} has this key, and keeps it"
                lines.append((key, taken if owner else self._does[key.name]))
        return lines

    def open(self) -> KeyPopup:
        """Show the list under the button; a click elsewhere or Esc closes it."""
        if self.popup is not None:
            self.popup.deleteLater()
        self.popup = KeyPopup(self, palette_of_theme(self._viewer.theme))
        self.popup.link.linkActivated.connect(self.open_page)
        self.popup.show_below(self)
        return self.popup

    def open_page(self) -> PageWindow:
        """Open the page that tells more."""
        if self.popup is not None:
            self.popup.close()
        return open_page(self.page, palette_of_theme(self._viewer.theme), self)


class KeyPopup(QFrame):
    """The list that a *?* shows.

    Parameters
    ----------
    button : KeyHelp
        What it belongs to.
    palette : Palette
        Colours of the theme.
    """

    def __init__(self, button: KeyHelp, palette: Palette) -> None:
        super().__init__(button, Qt.WindowType.Popup)
        self.setObjectName("fidelityKeys")
        self.setStyleSheet(_style(palette))
        self.setFixedWidth(WIDTH_PX)
        layout = QGridLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setHorizontalSpacing(10)
        layout.setVerticalSpacing(7)
        layout.setColumnStretch(1, 1)
        heading, purpose = QLabel(button.title), _wrapped(button.purpose)
        heading.setProperty("role", "heading")
        layout.addWidget(heading, 0, 0, 1, 2)
        layout.addWidget(purpose, 1, 0, 1, 2)
        layout.setRowMinimumHeight(2, 4)
        self.rows = [(_key_cap(key), _wrapped(words)) for key, words in button.lines()]
        for row, (cap, words) in enumerate(self.rows, 3):
            top_left = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft
            layout.addWidget(cap, row, 0, top_left)
            layout.addWidget(words, row, 1)
        below = len(self.rows) + 3
        layout.setRowMinimumHeight(below, 4)
        layout.addWidget(Words(WHERE, HINT), below + 1, 0, 1, 2)
        self.link = QLabel(f'<a href="page" style="color: {palette.text.name()}">More on this…</a>')
        self.link.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        layout.addWidget(self.link, below + 2, 0, 1, 2)

    def show_below(self, button: QWidget) -> None:
        """Appear under the right end of `button`, inside its screen."""
        for label in self.findChildren(QLabel):
            label.ensurePolished()  # its font decides how high wrapped words are
        if (layout := self.layout()) is not None:
            self.setFixedHeight(layout.totalHeightForWidth(self.width()))
        corner = button.mapToGlobal(QPoint(button.width() - self.width(), button.height() + 4))
        if (screen := button.screen()) is not None:
            room = screen.availableGeometry()
            corner.setX(max(room.left(), min(corner.x(), room.right() - self.width())))
            corner.setY(max(room.top(), min(corner.y(), room.bottom() - self.height())))
        self.move(corner)
        self.show()
        self.link.setFocus()


def spell_combo(combo: str) -> str:
    """`combo` as this system's menus would write it.

    Examples
    --------
    >>> spell_combo("Control-Shift-L") in ("Ctrl+Shift+L", "⇧⌘L")
    True
    """
    name = combo.replace("Control", "Ctrl").replace("-", "+")
    if sys.platform == "darwin":
        name = name.replace("Enter", "Return")  # Enter would be the one of the number block
    return QKeySequence(name).toString(QKeySequence.SequenceFormat.NativeText)


def _key_cap(key: Key) -> QLabel:
    cap = QLabel(spell_combo(key.combo))
    cap.setProperty("role", "key")
    return cap


def _wrapped(text: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label


def _style(palette: Palette) -> str:
    text, outline = palette.text.name(), palette.outline.name()
    return f"""
    QFrame#fidelityKeys {{
        background-color: {palette.background.name()}; border: 1px solid {outline};
        border-radius: 4px;
    }}
    QLabel {{ color: {text}; background: transparent; padding: 0px; }}
    QLabel[role="heading"] {{ font-weight: 600; }}
    QLabel[role="hint"] {{ color: {palette.muted.name()}; }}
    QLabel[role="key"] {{
        background-color: {palette.track.name()}; border: 1px solid {outline};
        border-radius: 3px; padding: 1px 6px;
    }}
    """
