"""Choices of settings in words for people: keys stay in files and on the command line."""

from __future__ import annotations

from qtpy.QtWidgets import QComboBox, QSizePolicy

from napari_fidelity.widgets.forms import ParamsForm
from napari_fidelity.widgets.number_or_choice import NumberOrChoice

CHOICE_WORDS = {
    "born-wolf": "Born–Wolf",
    "gibson-lanni": "Gibson–Lanni",
    "auto": "automatic",
    "sCMOS": "sCMOS",
    "scmos": "sCMOS",
}


def spell_choice(key: str) -> str:
    """The choice in words; one without an entry is shown as it is.

    Examples
    --------
    >>> spell_choice("born-wolf"), spell_choice("widefield")
    ('Born–Wolf', 'widefield')
    """
    return CHOICE_WORDS.get(key, key.replace("_", " "))


def put_choice_words(form: ParamsForm) -> None:
    """Show the choices of a form in words, and let none of them widen the dock."""
    for control in form.controls.values():
        box = control.widget
        combo = box.combo if isinstance(box, NumberOrChoice) else box
        if not isinstance(combo, QComboBox):
            continue
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        combo.setMinimumContentsLength(5)
        combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        for row in range(combo.count()):
            key = combo.itemData(row)
            if isinstance(key, str):
                combo.setItemText(row, spell_choice(key))
