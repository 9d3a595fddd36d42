"""Several viewers that look at the same place and the same slice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Layer

from napari_fidelity.widgets.view_region import Box, shown_extent

MIN_OVERLAP = 0.05  # of the smallest one: below it images are not looked at in one world


class CameraLink:
    """Moves the cameras of `viewers` together, in the world or each in its own image.

    Parameters
    ----------
    viewers : sequence of ViewerModel
        With one canvas size each.
    boxes : sequence of Box, optional
        Where each viewer's image lies: then every camera looks at the same share of its image.
        Without, all look at the same place in the world.
    """

    def __init__(self, viewers: Sequence[ViewerModel], boxes: Sequence[Box] = ()) -> None:
        self._viewers, self._boxes = list(viewers), list(boxes)
        self.is_on, self._is_moving = True, False
        self._connections: list[tuple[Any, Callable[..., None]]] = []  # Any: napari's emitters
        for number, viewer in enumerate(self._viewers):
            for name in ("center", "zoom", "angles"):
                self._connect(viewer, number, name)

    def _connect(self, viewer: ViewerModel, number: int, name: str) -> None:
        def follow(event: object = None) -> None:  # noqa: ARG001  # napari's
            self.follow(number)

        emitter = getattr(viewer.scene.camera.events, name)
        emitter.connect(follow)
        self._connections.append((emitter, follow))

    def follow(self, leader: int) -> None:
        """Let every other camera look where that of viewer number `leader` does."""
        if self._is_moving or not self.is_on:
            return
        camera = self._viewers[leader].scene.camera
        with self._moving():
            for number, viewer in enumerate(self._viewers):
                if number != leader:
                    center, zoom = self._place(leader, number)
                    viewer.scene.camera.center = center
                    viewer.scene.camera.zoom = zoom
                    viewer.scene.camera.angles = camera.angles

    def _place(self, leader: int, number: int) -> tuple[tuple[float, ...], float]:
        camera = self._viewers[leader].scene.camera
        if not self._boxes:
            return tuple(camera.center), float(camera.zoom)
        here, there = np.asarray(self._boxes[leader]), np.asarray(self._boxes[number])
        sizes = np.maximum(here[1] - here[0], 1e-12), np.maximum(there[1] - there[0], 1e-12)
        share = (np.asarray(camera.center[-2:]) - here[0]) / sizes[0]
        middle = there[0] + share * sizes[1]
        factor = float(np.sqrt(np.prod(sizes[0] / sizes[1])))
        center = (*camera.center[:-2], float(middle[0]), float(middle[1]))
        return center, float(camera.zoom) * factor

    def close(self) -> None:
        """Let every camera go its own way."""
        for emitter, callback in self._connections:
            emitter.disconnect(callback)
        self._connections = []

    @contextmanager
    def _moving(self) -> Iterator[None]:
        self._is_moving = True
        try:
            yield
        finally:
            self._is_moving = False


class SliceLink:
    """Shows the same slice in `viewers`: sliders, 2-D or 3-D, order of axes.

    Axes are counted from the last one; a viewer with fewer axes follows those that it has.

    Parameters
    ----------
    viewers : sequence of ViewerModel
        The first one is taken over by the others at once.
    """

    def __init__(self, viewers: Sequence[ViewerModel]) -> None:
        self._viewers = list(viewers)
        self.is_on, self._is_moving = True, False
        self._connections: list[tuple[Any, Callable[..., None]]] = []  # Any: napari's emitters
        for number, viewer in enumerate(self._viewers):
            for name in ("point", "ndisplay", "order"):
                self._connect(viewer, number, name)
        self.follow(0)

    def _connect(self, viewer: ViewerModel, number: int, name: str) -> None:
        def follow(event: object = None) -> None:  # noqa: ARG001  # napari's
            self.follow(number)

        emitter = getattr(viewer.dims.events, name)
        emitter.connect(follow)
        self._connections.append((emitter, follow))

    def follow(self, leader: int) -> None:
        """Let every other viewer show the slice of viewer number `leader`."""
        if self._is_moving or not self.is_on:
            return
        self._is_moving = True
        try:
            for number, viewer in enumerate(self._viewers):
                if number != leader:
                    _copy_slice(self._viewers[leader], viewer)
        finally:
            self._is_moving = False

    def close(self) -> None:
        """Let every viewer show its own slice."""
        for emitter, callback in self._connections:
            emitter.disconnect(callback)
        self._connections = []


def _copy_slice(source: ViewerModel, target: ViewerModel) -> None:
    ndim = min(source.dims.ndim, target.dims.ndim)
    if source.dims.ndim == target.dims.ndim and source.dims.order != target.dims.order:
        target.dims.order = source.dims.order
    if target.dims.ndisplay != source.dims.ndisplay:
        target.dims.ndisplay = source.dims.ndisplay
    points = tuple(source.dims.point[-ndim:])
    if tuple(target.dims.point[-ndim:]) != points:
        target.dims.set_point(tuple(range(target.dims.ndim - ndim, target.dims.ndim)), points)


def are_in_one_world(viewer: ViewerModel, layers: Sequence[Layer]) -> bool:
    """Whether `layers` share units and lie on each other: else a place means nothing to some."""
    boxes = [box for layer in layers if (box := shown_extent(viewer, layer)) is not None]
    units = {tuple(str(unit) for unit in layer.units[-2:]) for layer in layers}
    return len(units) < 2 and overlap_share(boxes) >= MIN_OVERLAP


def overlap_share(boxes: Sequence[Box]) -> float:
    """Area that all boxes share, as a part of the smallest one's; 1 for one box or none.

    Examples
    --------
    >>> overlap_share([((0, 0), (2, 2)), ((1, 1), (3, 3))])
    0.25
    >>> overlap_share([((0, 0), (2, 2)), ((5, 5), (8, 8))])
    0.0
    """
    if len(boxes) < 2:
        return 1.0
    corners = np.asarray(boxes, float)
    sides = np.minimum.reduce(corners[:, 1]) - np.maximum.reduce(corners[:, 0])
    areas = np.prod(corners[:, 1] - corners[:, 0], axis=1)
    return float(np.prod(np.maximum(sides, 0.0)) / max(areas.min(), 1e-300))
