"""The steps of a pipeline as cards, in their order, with a button that adds one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QMenu, QPushButton, QVBoxLayout, QWidget

from napari_fidelity.core.catalog import Catalog
from napari_fidelity.core.params import Params
from napari_fidelity.widgets.dock_parts import HINT, Words
from napari_fidelity.widgets.step_card import StepCard
from napari_fidelity.widgets.step_form import Makers

EMPTY = "No step yet: the image stays as it is. Add one, or choose a preset."


class StepCards(QWidget):
    """Cards from top to bottom: what is done first stands first.

    Parameters
    ----------
    catalog : Catalog
        The steps that there are: key, title, description, params; `params.prepares` tells which
        come before all others.
    makers : callable, optional
        Controls for fields of a step's class that no form knows.

    Attributes
    ----------
    changed : Signal
        Settings, order or number of the steps.
    """

    changed = Signal()

    def __init__(
        self,
        catalog: Catalog[Any],  # Any: specifications are read by attribute only
        makers: Callable[[type[Params]], Makers] = lambda _: {},
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._catalog, self._makers = catalog, makers
        self._colors: tuple[QColor, QColor] | None = None
        self.cards: list[StepCard] = []
        self.empty = Words(EMPTY, HINT)
        self.add_button = QPushButton("Add step")
        self.menu = QMenu(self.add_button)
        self.menu.setToolTipsVisible(True)
        for spec in catalog.values():
            action = self.menu.addAction(spec.title)
            assert action is not None
            action.setToolTip(spec.description)
            action.triggered.connect(partial(self._on_added, spec.key))
        self.add_button.setMenu(self.menu)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self._rows)
        layout.addWidget(self.empty)
        layout.addWidget(self.add_button)
        self._show_places()

    def steps(self) -> list[Params]:
        """The steps that are on, in their order, validated.

        Raises
        ------
        UserError
            A value does not fit; the sentence names the field.
        """
        return [card.step() for card in self.cards if card.is_on]

    def set_steps(self, steps: Sequence[Params]) -> None:
        """Show `steps` instead of what was there; cards of steps that stay keep their fold."""
        open_kinds = {card.title for card in self.cards if card.fold.heading.isChecked()}
        for card in self.cards:
            self._discard(card)
        self.cards = []
        for step in steps:
            card = self._insert(len(self.cards), step)
            card.fold.set_open(card.title in open_kinds)
        self._show_places()
        self.changed.emit()

    def add(self, key: str) -> StepCard:
        """A new card for the step called `key`: open, at its place, with its defaults."""
        params = self._catalog[key].params
        preparing = [self._prepares(card.form.params_class) for card in self.cards]
        row = preparing.count(True) if self._prepares(params) else len(self.cards)
        card = self._insert(row, params())
        card.fold.set_open(True)
        self._show_places()
        self.changed.emit()
        return card

    def shift(self, card: StepCard, by: int) -> None:
        """Put a card `by` places later."""
        row = self.cards.index(card)
        target = min(max(row + by, 0), len(self.cards) - 1)
        if target == row:
            return
        self.cards.insert(target, self.cards.pop(row))
        self._rows.removeWidget(card)
        self._rows.insertWidget(target, card)
        self._show_places()
        self.changed.emit()

    def remove(self, card: StepCard) -> None:
        """Take a card away."""
        self.cards.remove(card)
        self._discard(card)
        self._show_places()
        self.changed.emit()

    def color_icons(self, color: QColor, faint: QColor) -> None:
        """Draw the small buttons of all cards in the theme's colours."""
        self._colors = (color, faint)
        for card in self.cards:
            card.color_icons(color, faint)

    def _insert(self, row: int, step: Params) -> StepCard:
        spec = self._catalog[str(getattr(step, "kind", ""))]
        makers = self._makers(type(step))
        card = StepCard(spec.title, spec.description, step, makers=makers)
        if self._colors is not None:
            card.color_icons(*self._colors)
        card.changed.connect(self.changed)
        card.move_wanted.connect(lambda by: self.shift(card, by))
        card.remove_wanted.connect(lambda: self.remove(card))
        self.cards.insert(row, card)
        self._rows.insertWidget(row, card)
        return card

    def _discard(self, card: StepCard) -> None:
        self._rows.removeWidget(card)
        card.hide()
        card.deleteLater()

    def _on_added(self, key: str, checked: bool = False) -> None:  # noqa: ARG002  # Qt's
        self.add(key).form.setFocus()

    def _show_places(self) -> None:
        for row, card in enumerate(self.cards):
            card.show_place(row, len(self.cards))
        self.empty.setVisible(not self.cards)

    @staticmethod
    def _prepares(params: type[Params]) -> bool:
        return bool(getattr(params, "prepares", False))
