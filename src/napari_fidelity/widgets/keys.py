"""Keys of the docks: bound to the viewer while a dock is shown, never over one that is in use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import napari.layers
from napari.components import ViewerModel
from napari.settings import get_settings
from napari.utils.action_manager import action_manager
from napari.utils.key_bindings import USER_KEYMAP, KeyBinding, coerce_keybinding
from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QApplication, QWidget

from napari_fidelity.widgets.jobs import is_alive
from napari_fidelity.widgets.key_list import KEYS, Key

LAYER_TYPES = tuple(getattr(napari.layers, name.capitalize()) for name in napari.layers.NAMES)


class DockKeys(QObject):
    """Lets the keys of a viewer reach a dock for as long as the dock is shown.

    Parameters
    ----------
    dock : QWidget
        Its parent; keys come to it while it is the one in front.
    viewer : ViewerModel
        Where the keys are pressed.
    actions : mapping of str to callable
        What the dock does at a key, by the name of the key; keys may be left out.
    """

    def __init__(
        self, dock: QWidget, viewer: ViewerModel, actions: Mapping[str, Callable[[], object]]
    ) -> None:
        super().__init__(dock)
        self.dock = dock
        self.actions = dict(actions)
        self._viewer: ViewerModel = getattr(viewer, "__wrapped__", viewer)  # napari hands a proxy
        dock.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802  # Qt's name
        """Take part when the dock appears, and no more when it goes."""
        if event is not None and watched is self.dock:
            if event.type() == QEvent.Type.Show:
                ViewerKeys.of(self._viewer).join(self)
            elif event.type() == QEvent.Type.Hide:
                ViewerKeys.of(self._viewer).leave(self)
        return False

    def owner(self, key: Key) -> str:
        """Who has `key` instead of the docks; empty when nobody has."""
        return ViewerKeys.of(self._viewer).owner(key)


class ViewerKeys:
    """The keys of one viewer: bound while a dock is shown, acting on the one in front.

    Parameters
    ----------
    viewer : ViewerModel
        The viewer itself, no proxy.
    """

    _of_viewers: dict[int, ViewerKeys] = {}  # noqa: RUF012  # one each, while a dock is shown

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._docks: list[DockKeys] = []
        self._bound: dict[str, Callable[[Any], None]] = {}  # Any: the viewer

    @classmethod
    def of(cls, viewer: ViewerModel) -> ViewerKeys:
        """The keys of `viewer`."""
        return cls._of_viewers.get(id(viewer)) or cls(viewer)

    def join(self, dock: DockKeys) -> None:
        """Let keys reach `dock`; the one that was shown last goes first."""
        if not self._docks:
            self._of_viewers[id(self._viewer)] = self
            action_manager.events.shortcut_changed.connect(self._bind)
        self._docks = [dock, *(other for other in self._docks if other is not dock)]
        self._bind()

    def leave(self, dock: DockKeys) -> None:
        """Let keys reach `dock` no more; without docks they are free again."""
        self._docks = [other for other in self._docks if other is not dock and is_alive(other)]
        if not self._docks and self._of_viewers.pop(id(self._viewer), None) is not None:
            action_manager.events.shortcut_changed.disconnect(self._bind)
            for key in KEYS:
                self._unbind(key)

    def owner(self, key: Key) -> str:
        """Who else has `key`, in words; empty when nobody has."""
        combo = coerce_keybinding(key.combo)
        here = self._viewer.keymap.get(combo)
        if here is not None and here is not self._bound.get(key.name):
            return "a key binding of this viewer"
        if not _is_bound(combo, type(self._viewer)):
            return ""
        for name, combos in get_settings().shortcuts.shortcuts.items():
            if combo in combos:
                return f"“{name.partition(':')[2].replace('_', ' ')}”"
        return "another key binding"

    def _bind(self, event: object = None) -> None:  # noqa: ARG002  # napari's
        """Bind the keys that nobody else has, give back those that somebody took."""
        for key in KEYS:
            if self.owner(key):
                self._unbind(key)
            elif key.name not in self._bound:
                self._bound[key.name] = self._make_press(key)
                self._viewer.bind_key(key.combo, self._bound[key.name])

    def _unbind(self, key: Key) -> None:
        press = self._bound.pop(key.name, None)
        if press is not None and self._viewer.keymap.get(coerce_keybinding(key.combo)) is press:
            self._viewer.bind_key(key.combo, None)

    def _make_press(self, key: Key) -> Callable[[Any], None]:  # Any: the viewer
        def press(viewer: Any) -> None:  # noqa: ARG001  # Any: napari hands the viewer
            if (dock := self.front(key.name)) is not None:
                dock.actions[key.name]()

        press.__name__ = f"fidelity_{key.name}"  # napari looks at names of bound functions
        return press

    def front(self, name: str) -> DockKeys | None:
        """Of the docks with an action `name` the one with the focus, else the one in sight."""
        docks = [dock for dock in self._docks if is_alive(dock) and name in dock.actions]
        focus = QApplication.focusWidget()

        def rank(keys: DockKeys) -> tuple[bool, bool]:
            has_focus = focus is not None and (keys.dock is focus or keys.dock.isAncestorOf(focus))
            return not has_focus, keys.dock.visibleRegion().isEmpty()

        return min(docks, key=rank, default=None)


def _is_bound(combo: KeyBinding, viewer_type: type) -> bool:
    """Whether napari, a layer type or the user's start file binds `combo`."""
    classes = {base for kind in (viewer_type, *LAYER_TYPES) for base in kind.__mro__}
    keymaps = [getattr(kind, "class_keymap", {}) for kind in classes]
    return any(combo in keymap for keymap in (USER_KEYMAP, *keymaps))
