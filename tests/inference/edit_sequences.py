"""Random edits of label arrays, as painting makes them, and their replay on a live result."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from napari_fidelity.inference.dirty_region import DirtyRegion

PIECE_PX = 48


def draw_discs(shape, seed=0, count=10):
    """Labels of `shape` with discs that touch and overlap."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(shape, np.int32)
    rows, columns = np.ogrid[: shape[-2], : shape[-1]]
    for index in np.ndindex(shape[:-2]):
        for number in range(1, count + 1):
            y, x = rng.integers(0, shape[-2]), rng.integers(0, shape[-1])
            inside = (rows - y) ** 2 + (columns - x) ** 2 < rng.integers(3, 14) ** 2
            labels[index][inside] = number
    return labels


edits = st.lists(
    st.tuples(
        st.sampled_from(["paint", "erase", "relabel", "undo", "replace", "compute"]),
        st.floats(0, 1),  # the plane
        st.floats(0, 1),  # Y and X of the brush
        st.floats(0, 1),
        st.integers(1, 12),  # its radius
        st.integers(1, 12),  # the label
    ),
    min_size=1,
    max_size=12,
)


class LivePainting:
    """A label array under edits, and the result that follows them piece by piece."""

    def __init__(self, live, labels, result):
        self.live, self.labels, self.result = live, labels.copy(), result.copy()
        self.region = DirtyRegion(labels.shape[-2:], piece_px=PIECE_PX, margin_px=live.reach_px)
        self.before = [labels.copy()]

    def apply(self, edit):
        kind, plane, y, x, radius, label = edit
        *leading, height, width = self.labels.shape
        index = tuple(min(int(plane * size), size - 1) for size in leading)
        rows, columns = np.ogrid[:height, :width]
        brush = (rows - y * height) ** 2 + (columns - x * width) ** 2 <= radius**2
        edited = self.labels.copy()
        if kind in ("paint", "erase"):
            edited[index][brush] = label if kind == "paint" else 0
        elif kind == "relabel":  # a bucket fill: all pixels of one label, in every plane
            at = (*index, int(y * (height - 1)), int(x * (width - 1)))
            edited[edited == edited[at]] = label
        elif kind == "replace":
            edited = draw_discs(edited.shape, seed=label)
        elif kind == "undo" and len(self.before) > 1:
            self.before.pop()
            edited = self.before[-1].copy()
        else:
            self.compute_piece()
        self.take(edited)
        if kind != "undo":
            self.before.append(edited.copy())

    def take(self, edited):
        """Make `edited` the labels and mark what changed, dilated by the reach."""
        for index in np.ndindex(edited.shape[:-2]):
            places = np.argwhere(edited[index] != self.labels[index])
            if len(places):
                reach = self.live.reach_px
                self.region.add(index, places.min(0) - reach, places.max(0) + 1 + reach)
        self.labels = edited

    def compute_piece(self):
        piece = self.region.pop()
        if piece is None:
            return False
        index, start, stop = piece
        low, high = self.live.read_box(start, stop)
        crop = self.labels[index][low[0] : high[0], low[1] : high[1]].copy()
        box = (slice(start[0], stop[0]), slice(start[1], stop[1]))
        self.result[(*index, *box)] = self.live.render(index, start, stop, crop)
        return True

    def finish(self):
        while self.compute_piece():
            pass
