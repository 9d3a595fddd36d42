"""One step of a pipeline as a card: on or off, folded or open, moved, removed, its settings."""

from __future__ import annotations

from qtpy.QtCore import QPointF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF
from qtpy.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from napari_fidelity.core.params import Params
from napari_fidelity.widgets.dock_parts import HINT, Fold, Words, set_look
from napari_fidelity.widgets.step_form import Makers, StepForm

ICON_PX = 12


class StepCard(QFrame):
    """A step's settings under a heading with its switch and its place.

    Parameters
    ----------
    title, description : str
        The step in words.
    step : Params
        Its settings to begin with.
    makers : mapping, optional
        Controls for fields that no form knows.

    Attributes
    ----------
    changed : Signal
        A setting, or whether it is on.
    move_wanted : Signal
        -1 to come earlier, 1 to come later.
    remove_wanted : Signal
        The person wants it gone.
    """

    changed = Signal()
    move_wanted = Signal(int)
    remove_wanted = Signal()

    def __init__(
        self,
        title: str,
        description: str,
        step: Params,
        *,
        makers: Makers | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("fidelityCard")
        self.title = title
        self.switch = QCheckBox()
        self.switch.setChecked(True)
        self.switch.setToolTip(f"Whether “{title}” is done")
        self.switch.setAccessibleName(f"{title}: on")
        self.fold = Fold(title)
        self.fold.heading.setToolTip(description)
        self.fold.content_layout.setContentsMargins(4, 0, 4, 6)
        self.form = StepForm(step, makers)
        self.words = Words(description, HINT)
        self.earlier, self.later, self.removal = (
            _small_button(words) for words in ("Move up", "Move down", "Remove this step")
        )
        self._lay_out()
        self.form.changed.connect(self.changed)
        self.switch.toggled.connect(self._on_switched)
        self.earlier.clicked.connect(lambda: self.move_wanted.emit(-1))
        self.later.clicked.connect(lambda: self.move_wanted.emit(1))
        self.removal.clicked.connect(self.remove_wanted)

    @property
    def is_on(self) -> bool:
        """Whether the step is done."""
        return self.switch.isChecked()

    def set_on(self, on: bool) -> None:
        """Do the step, or leave it out and keep its settings."""
        self.switch.setChecked(on)

    def step(self) -> Params:
        """The step with its settings, validated.

        Raises
        ------
        UserError
            A value does not fit; the sentence names the field.
        """
        return self.form.settings()

    def show_place(self, row: int, count: int) -> None:
        """Say what the arrows can do in row `row` of `count`."""
        self.earlier.setEnabled(row > 0)
        self.later.setEnabled(row < count - 1)

    def color_icons(self, color: QColor, faint: QColor) -> None:
        """Draw the small buttons in the theme's colours."""
        drawings = ((self.earlier, ARROW_UP), (self.later, ARROW_DOWN), (self.removal, CROSS))
        for button, lines in drawings:
            button.setIcon(line_icon(lines, color, faint))
            button.setIconSize(QSize(ICON_PX, ICON_PX))

    def _lay_out(self) -> None:
        heading_row = QHBoxLayout()
        heading_row.setSpacing(2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 3, 4, 3)
        layout.setSpacing(2)
        heading_row.addWidget(self.switch)
        heading_row.addWidget(self.fold.heading, 1)
        for button in (self.earlier, self.later, self.removal):
            heading_row.addWidget(button)
        layout.addLayout(heading_row)
        layout.addWidget(self.fold)
        self.fold.content_layout.addWidget(self.words)
        self.fold.content_layout.addWidget(self.form)

    def _on_switched(self, on: bool) -> None:
        self.form.setEnabled(on)
        set_look(self, "off", "false" if on else "true")
        set_look(self.fold.heading, "off", "false" if on else "true")
        self.changed.emit()


# Lines from corner to corner of a square of side 12.
ARROW_UP = (((2.5, 8), (6, 4), (9.5, 8)),)
ARROW_DOWN = (((2.5, 4.5), (6, 8.5), (9.5, 4.5)),)
CROSS = (((3, 3), (9, 9)), ((9, 3), (3, 9)))


def line_icon(
    lines: tuple[tuple[tuple[float, float], ...], ...], color: QColor, faint: QColor
) -> QIcon:
    """Lines as an icon, drawn: glyphs would need a font that may be missing."""
    icon = QIcon()
    for mode, ink in ((QIcon.Mode.Normal, color), (QIcon.Mode.Disabled, faint)):
        pixmap = QPixmap(3 * ICON_PX, 3 * ICON_PX)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(3, 3)
        painter.setPen(QPen(ink, 1.4))
        for line in lines:
            painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in line]))
        painter.end()
        icon.addPixmap(pixmap, mode)
    return icon


def _small_button(words: str) -> QToolButton:
    button = QToolButton()
    button.setObjectName("fidelityCardButton")
    button.setToolTip(words)
    button.setAccessibleName(words)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button


def card_style(card: str, faint: str, muted: str) -> str:
    """Style sheet of cards: a background apart from the dock's, quiet small buttons.

    Parameters
    ----------
    card, faint, muted : str
        Colours of the card, of what is under the mouse, and of a card that is off.
    """
    return f"""
    QFrame#fidelityCard {{ background-color: {card}; border-radius: 4px; }}
    QFrame#fidelityCard QLabel, QFrame#fidelityCard QCheckBox {{ background: transparent; }}
    QFrame#fidelityCard .QWidget {{ background: transparent; }}
    QFrame#fidelityCard QToolButton#fidelityFold {{
        background-color: transparent; font-weight: 600;
    }}
    QFrame#fidelityCard QToolButton#fidelityFold[off="true"] {{
        color: {muted}; font-weight: 400;
    }}
    QToolButton#fidelityCardButton {{
        background-color: transparent; border: 0px; padding: 1px;
        min-width: 14px; min-height: 14px;
    }}
    QToolButton#fidelityCardButton:hover {{ background-color: {faint}; }}
    QToolButton#fidelityRange {{ padding: 1px 4px; }}
    NarrowNumber {{ min-width: 30px; padding: 1px 2px; }}
    """
