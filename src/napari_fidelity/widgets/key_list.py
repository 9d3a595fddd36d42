"""The keys of the docks, as lists and documentation show them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Key:
    """One key and what it does.

    Parameters
    ----------
    name : str
        What docks call the action.
    combo : str
        The keys together, as napari writes them; Control stands for ⌘ on a Mac.
    does : str
        What happens, in whichever dock is in front.
    """

    name: str
    combo: str
    does: str

    def __str__(self) -> str:
        return self.combo.replace("Control", "Ctrl").replace("Escape", "Esc").replace("-", "+")


# With Control or Shift, so that no letter or number typed into a field is one of them; none is a
# key of napari's, and none a system's: not Ctrl+Shift+U, Ctrl+., Ctrl+Esc, ⌘⇧Q or F-keys of Macs.
KEYS = (
    Key("run", "Control-Enter", "Start: as the dock's large button does"),
    Key("cancel", "Shift-Escape", "Cancel; the layers stay as they were"),
    Key("live", "Control-Shift-L", "Live on or off; in other docks, Follow edits or Preview"),
    Key("compare", "Control-Shift-X", "Show the reference and the compared image in turn"),
)
