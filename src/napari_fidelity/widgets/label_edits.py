"""Which pixels of a Labels layer were edited, told by napari's events as they happen.

| action | what napari emits | how its box is found |
|---|---|---|
| drag, mid-stroke | `labels_update` | strokes staged for the history since the last event |
| release, fill, polygon, `data_setitem` | `paint` | the atoms that the event carries |
| undo, redo, also while hidden | `set_data` at most | items that changed place in the history |
| aborted stroke | `set_data` | strokes that were staged and never committed |
| `data[...] =` and `refresh()` | `set_data` | unknown: `suspected`, a comparison is due |
| `layer.data =` | `data` | `suspected`; another shape or type: `replaced` |
| slice, axes, contour, colours, frame | `set_data` | none: the layer looks otherwise than before |

A `paint` event comes before the pixels change, so read them after the event, not in it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from napari.layers import Labels
from qtpy.QtCore import QObject, Signal

from napari_fidelity.widgets.block_sums import Box
from napari_fidelity.widgets.jobs import is_alive

Atom = Any  # Any: napari's private record of one change
# Each of them makes a visible layer emit `set_data` once, and changes no label.
LOOKS = ("contour", "show_selected_label", "projection_mode")
FRAME = ("scale", "translate", "rotate", "shear", "affine")


class LabelEdits(QObject):
    """Tells of edits of `layer` until `stop`, all on the main thread.

    Parameters
    ----------
    layer : Labels
        Its data is a numpy array.
    parent : QObject, optional
        Dies with it.

    Attributes
    ----------
    edited : Signal
        `(index, start, stop)`: the plane and the box in it, in pixels, Y and X.
    committed : Signal
        A stroke, a fill, an undo has ended.
    suspected : Signal
        Something may have changed somewhere: the whole array is to be compared.
    replaced : Signal
        The data is of another shape or type now; no more is told.
    """

    edited = Signal(object, object, object)
    committed = Signal()
    suspected = Signal()
    replaced = Signal()

    def __init__(self, layer: Labels, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.layer = layer
        self._data = layer.data
        self._look = _look_of(layer)
        self._was_visible = layer.visible
        self._history = _history_of(layer)
        self._stroke: list[Atom] = []
        self._told = 0
        self._connections = [
            (layer.events.labels_update, self._on_labels_update),
            (layer.events.paint, self._on_paint),
            (layer.events.set_data, self._on_set_data),
            (layer.events.data, self._on_data),
            (layer.events.visible, self._on_visible),
        ]
        for emitter, callback in self._connections:
            emitter.connect(callback)

    def stop(self) -> None:
        """Let go of the layer."""
        for emitter, callback in self._connections:
            emitter.disconnect(callback)
        self._connections = []

    def is_painting(self) -> bool:
        """Whether a stroke has begun and not ended."""
        return bool(_staged_of(self.layer))

    def _is_heard(self) -> bool:
        return is_alive(self) and bool(self._connections)

    # ── napari's events ──────────────────────────────────────────────────────────────────

    def _on_labels_update(self, event: Any) -> None:  # Any: napari's event
        if not self._is_heard():
            return
        staged = _staged_of(self.layer)
        if staged is None:  # this napari keeps no strokes there: all that is known is what shows
            self._tell_shown(event)
            return
        self._tell_new_strokes(staged)

    def _on_paint(self, event: Any) -> None:  # Any: as above
        if not self._is_heard():
            return
        told = self._told if event.value is self._stroke else 0
        self._tell_atoms(list(event.value)[told:])
        self._stroke, self._told = [], 0
        self._tell_history(except_for=event.value)
        self.committed.emit()

    def _on_set_data(self, event: object = None) -> None:  # noqa: ARG002  # napari's
        if not self._is_heard() or self.layer.data is not self._data:
            return  # a `data` event follows
        look, visible = _look_of(self.layer), self.layer.visible
        looked, shown = look != self._look, visible and not self._was_visible
        self._look, self._was_visible = look, visible
        known = self._tell_history() | self._tell_aborted()
        if known:
            self.committed.emit()
        if shown or not (known or looked):  # edits of a hidden layer are told by no event
            self.suspected.emit()

    def _on_data(self, event: object = None) -> None:  # noqa: ARG002  # napari's
        if not self._is_heard():
            return
        before, now = self._data, self.layer.data
        self._data = now
        self._look = _look_of(self.layer)
        same = isinstance(now, np.ndarray) and (now.shape, now.dtype) == (
            before.shape,
            before.dtype,
        )
        if same:
            self.suspected.emit()
            return
        self.stop()
        self.replaced.emit()

    def _on_visible(self, event: object = None) -> None:  # noqa: ARG002  # napari's
        self._was_visible = self.layer.visible

    # ── boxes ────────────────────────────────────────────────────────────────────────────

    def _tell_new_strokes(self, staged: list[Atom]) -> None:
        if staged is not self._stroke:
            self._stroke, self._told = staged, 0
        self._tell_atoms(staged[self._told :])
        self._told = len(staged)

    def _tell_aborted(self) -> bool:
        """The strokes that were staged and are taken back; napari commits or forgets a list."""
        staged, stroke = _staged_of(self.layer), self._stroke
        if not stroke or staged is stroke:
            return False
        self._stroke, self._told = [], 0
        self._tell_atoms(stroke)
        return True

    def _tell_history(self, except_for: list[Atom] | None = None) -> bool:
        before, self._history = self._history, _history_of(self.layer)
        moved = [item for item in _moved_items(before, self._history) if item is not except_for]
        self._tell_atoms(atom for item in moved for atom in item)
        return bool(moved)

    def _tell_atoms(self, atoms: Iterable[Atom]) -> None:
        for atom in atoms:
            for box in boxes_of_atom(atom, self.layer.data.shape):
                self.edited.emit(*box)

    def _tell_shown(self, event: Any) -> None:  # Any: napari's event
        """The box on the plane that is shown, from where its colours were put."""
        displayed = list(self.layer._slice_input.displayed)
        point = np.round(self.layer.world_to_data(self.layer._slice_input.world_slice.point))
        key = [slice(int(at), int(at) + 1) for at in point]
        for axis, start, size in zip(displayed, event.offset, event.data.shape, strict=False):
            key[axis] = slice(int(start), int(start) + int(size))
        for box in boxes_of_key(key, self.layer.data.shape):
            self.edited.emit(*box)


def boxes_of_atom(atom: Atom, shape: Sequence[int]) -> Iterator[Box]:
    """Boxes of the pixels that one record of napari's history changes.

    Parameters
    ----------
    atom
        What painting and filling record, an object with the box in `slice_key`; or what
        `data_setitem` records, a tuple of indices, old values, new values.
    shape : sequence of int
        Of the labels.
    """
    key = getattr(atom, "slice_key", None)
    if key is None:
        indices = [np.atleast_1d(np.asarray(axis)) for axis in atom[0]]
        if any(axis.size == 0 for axis in indices):
            return
        key = [slice(int(axis.min()), int(axis.max()) + 1) for axis in indices]
    yield from boxes_of_key(key, shape)


def boxes_of_key(key: Sequence[slice], shape: Sequence[int]) -> Iterator[Box]:
    """One box for each plane that a tuple of slices reaches, clipped to `shape`.

    Examples
    --------
    >>> list(boxes_of_key((slice(0, 2), slice(3, 9), slice(0, 4)), (5, 8, 8)))
    [((0,), (3, 0), (8, 4)), ((1,), (3, 0), (8, 4))]
    """
    spans = [piece.indices(int(size))[:2] for piece, size in zip(key, shape, strict=True)]
    if any(start >= stop for start, stop in spans):
        return
    (top, bottom), (left, right) = spans[-2:]
    for index in itertools.product(*(range(start, stop) for start, stop in spans[:-2])):
        yield index, (top, left), (bottom, right)


@dataclass(frozen=True)
class _History:
    """What could be undone; the atoms are napari's own, so holding them costs nothing."""

    top: list[Atom] | None
    done: dict[int, list[Atom]]
    limit: int | None


def _history_of(layer: Labels) -> _History:
    """The layer's items that can be undone; napari tells them to nobody, so they are read.

    Undo and redo make new lists of the same atoms, in reverse order: an item is named by the
    atoms at its ends, whichever is first.
    """
    stack = getattr(layer, "_undo_history", ())
    done = {min(id(item[0]), id(item[-1])): item for item in stack if item}
    return _History(stack[-1] if stack else None, done, getattr(stack, "maxlen", None))


def _moved_items(before: _History, now: _History) -> Iterator[list[Atom]]:
    """Items that were done and are not, or the other way round."""
    if before.top is now.top and len(before.done) == len(now.done):
        return
    yield from (item for key, item in now.done.items() if key not in before.done)
    keys = list(before.done)
    if len(now.done) == now.limit:  # napari forgets the oldest items: those are still done
        keys = keys[next((place for place, key in enumerate(keys) if key in now.done), 0) :]
    yield from (before.done[key] for key in keys if key not in now.done)


def _staged_of(layer: Labels) -> list[Atom] | None:
    """The strokes of a drag that is not over; None where napari keeps none."""
    staged = getattr(layer, "_staged_history", None)
    return staged if isinstance(staged, list) else None


def _look_of(layer: Labels) -> tuple[object, ...]:
    """What decides how the layer is shown, apart from its labels."""
    selected = layer.selected_label if layer.show_selected_label else None
    looks = tuple(getattr(layer, name) for name in LOOKS)
    frame = tuple(np.asarray(getattr(layer, name)).tobytes() for name in FRAME)
    units = tuple(str(unit) for unit in layer.units)
    return (*looks, selected, id(layer.colormap), frame, units, _slice_of(layer))


def _slice_of(layer: Labels) -> tuple[object, ...]:
    """Where a stack is cut and how its axes are turned, as napari last sliced the layer."""
    seen = getattr(layer, "_slice_input", None)
    world = getattr(seen, "world_slice", None)
    cuts = (tuple(getattr(world, name, ())) for name in ("point", "margin_left", "margin_right"))
    return (getattr(seen, "ndisplay", 2), getattr(seen, "order", ()), *cuts)
