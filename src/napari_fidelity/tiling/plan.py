"""Tiles that cover a plane or a volume without overlap, each with the halo its network sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from napari_fidelity.core.errors import UserError


@dataclass(frozen=True)
class Tile:
    """One tile: the half-open box that it writes and the larger box that it reads.

    All four have an entry an axis, (Y, X) or (Z, Y, X), in pixels of the plane or volume; the
    read box may reach past its borders, and its start is a multiple of the plan's `multiple`
    away from index 0 of the *source*.
    """

    start: tuple[int, ...]
    stop: tuple[int, ...]
    read_start: tuple[int, ...]
    read_stop: tuple[int, ...]

    @property
    def inner(self) -> tuple[slice, ...]:
        """Where the written box lies in the read one."""
        return tuple(
            slice(start - first, stop - first)
            for start, stop, first in zip(self.start, self.stop, self.read_start, strict=True)
        )

    @property
    def inner_box(self) -> tuple[tuple[int, int], ...]:
        """The same as (start, stop) of each axis."""
        return tuple((part.start, part.stop) for part in self.inner)

    @property
    def written(self) -> tuple[slice, ...]:
        """Where the written box lies in the plane or volume."""
        return tuple(slice(*side) for side in zip(self.start, self.stop, strict=True))


def align_up(value: int, multiple: int) -> int:
    """The smallest multiple of `multiple` that is not less than `value`."""
    return -(-value // multiple) * multiple


def plan_tiles(
    shape: Sequence[int],
    *,
    tile_px: int | Sequence[int],
    halo_px: int,
    multiple: int = 1,
    origin: Sequence[int] | None = None,
    inside: bool = False,
) -> list[Tile]:
    """Tiles in reading order that together write every pixel of a plane or volume once.

    Parameters
    ----------
    shape : sequence of int
        Y and X of the plane, or Z, Y and X of the volume.
    tile_px : int or sequence of int
        Largest side of a tile, for all axes or each; rounded up to `multiple`.
    halo_px : int
        What a tile reads beyond what it writes, on each side, at least.
    multiple : int
        The network's size multiple: read boxes start and end on it, counted in the source.
    origin : sequence of int, optional
        Index of the first pixel in its source. Default: zeros.
    inside : bool
        Read boxes end where the plane, rounded out to `multiple`, does: a network then meets
        the same borders as if it ran on the whole, at the price of a smaller halo there.

    Raises
    ------
    UserError
        The tile is smaller than one pixel.

    Examples
    --------
    >>> [tile.start for tile in plan_tiles((4, 6), tile_px=4, halo_px=1)]
    [(0, 0), (0, 4)]
    >>> plan_tiles((4, 6), tile_px=4, halo_px=1, multiple=2, inside=True)[1].read_start
    (0, 2)
    """
    origin = (0,) * len(shape) if origin is None else origin
    sides = (tile_px,) * len(shape) if isinstance(tile_px, int) else tile_px
    if min(sides) < 1:
        raise UserError(f"A tile of {min(sides)} px cannot hold a pixel: choose 64 px or more.")
    axes = [
        _plan_axis(size, align_up(side, multiple), halo_px, multiple, first, inside)
        for size, side, first in zip(shape, sides, origin, strict=True)
    ]
    tiles = []
    for box in product(*axes):
        start, stop, read_start, read_stop = zip(*box, strict=True)
        tiles.append(Tile(start, stop, read_start, read_stop))
    return tiles


def _plan_axis(
    size: int, step: int, halo: int, multiple: int, origin: int, inside: bool
) -> list[tuple[int, int, int, int]]:
    """(start, stop, read_start, read_stop) of every tile along one axis."""
    first = origin // multiple * multiple - origin
    last = align_up(origin + size, multiple) - origin
    sides = []
    for start in range(0, size, step):
        stop = min(start + step, size)
        read_start = (start + origin - halo) // multiple * multiple - origin
        read_stop = align_up(stop + origin + halo, multiple) - origin
        if inside:
            read_start, read_stop = max(read_start, first), min(read_stop, last)
        sides.append((start, stop, read_start, read_stop))
    return sides
