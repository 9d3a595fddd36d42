"""Which parts of a result no longer fit its mask, handed out piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST_BOXES = 32

Index = tuple[int, ...]
Corner = tuple[int, int]


@dataclass(frozen=True)
class _Box:
    """Half-open rectangle of one plane, (Y, X)."""

    start: Corner
    stop: Corner

    @property
    def shape(self) -> Corner:
        return self.stop[0] - self.start[0], self.stop[1] - self.start[1]

    def is_empty(self) -> bool:
        return min(self.shape) <= 0

    def join(self, other: _Box) -> _Box:
        """The smallest box around both."""
        return _Box(
            (min(self.start[0], other.start[0]), min(self.start[1], other.start[1])),
            (max(self.stop[0], other.stop[0]), max(self.stop[1], other.stop[1])),
        )

    def distance(self, point: tuple[float, float]) -> float:
        """Square of the distance from `point` to the box, 0 inside."""
        gaps = (
            max(low - at, 0.0, at - high)
            for low, at, high in zip(self.start, point, self.stop, strict=True)
        )
        return sum(gap**2 for gap in gaps)

    def halve(self, axis: int, at: int) -> tuple[_Box, _Box]:
        """The parts before and from index `at` of `axis`."""
        (y, x), (last_y, last_x) = self.start, self.stop
        if axis == 0:
            return _Box((y, x), (at, last_x)), _Box((at, x), (last_y, last_x))
        return _Box((y, x), (last_y, at)), _Box((y, at), (last_y, last_x))

    def without(self, done: _Box) -> _Box:
        """The smallest box around what `done` leaves of this one; may be empty."""
        start, stop = list(self.start), list(self.stop)
        for axis in (0, 1):
            across = 1 - axis
            if not (
                done.start[across] <= self.start[across] and self.stop[across] <= done.stop[across]
            ):
                continue
            if done.start[axis] <= start[axis]:
                start[axis] = max(start[axis], min(done.stop[axis], stop[axis]))
            if done.stop[axis] >= stop[axis]:
                stop[axis] = min(stop[axis], max(done.start[axis], start[axis]))
        return _Box((start[0], start[1]), (stop[0], stop[1]))


class DirtyRegion:
    """Boxes that wait to be computed again; the ones nearest to the last change come first.

    Boxes are joined where computing one large box is cheaper than several that overlap, so a
    stroke of many steps stays a few boxes. A piece that was handed out is forgotten: what is
    added later is dirty again, also where a piece is still being computed. Everything that was
    added is handed out; pixels between joined boxes may be handed out with them.

    Parameters
    ----------
    plane_shape : (int, int)
        Y and X of the canvas, to which boxes are clipped.
    piece_px : int
        Largest side of a piece.
    margin_px : int
        What computing a piece reads on each side beyond it: the price of a further box.

    Examples
    --------
    >>> region = DirtyRegion((100, 100), piece_px=64)
    >>> region.add((), (-5, 10), (20, 30))
    >>> region.add((), (10, 10), (25, 30))
    >>> region.pop()
    ((), (0, 10), (25, 30))
    >>> region.pop() is None
    True
    """

    def __init__(self, plane_shape: tuple[int, int], *, piece_px: int, margin_px: int = 0) -> None:
        if piece_px < 1:
            raise ValueError(f"a piece of {piece_px} px holds no pixel")
        self._plane = _Box((0, 0), plane_shape)
        self._piece_px, self._margin_px = piece_px, margin_px
        self._boxes: dict[Index, list[_Box]] = {}
        self._last: Index = ()
        self._point = (0.0, 0.0)

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self._boxes)

    def add(self, index: Sequence[int], start: Sequence[int], stop: Sequence[int]) -> None:
        """Mark a half-open box (Y, X) of the plane at `index` as dirty."""
        (top, left), (bottom, right) = self._plane.start, self._plane.stop
        box = _Box(
            (max(start[0], top), max(start[1], left)), (min(stop[0], bottom), min(stop[1], right))
        )
        if box.is_empty():
            return
        self._last = tuple(index)
        self._point = (box.start[0] + box.stop[0]) / 2, (box.start[1] + box.stop[1]) / 2
        boxes = self._boxes.pop(self._last, [])
        self._boxes[self._last] = boxes  # the plane of the last change is the last key
        self._insert(boxes, box)

    def pop(self) -> tuple[Index, Corner, Corner] | None:
        """The next piece as (index, start, stop), or None when nothing waits.

        The plane changed last comes first, in it the piece nearest to the middle of the last
        box that was added.
        """
        if not self._boxes:
            return None
        index = self._last if self._last in self._boxes else next(reversed(self._boxes))
        boxes = self._boxes[index]
        nearest = min(range(len(boxes)), key=lambda n: boxes[n].distance(self._point))
        piece = self._cut_piece(boxes, boxes.pop(nearest))
        left = [rest for box in boxes if not (rest := box.without(piece)).is_empty()]
        if left:
            self._boxes[index] = left
        else:
            del self._boxes[index]
        return index, piece.start, piece.stop

    def clear(self) -> None:
        """Forget everything."""
        self._boxes.clear()

    def _cost(self, box: _Box) -> int:
        """Pixels that are read to compute a box."""
        height, width = box.shape
        return (height + 2 * self._margin_px) * (width + 2 * self._margin_px)

    def _insert(self, boxes: list[_Box], box: _Box) -> None:
        """Put `box` among `boxes`, joined with all those with which that is cheaper."""
        while True:
            extra = [
                self._cost(box.join(other)) - self._cost(box) - self._cost(other) for other in boxes
            ]
            best = min(range(len(boxes)), key=extra.__getitem__, default=None)
            if best is None or (extra[best] > 0 and len(boxes) < MOST_BOXES):
                break
            box = box.join(boxes.pop(best))
        boxes.append(box)

    def _cut_piece(self, boxes: list[_Box], box: _Box) -> _Box:
        """The part of `box` nearest to the last change; the other parts go to `boxes`."""
        while max(box.shape) > self._piece_px:
            axis = 0 if box.shape[0] >= box.shape[1] else 1
            pieces = -(-box.shape[axis] // self._piece_px)
            at = box.start[axis] + (pieces + 1) // 2 * self._piece_px
            halves = sorted(box.halve(axis, at), key=lambda half: half.distance(self._point))
            box = halves[0]
            boxes.append(halves[1])
        return box
