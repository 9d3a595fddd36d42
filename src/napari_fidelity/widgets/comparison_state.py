"""What a comparison changes in a viewer, so that ending it leaves the viewer as it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from napari.components import ViewerModel


@dataclass
class _Lent:
    """One attribute: what it was, and what we made of it."""

    owner: object
    target: Any  # Any: napari's models and layers
    name: str
    before: Any  # Any: their values
    ours: Any  # Any: the same
    is_ours_for_good: bool


class ComparisonState:
    """Sets attributes of a viewer and its layers for a while, and gives them back.

    What a person changes meanwhile stays: an attribute is given back only while it still has the
    value that was set here, unless it was lent for good. The order of layers, the selection and
    all data are never touched, so they need not be given back.

    Examples
    --------
    >>> from napari.components import ViewerModel
    >>> viewer, state = ViewerModel(), ComparisonState()
    >>> state.set(viewer.canvas.grid, "enabled", True)
    >>> state.set(viewer.canvas.grid, "stride", 2)
    >>> viewer.canvas.grid.stride = 3  # by a person
    >>> state.give_back()
    >>> viewer.canvas.grid.enabled, viewer.canvas.grid.stride
    (False, 3)
    """

    def __init__(self) -> None:
        self._lent: dict[tuple[int, str], _Lent] = {}

    def set(
        self, target: Any, name: str, value: Any, *, owner: object = None, for_good: bool = False
    ) -> None:
        """Let attribute `name` of `target` be `value` until it is given back.

        Parameters
        ----------
        target : object
            A layer, an overlay, the grid.
        name : str
            The attribute.
        value : object
            Its value from now on.
        owner : object, optional
            What it belongs to, for `give_back`: the layer of an overlay. Default: `target`.
        for_good : bool
            Give it back even when somebody changed it meanwhile.
        """
        key = (id(target), name)
        now = _copy(getattr(target, name))
        if key not in self._lent:
            self._lent[key] = _Lent(owner or target, target, name, now, now, for_good)
        lent = self._lent[key]
        if not _equal(now, value):
            setattr(target, name, value)
        lent.ours = _copy(getattr(target, name))

    def before(self, target: Any, name: str) -> Any:
        """What attribute `name` of `target` was before, or is when it was not set here."""
        lent = self._lent.get((id(target), name))
        return getattr(target, name) if lent is None else lent.before

    def give_back(self, owner: object = None) -> None:
        """Let everything, or what belongs to `owner`, be as it was; the last change goes first."""
        for key, lent in reversed(list(self._lent.items())):
            if owner is not None and lent.owner is not owner:
                continue
            del self._lent[key]
            now = getattr(lent.target, lent.name)
            if _equal(now, lent.before):
                continue
            if lent.is_ours_for_good or _equal(now, lent.ours):
                setattr(lent.target, lent.name, lent.before)


@dataclass(frozen=True)
class CameraPlace:
    """Where a camera looks.

    Parameters
    ----------
    center : tuple of float
        The point in the middle of the canvas, in world coordinates.
    zoom : float
        Canvas pixels for one unit of the world.
    """

    center: tuple[float, ...]
    zoom: float

    def enlarged(self, factor: float) -> CameraPlace:
        """The same place, drawn so much larger."""
        return CameraPlace(self.center, self.zoom * factor)


class CameraLoan:
    """Moves a viewer's camera for a while; whoever moved it meanwhile stays where they are.

    Parameters
    ----------
    viewer : ViewerModel
        Whose camera.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._camera = viewer.scene.camera
        self._before: CameraPlace | None = None
        self._ours: CameraPlace | None = None

    def now(self) -> CameraPlace:
        """Where it looks now."""
        return CameraPlace(tuple(self._camera.center), float(self._camera.zoom))

    def before(self) -> CameraPlace:
        """Where it looked before the loan; a move since then is followed."""
        now = self.now()
        if self._before is None or self._ours is None:
            return now
        if _is_there(now, self._ours):
            return self._before
        return now.enlarged(self._before.zoom / self._ours.zoom)

    def is_ours(self) -> bool:
        """Whether it still looks where `move` told it to."""
        return self._ours is not None and _is_there(self.now(), self._ours)

    def move(self, place: CameraPlace) -> None:
        """Look at `place`; where it looked before is kept in mind."""
        before = self.before()
        self._go(place)
        self._before, self._ours = before, self.now()

    def give_back(self) -> None:
        """Look again where it looked before, or at the place somebody moved to, as large."""
        if self._before is not None:
            place, self._before = self.before(), None
            self._ours = None
            self._go(place)

    def _go(self, place: CameraPlace) -> None:
        depth = tuple(self._camera.center)[:-2]  # napari's, when a person goes to 3-D and back
        self._camera.center = (*depth, *place.center[-2:])
        self._camera.zoom = place.zoom


def _is_there(place: CameraPlace, other: CameraPlace) -> bool:
    reach = 1.0 / max(abs(other.zoom), 1e-12)  # one pixel of the canvas
    same_center = np.allclose(place.center[-2:], other.center[-2:], rtol=0, atol=reach)
    return bool(same_center and np.isclose(place.zoom, other.zoom, rtol=1e-3))


def _copy(value: Any) -> Any:  # Any: as above
    return value.copy() if isinstance(value, (np.ndarray, list)) else value


def _equal(first: Any, second: Any) -> bool:  # Any: as above
    if isinstance(first, (np.ndarray, list, tuple)) or isinstance(second, (np.ndarray, list)):
        if first is None or second is None:
            return False
        return np.shape(first) == np.shape(second) and bool(np.all(np.equal(first, second)))
    return bool(first == second)
