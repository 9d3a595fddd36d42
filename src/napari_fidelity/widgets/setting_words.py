"""The choices of the metrics' settings in words for people."""

from __future__ import annotations

from qtpy.QtWidgets import QComboBox

from napari_fidelity.widgets.forms import ParamsForm
from napari_fidelity.widgets.number_or_choice import NumberOrChoice

SETTING_WORDS = {
    "density": {
        "kde": "smooth",
        "published": "as published",
        "histogram": "histogram",
    },
    "border": {"valid": "where it fits", "zero": "zero-padded"},
    "data_range": {"reference": "reference", "dtype": "data type"},
    "normalization": {"euclidean": "RMS", "sd": "SD"},
    "spatial_ndim": {"2": "in a plane", "3": "in 3-D"},
}


def put_words(form: ParamsForm) -> None:
    """Show the choices of a settings form in words for people."""
    for name, words in SETTING_WORDS.items():
        box = form.controls[name].widget
        combo = box.combo if isinstance(box, NumberOrChoice) else box
        assert isinstance(combo, QComboBox)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        combo.setMinimumContentsLength(5)
        for index in range(combo.count()):
            combo.setItemText(index, words.get(str(combo.itemData(index)), combo.itemText(index)))
