"""Small parts that docks share: a caption, a line of words, a folded section, their style."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, QSize, Qt
from qtpy.QtWidgets import (
    QFrame,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from napari_fidelity.widgets.palette import Palette, mix_colors

DOCK_WIDTH_PX = 320
LEAST_WIDTH_PX = 290  # narrower, rows of label, field and button would be cut off
PROBLEM, HINT, CAPTION = "problem", "hint", "caption"


class Words(QLabel):
    """Wrapped words whose role decides how they look; empty words take no room.

    Parameters
    ----------
    text : str, optional
        The words.
    role : str, optional
        `"caption"` above a control, `"hint"` below one, or `"problem"` with a bar of the
        theme's warning colour.
    """

    def __init__(self, text: str = "", role: str = HINT, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(role != CAPTION)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.say(text, role)

    def say(self, text: str, role: str = HINT) -> None:
        """Show `text` in the look of `role`."""
        self.setText(text)
        self.setVisible(bool(text))
        set_look(self, "role", role)


def set_look(widget: QWidget, name: str, value: str) -> None:
    """Set a property that the style sheet looks at."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        _polish(widget)


def set_style_name(widget: QWidget, name: str) -> None:
    """Set the object name that the style sheet looks at."""
    if widget.objectName() != name:
        widget.setObjectName(name)
        _polish(widget)


def _polish(widget: QWidget) -> None:
    if (style := widget.style()) is not None:
        style.unpolish(widget)
        style.polish(widget)


class Fold(QWidget):
    """A heading that shows and hides what is under it; folded at first, reached by keyboard."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heading = QToolButton()
        self.heading.setObjectName("fidelityFold")
        self.heading.setText(title)
        self.heading.setCheckable(True)
        self.heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.heading.setArrowType(Qt.ArrowType.RightArrow)
        self.heading.setIconSize(QSize(9, 9))
        self.heading.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.heading.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.content = QWidget()
        self.content.setVisible(False)
        self.content_layout = QVBoxLayout(self.content)
        self.content_layout.setContentsMargins(10, 2, 0, 4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.heading)
        layout.addWidget(self.content)
        self.heading.toggled.connect(self._on_toggled)

    def set_open(self, is_open: bool) -> None:
        """Unfold or fold."""
        self.heading.setChecked(is_open)

    def _on_toggled(self, is_open: bool) -> None:
        arrow = Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow
        self.heading.setArrowType(arrow)
        self.content.setVisible(is_open)


class WheelGuard(QObject):
    """Keeps the mouse wheel from changing a control that was only scrolled past."""

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802  # Qt's name
        """Pass the wheel on to the scroll area unless the control has the focus."""
        is_wheel = event is not None and event.type() == QEvent.Type.Wheel
        if is_wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            assert event is not None
            event.ignore()
            return True
        return False


def guard_wheel(control: QWidget) -> None:
    """Let `control` follow the mouse wheel only while it has the keyboard focus."""
    control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    control.installEventFilter(WheelGuard(control))


def scrolled(content: QWidget) -> QScrollArea:
    """`content` in a scroll area that scrolls up and down only."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(content)
    return area


def dock_style(palette: Palette) -> str:
    """Style sheet of a dock, in the colours of napari's theme only."""
    accent, text, muted = palette.accent.name(), palette.text.name(), palette.muted.name()
    hover = mix_colors(palette.accent, palette.text, 0.15).name()
    return f"""
    QLabel[role="caption"] {{ font-weight: 600; color: {text}; }}
    QLabel[role="hint"] {{ color: {muted}; }}
    QLabel[role="problem"] {{
        color: {text}; border-left: 3px solid {palette.warning.name()}; padding-left: 6px;
    }}
    QPushButton#fidelityRun {{
        background-color: {accent}; color: {text}; font-weight: 600; padding: 7px;
    }}
    QPushButton#fidelityRun:hover {{ background-color: {hover}; }}
    QPushButton#fidelityRun:disabled {{
        background-color: {palette.track.name()}; color: {muted}; border: 0px;
    }}
    QPushButton#fidelityRun[running="true"] {{
        background-color: {palette.track.name()}; border: 1px solid {accent};
    }}
    QPushButton#fidelityNext {{ border: 1px solid {accent}; font-weight: 600; }}
    QToolButton {{
        background-color: {palette.track.name()}; border-radius: 2px;
        min-width: 16px; min-height: 18px; padding: 2px;
    }}
    QToolButton:hover {{ background-color: {palette.outline.name()}; }}
    QToolButton#fidelityFold {{
        background-color: {palette.background.name()}; border: 0px; padding: 3px 0px;
        text-align: left; color: {text};
    }}
    QPushButton:focus, QToolButton:focus, QComboBox:focus, QAbstractSpinBox:focus,
    QCheckBox:focus, QLineEdit:focus {{ border: 1px solid {hover}; }}
    QProgressBar {{
        background-color: {palette.track.name()}; border: 0px; border-radius: 2px;
        min-height: 4px; max-height: 4px;
    }}
    QProgressBar::chunk {{ background-color: {accent}; border-radius: 2px; }}
    """
