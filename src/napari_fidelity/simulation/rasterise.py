"""Balls along curves drawn into pixels: labels, and light by projection or in a volume."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from napari_fidelity.simulation.mitochondria_shapes import Points

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
CHUNK = 2_000_000  # pixel visits held in memory at once


def draw_labels(points: Points, shape: Sequence[int], scale_um: Array) -> tuple[Ints, Floats]:
    """The owner of every pixel, 0 outside, and the light of a solid object there.

    A pixel belongs to the mitochondrion in which it lies deepest. Its light is the brightness of
    the nearest ball, falling to 0 over one pixel at the surface.
    """
    size = int(np.prod(shape))
    depth = np.full(size, np.inf, np.float32)
    owner, light = np.zeros(size, np.int64), np.zeros(size, np.float32)
    for which, pixel, distance_um in _visit_pixels(points, shape, scale_um):
        radius = points.radius_um[which]
        level = (distance_um / radius).astype(np.float32)
        np.minimum.at(depth, pixel, level)
        nearest = level == depth[pixel]
        won, ball = pixel[nearest], which[nearest]
        cover = np.clip((radius - distance_um)[nearest] / scale_um[-1] + 0.5, 0, 1)
        light[won] = cover * points.brightness[ball]
        owner[won] = np.where(level[nearest] <= 1, points.owner[ball], 0)
    return owner.reshape(shape), light.reshape(shape)


def project_light(
    points: Points, shape: Sequence[int], scale_um: Array, depths_um: Sequence[float]
) -> list[Floats]:
    """Light of tubules seen from above, one YX plane for each range of |z|.

    Even discs laid along a line at steps ds add up to the projection of a solid cylinder,
    sqrt(1 - d²/r²); each carries brightness · ds / 2r, so that a tubule's middle is as bright
    as its `brightness` and crossing tubules add. Plane k holds |z| from `depths_um[k]` on.
    """
    size = int(np.prod(shape))
    count = len(depths_um)
    total = np.zeros(count * size)
    plane = np.searchsorted(np.asarray(depths_um), np.abs(points.centre_um[:, 0]), "right") - 1
    weight = points.brightness * points.step_um / (2 * points.radius_um)
    for which, pixel, distance_um in _visit_pixels(points, shape, scale_um):
        cover = np.clip((points.radius_um[which] - distance_um) / scale_um[-1] + 0.5, 0, 1)
        target = plane[which] * size + pixel
        np.add.at(total, target, cover * weight[which])
    return list(total.astype(np.float32).reshape(count, *shape))


def _visit_pixels(
    points: Points, shape: Sequence[int], scale_um: Array
) -> Iterator[tuple[Ints, Ints, Array]]:
    """For every pixel near a ball: the ball, the flat pixel, their distance in micrometre.

    In a plane z is ignored.
    """
    ndim = len(shape)
    if not len(points.owner):
        return
    reach_um = float(points.radius_um.max()) + scale_um[-1]
    reach = np.ceil(reach_um / scale_um).astype(int)
    place = points.centre_um[:, -ndim:] / scale_um
    if ndim == 3:
        place[:, 0] += (shape[0] - 1) / 2
    near = np.flatnonzero(((place > -reach) & (place < np.array(shape) - 1 + reach)).all(axis=1))
    grid = np.meshgrid(*(np.arange(-r, r + 1) for r in reach), indexing="ij")
    window = np.stack(grid, axis=-1).reshape(-1, ndim)
    per_chunk = max(1, CHUNK // len(window))
    for start in range(0, len(near), per_chunk):
        balls = near[start : start + per_chunk]
        index = np.rint(place[balls]).astype(np.int64)[:, None] + window
        offset = (index - place[balls][:, None]) * scale_um
        distance_um = np.sqrt(np.einsum("ijk,ijk->ij", offset, offset))
        seen = ((index >= 0) & (index < np.array(shape))).all(axis=-1)
        seen &= distance_um <= points.radius_um[balls][:, None] + 0.5 * scale_um[-1]
        flat = np.ravel_multi_index(tuple(index[seen].T), tuple(shape))
        yield np.broadcast_to(balls[:, None], seen.shape)[seen], flat, distance_um[seen]
