"""How one image is cut up for certain networks: tiles, halo, and where statistics come from."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor

from napari_fidelity.inference.combination import Combination
from napari_fidelity.inference.image_run import ImageRun, compare_with_whole
from napari_fidelity.inference.layout import Layout
from napari_fidelity.inference.lazy_arrays import Index
from napari_fidelity.inference.members import Region, Statistics
from napari_fidelity.tiling import Tile, align_up, plan_tiles

PROBE_MARGIN_PX = 64
LARGEST_PROBE = {2: 1024**2, 3: 128**3}  # pixels
# Side of the part that approximate statistics are of: the most that is run at once, and the
# least that says anything about the whole.
LARGEST_PART = {2: 2048, 3: 192}
SMALLEST_PART = {2: 128, 3: 32}


@dataclass(frozen=True)
class PredictionPlan:
    """Tiles of every plane or volume of an image.

    Attributes
    ----------
    layout : Layout
    statistics : str
        Where those of instance norms come from, "local" where there are none.
    tile_px, halo_px, multiple : int
        Largest side of a tile, what it reads beyond, and the grid that it sits on.
    """

    layout: Layout
    statistics: Statistics
    tile_px: int
    halo_px: int
    multiple: int

    @property
    def padded(self) -> tuple[int, ...]:
        """Shape of a plane or volume, rounded up to the size multiple."""
        return tuple(align_up(size, self.multiple) for size in self.layout.spatial)

    @property
    def tiles(self) -> list[Tile]:
        """What is written, one plane or volume."""
        return self._cut(self.layout.spatial)

    def _cut(self, shape: Sequence[int]) -> list[Tile]:
        if self.statistics == "whole":
            return plan_tiles(
                shape, tile_px=self.padded, halo_px=0, multiple=self.multiple, inside=True
            )
        return plan_tiles(
            shape,
            tile_px=self.tile_px,
            halo_px=self.halo_px,
            multiple=self.multiple,
            inside=True,
        )

    def find_region(
        self, run: ImageRun, index: Index, largest_pixels: float, poll: Callable[[], None]
    ) -> Region:
        """Where the statistics of the plane at `index` are taken: all of it, or its middle."""

        def read(tile: Tile) -> Tensor:
            return run.read(index, tile)[0]

        if self.statistics == "exact":
            return Region(self._cut(self.padded), read, poll)
        dims = self.layout.spatial_dims
        side = min(int(largest_pixels ** (1 / dims)), LARGEST_PART[dims])
        side = max(side, SMALLEST_PART[dims])
        return Region([self._middle(side)], read, poll)

    def probe(
        self, run: ImageRun, runner: Combination, index: Index, poll: Callable[[], None]
    ) -> float | None:
        """The difference between tiles and whole on a part of the plane at `index`.

        Returns
        -------
        float or None
            See `compare_with_whole`. None: planes are run whole, or a part that is wider than
            what one pixel sees would be too large to run at once.
        """
        if len(self.tiles) == 1:
            return None
        part = self._middle(2 * self.halo_px + PROBE_MARGIN_PX)
        shape = [stop - start for start, stop in zip(part.start, part.stop, strict=True)]
        if math.prod(shape) > LARGEST_PROBE[self.layout.spatial_dims]:
            return None
        tiles = plan_tiles(
            shape,
            tile_px=[align_up(-(-size // 2), self.multiple) for size in shape],
            halo_px=self.halo_px,
            multiple=self.multiple,
            inside=True,
        )
        return compare_with_whole(runner, run.read(index, part)[0], tiles, poll)

    def _middle(self, side: int) -> Tile:
        """A box in the middle of a plane, some `side` wide, that sits on the grid."""
        start, stop = [], []
        for size in self.padded:
            length = min(align_up(side, self.multiple), size)
            first = (size - length) // 2 // self.multiple * self.multiple
            start.append(first)
            stop.append(first + length)
        return Tile(tuple(start), tuple(stop), tuple(start), tuple(stop))
