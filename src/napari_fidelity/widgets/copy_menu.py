"""One button with a menu: what a dock would do now, copied as Python, a command or a recipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from napari.layers import Layer
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QMenu, QSizePolicy, QToolButton, QWidget

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.params import Params
from napari_fidelity.operations.copy_text import Call, as_command, as_python, as_recipe
from napari_fidelity.widgets.dock_parts import HINT, PROBLEM
from napari_fidelity.widgets.layer_files import advise_saving, layer_file
from napari_fidelity.widgets.save_result import ENDING, file_stem

FORMS: Mapping[str, tuple[str, Callable[[Call], str], str]] = {
    "python": ("Copy as Python", as_python, "A script that does the same to the file"),
    "command": ("Copy as command", as_command, "A line for the terminal"),
    "recipe": ("Copy as recipe", as_recipe, "Steps for many files: napari-fidelity batch"),
}
FindCall = Callable[[], tuple[Call, Sequence[Layer]]]


class CopyButton(QToolButton):
    """*Copy as…*: Python, command or recipe for what the dock would do now.

    Parameters
    ----------
    find_call : callable
        Gives the call and the layers whose files it names (`call_on_layers` makes both); a
        `UserError` that it raises is said.
    say : callable
        Receives a sentence and its role, `"hint"` or `"problem"`.

    Attributes
    ----------
    actions_by_form : dict
        The menu's entries by `"python"`, `"command"`, `"recipe"`.
    """

    def __init__(
        self,
        find_call: FindCall,
        say: Callable[[str, str], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._find_call, self._say = find_call, say
        self.setObjectName("fidelityCopy")
        self.setText("Copy as…")
        self.setToolTip("What this dock would do now, as text: Python, a command, a recipe")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        # the arrow would lie on the text
        self.setStyleSheet("QToolButton::menu-indicator { image: none; width: 0px; }")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        self.actions_by_form = {}
        for form, (title, _write, tip) in FORMS.items():
            action = menu.addAction(title)
            assert action is not None
            action.setToolTip(tip)
            action.triggered.connect(partial(self._copy, form))
            self.actions_by_form[form] = action
        self.setMenu(menu)

    def copy(self, form: str) -> str:
        """Put the text on the clipboard and return it; empty when there is none to give.

        Parameters
        ----------
        form : str
            `"python"`, `"command"` or `"recipe"`.
        """
        title, write, _tip = FORMS[form]
        try:
            call, layers = self._find_call()
            text = write(call)
        except UserError as error:
            self._say(str(error), PROBLEM)
            return ""
        clipboard = QApplication.clipboard()
        assert clipboard is not None
        clipboard.setText(text)
        if form == "recipe":  # it takes any images; those that it names are on absolute paths
            named = [layer for layer in layers if layer_file(layer) in call.inputs.values()]
            advice = advise_saving(named, Path.cwd())
        else:
            advice = advise_saving(layers)
        what = title.removeprefix("Copy as ")
        self._say(f"Copied as {what}. {advice}".strip(), HINT)
        return text

    def _copy(self, form: str, _checked: bool = False) -> None:
        self.copy(form)


def call_on_layers(
    operation: str,
    params: Params,
    layers: Sequence[Layer],
    *,
    suffix: str,
    **inputs: Layer | None,
) -> tuple[Call, list[Layer]]:
    """The call that does `operation` to the files of layers, and these layers.

    Parameters
    ----------
    operation : str
        Key of the operation.
    params : Params
        Its settings.
    layers : sequence of Layer
        What it works on; the result is called after the first.
    suffix : str
        What is added to the name of the first layer: `"degraded"` gives `cells_degraded.ome.tif`;
        with an ending of its own, `"profile.csv"`, that is kept.
    **inputs : Layer or None
        Further layers by the operation's keyword; None is left out.
    """
    given = {name: layer for name, layer in inputs.items() if layer is not None}
    ending = "" if "." in suffix else ENDING
    call = Call(
        operation,
        params,
        tuple(layer_file(layer) for layer in layers),
        {name: layer_file(layer) for name, layer in given.items()},
        f"{file_stem(layers[0].name)}_{suffix}{ending}",
    )
    return call, [*layers, *given.values()]
