"""What was measured, to be read at a glance: a card for each image with three bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QFrame, QLabel, QSizePolicy, QVBoxLayout, QWidget

from napari_fidelity.widgets.dock_parts import HINT, PROBLEM, Words
from napari_fidelity.widgets.palette import Palette, mix_colors
from napari_fidelity.widgets.score_bars import Bar, ScoreBar


@dataclass(frozen=True)
class Card:
    """One image's result.

    Parameters
    ----------
    title : str
        The image's name.
    verdict : str
        The three bars in one sentence.
    bars : tuple of Bar
        Signal, Noise, Blur.
    warnings : tuple of str
        Sentences that a reader must know before trusting the bars.
    """

    title: str
    verdict: str
    bars: tuple[Bar, ...]
    warnings: tuple[str, ...] = ()


class CardFrame(QFrame):
    """A painted card."""

    def __init__(self, card: Card, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.card = card
        self.setObjectName("fidelityCard")
        self.setAccessibleName(f"{card.title}: {card.verdict}")
        self.title = CutLabel(card.title)
        self.title.setProperty("role", "caption")
        self.bars = [ScoreBar(bar, palette) for bar in card.bars]
        self.warnings: list[Words] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(9, 8, 9, 7)
        self._layout.setSpacing(4)
        for widget in (self.title, *self.bars):
            self._layout.addWidget(widget)
        self._show_warnings(card.warnings)
        self.set_palette(palette)

    def show_card(self, card: Card) -> None:
        """Show other numbers in the same place."""
        self.card = card
        self.setAccessibleName(f"{card.title}: {card.verdict}")
        self.title.set_whole_text(card.title)
        for widget, bar in zip(self.bars, card.bars, strict=True):
            widget.set_bar(bar)
        if [words.text() for words in self.warnings] != list(card.warnings):
            self._show_warnings(card.warnings)

    def _show_warnings(self, warnings: Sequence[str]) -> None:
        for words in self.warnings:
            self._layout.removeWidget(words)
            words.hide()
            words.deleteLater()
        self.warnings = [Words(text, PROBLEM) for text in warnings]
        for words in self.warnings:
            self._layout.addWidget(words)

    def set_palette(self, palette: Palette) -> None:
        """Paint with the colours of another theme."""
        surface = mix_colors(palette.background, palette.track, 0.35)
        inside = Palette(**{**vars(palette), "background": surface})
        self.setStyleSheet(
            f"QFrame#fidelityCard {{ background-color: {surface.name()}; border-radius: 4px; }}"
            "QFrame#fidelityCard QLabel { background-color: transparent; }"
        )
        for bar in self.bars:
            bar.set_palette(inside)

    def set_stale(self, stale: bool) -> None:
        """Grey everything: the numbers are of pixels or settings that are no more."""
        for bar in self.bars:
            bar.set_pale(stale)
        for words in (self.title, *self.warnings):
            words.setEnabled(not stale)


class CutLabel(QLabel):
    """One line that is cut with "…" where it does not fit; the tooltip has the whole."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = text
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setToolTip(text)
        self.setAccessibleName(text)
        self.setText(text)

    def set_whole_text(self, text: str) -> None:
        """Show another text."""
        self._whole = text
        self.setToolTip(text)
        self.setAccessibleName(text)
        self._cut()

    def whole_text(self) -> str:
        """The text before it was cut."""
        return self._whole

    def minimumSizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """Narrow."""
        return QSize(40, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802  # Qt's name
        """Cut to the new width."""
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        mode = Qt.TextElideMode.ElideMiddle
        self.setText(self.fontMetrics().elidedText(self._whole, mode, max(self.width() - 4, 20)))


class AssessResult(QWidget):
    """The cards, what they were measured against, and whether they are out of date."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stale_words = Words("", PROBLEM)
        self.caption = Words("", HINT)
        self.cards: list[CardFrame] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(6)
        self._layout.addWidget(self.stale_words)
        self._layout.addWidget(self.caption)

    def show_cards(self, cards: Sequence[Card], caption: str, palette: Palette) -> None:
        """Show other cards; as many as before are changed in their place, without a flicker."""
        if len(cards) == len(self.cards):
            for frame, card in zip(self.cards, cards, strict=True):
                frame.show_card(card)
        else:
            self._replace_cards(cards, palette)
        self.caption.say(caption, HINT)
        self.set_stale("")

    def _replace_cards(self, cards: Sequence[Card], palette: Palette) -> None:
        for frame in self.cards:
            self._layout.removeWidget(frame)
            frame.hide()
            frame.deleteLater()
        self.cards = [CardFrame(card, palette) for card in cards]
        for frame in self.cards:
            self._layout.addWidget(frame)

    def name_cards(self, names: Sequence[str]) -> None:
        """Give the cards other titles, in order: their layers were renamed."""
        for frame, name in zip(self.cards, names, strict=False):
            frame.title.set_whole_text(name)

    def set_stale(self, reason: str) -> None:
        """Mark the cards as out of date because of `reason`; an empty one takes the mark away."""
        self.stale_words.say(f"Out of date: {reason}" if reason else "", PROBLEM)
        for frame in self.cards:
            frame.set_stale(bool(reason))

    def is_stale(self) -> bool:
        """Whether the mark is shown."""
        return bool(self.stale_words.text())

    def set_palette(self, palette: Palette) -> None:
        """Paint with the colours of another theme."""
        for frame in self.cards:
            frame.set_palette(palette)
