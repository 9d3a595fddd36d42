"""Tiles that cover a plane without overlap, each with the halo that its network must see."""

from __future__ import annotations

from dataclasses import dataclass

from napari_fidelity.core.errors import UserError


@dataclass(frozen=True)
class Tile:
    """One tile: the half-open box that it writes and the larger box that it reads.

    All four are (Y, X) in pixels of the plane; the read box may reach past its borders, and
    its start is a multiple of the plan's `multiple` away from index 0 of the *source*.
    """

    start: tuple[int, int]
    stop: tuple[int, int]
    read_start: tuple[int, int]
    read_stop: tuple[int, int]

    @property
    def inner(self) -> tuple[slice, slice]:
        """Where the written box lies in the read one."""
        y, x = (
            slice(start - first, stop - first)
            for start, stop, first in zip(self.start, self.stop, self.read_start, strict=True)
        )
        return y, x


def align_up(value: int, multiple: int) -> int:
    """The smallest multiple of `multiple` that is not less than `value`."""
    return -(-value // multiple) * multiple


def plan_tiles(
    shape: tuple[int, int],
    *,
    tile_px: int,
    halo_px: int,
    multiple: int = 1,
    origin: tuple[int, int] = (0, 0),
) -> list[Tile]:
    """Tiles in reading order that together write every pixel of a plane once.

    Parameters
    ----------
    shape : (int, int)
        Y and X of the plane.
    tile_px : int
        Largest side of a tile; rounded up to `multiple`.
    halo_px : int
        What a tile reads beyond what it writes, on each side, at least.
    multiple : int
        The network's size multiple: read boxes start and end on it, counted in the source.
    origin : (int, int)
        Index of the plane's first pixel in its source.

    Raises
    ------
    UserError
        The tile is smaller than one pixel.

    Examples
    --------
    >>> [tile.start for tile in plan_tiles((4, 6), tile_px=4, halo_px=1)]
    [(0, 0), (0, 4)]
    """
    if tile_px < 1:
        raise UserError(f"A tile of {tile_px} px cannot hold a pixel: choose 64 px or more.")
    step = align_up(tile_px, multiple)
    rows, columns = (
        [
            _plan_side(at, min(at + step, size), halo_px, multiple, first)
            for at in range(0, size, step)
        ]
        for size, first in zip(shape, origin, strict=True)
    )
    return [
        Tile((y[0], x[0]), (y[1], x[1]), (y[2], x[2]), (y[3], x[3])) for y in rows for x in columns
    ]


def _plan_side(
    start: int, stop: int, halo: int, multiple: int, origin: int
) -> tuple[int, int, int, int]:
    read_start = (start + origin - halo) // multiple * multiple - origin
    read_stop = align_up(stop + origin + halo, multiple) - origin
    return start, stop, read_start, read_stop
