"""Tubules that grow as smooth random curves around the nucleus of a cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_fidelity.simulation.cells import NUCLEUS_SHARE, Cells
from napari_fidelity.simulation.fields import draw_normals, draw_uniforms

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
SEED_STREAM, WALK_STREAM = 3000, 4000
MEMORY_UM = 0.55  # length over which the curvature is remembered
ALIGNMENT = 0.5  # pull towards the radial direction, per micrometre
OVER_SHARE = 0.12  # share of tubules that pass over or under the nucleus
LONGEST_BRANCH = 0.75  # of the given length; the shortest is 0.25
MAX_STEPS = 4000


@dataclass(frozen=True)
class Growth:
    """What `grow_tubules` starts from: `n` points, directions, lengths and cells."""

    start_um: Array  # (n, 3) ZYX
    direction: Array  # (n, 3)
    length_um: Array  # (n,)
    cell: Ints  # (n,)
    over: Flags  # (n,) may pass over or under the nucleus

    def select(self, chosen: Flags) -> Growth:
        """The chosen ones alone."""
        return Growth(
            self.start_um[chosen],
            self.direction[chosen],
            self.length_um[chosen],
            self.cell[chosen],
            self.over[chosen],
        )


def seed_tubules(cells: Cells, counts: Ints, lengths_um: Array, *, seed: int) -> Growth:
    """Starting points in the cytoplasm, denser around the nucleus and on one side of it.

    The relative radius falls off exponentially from the nucleus outwards; the angle crowds
    about the side of the cell's microtubule-organising centre.
    """
    cell = np.repeat(np.arange(len(counts)), counts)
    total = len(cell)
    draws = [draw_uniforms(total, seed=seed, stream=SEED_STREAM + k) for k in range(5)]
    side = draw_uniforms(len(counts), seed=seed, stream=SEED_STREAM + 5, high=2 * np.pi)
    reach = (1 - np.exp(-(0.92 - NUCLEUS_SHARE) / 0.4)) * draws[0]
    radius = NUCLEUS_SHARE + 0.05 - 0.4 * np.log(1 - reach)
    offset = np.pi * np.abs(2 * draws[1] - 1) ** 1.15 * np.sign(2 * draws[1] - 1)
    angle = side[cell] + offset
    unit = np.stack([np.sin(angle), np.cos(angle)], axis=-1)
    length = radius * cells.outline(cell, angle)
    place = cells.centre_um[cell] + np.linalg.solve(
        cells.to_unit[cell], (unit * length[:, None])[..., None]
    ).squeeze(-1)
    z = cells.half_height_um(radius) * 0.9 * (2 * draws[2] - 1)
    heading = _radial(cells, cell, place)
    turn = np.where(radius < NUCLEUS_SHARE + 0.1, 1.0, 0.4) * (4 * draws[3] - 2)
    over = draws[4] < OVER_SHARE
    heading = _rotate(heading, turn) * np.where(draws[4] < 0.3, -1, 1)[:, None]
    flat = np.zeros((total, 1))
    return Growth(
        np.concatenate([z[:, None], place], axis=1),
        np.concatenate([flat, heading], axis=1),
        lengths_um,
        cell,
        over,
    )


def grow_tubules(
    growth: Growth, cells: Cells, step_um: float, waviness: float, *, seed: int, stream: int
) -> tuple[Array, Flags]:
    """Points (steps, n, 3) along every tubule and whether they exist (steps, n).

    Each direction turns with a curvature that is an Ornstein–Uhlenbeck process of SD
    `waviness` (1/µm); it is weakly pulled to the radial direction, slides along the nucleus and
    along the top and bottom of the cell, and ends at the cell's outline.
    """
    count = len(growth.cell)
    steps = np.clip(np.ceil(growth.length_um / step_um), 1, MAX_STEPS).astype(int)
    most = int(steps.max()) if count else 0
    shocks = draw_normals((most, count, 2), seed=seed, stream=WALK_STREAM + stream)
    keep = np.exp(-step_um / MEMORY_UM)
    fresh = waviness * np.sqrt(1 - keep**2)
    bend = waviness * draw_normals((count, 2), seed=seed, stream=WALK_STREAM + stream + 1)
    place, heading = growth.start_um.copy(), growth.direction.copy()
    points, exists = np.empty((most, count, 3)), np.zeros((most, count), bool)
    alive = np.ones(count, bool)
    for index in range(most):
        alive = alive & (index < steps)
        points[index], exists[index] = place, alive
        bend = keep * bend + fresh * shocks[index]
        place, heading, inside = _advance(place, heading, bend, growth, cells, step_um)
        alive = alive & inside
    return points, exists


def _advance(
    place: Array, heading: Array, bend: Array, growth: Growth, cells: Cells, step_um: float
) -> tuple[Array, Array, Flags]:
    """One step of every tubule; whether it still lies inside its cell."""
    cell, flat = growth.cell, heading[:, 1:]
    radial = _radial(cells, cell, place[:, 1:])
    towards = (radial * flat).sum(axis=1, keepdims=True)
    pull = ALIGNMENT * np.sign(towards) * (radial - towards * flat)
    across = np.stack([-flat[:, 1], flat[:, 0]], axis=-1)
    heading = heading.copy()
    heading[:, 1:] += step_um * (bend[:, :1] * across + pull)
    heading[:, 0] += step_um * (0.4 * bend[:, 1] - 0.5 * heading[:, 0])
    radius = cells.relative_radius(cell, place[:, 1:])
    half = cells.half_height_um(radius)
    heading[:, 0] -= step_um * place[:, 0] / half**2 * 0.5
    inward = -(radial * heading[:, 1:]).sum(axis=1, keepdims=True)
    at_nucleus = radius < NUCLEUS_SHARE + 0.03
    blocked = (at_nucleus & ~growth.over)[:, None] & (inward > -0.15)
    heading[:, 1:] += np.where(blocked, (inward + 0.15) * radial, 0)
    heading /= np.linalg.norm(heading, axis=1, keepdims=True)
    place = place + step_um * heading
    above = np.where(place[:, 0] < 0, -half, half)
    place[:, 0] += np.where(at_nucleus & growth.over, step_um * (above - place[:, 0]), 0)
    place[:, 0] = np.clip(place[:, 0], -half, half)
    return place, heading, radius < 1


def branch_tubules(
    parents: Growth,
    points: Array,
    exists: Flags,
    branches: Ints,
    length_um: float,
    *,
    seed: int,
) -> tuple[Growth, Ints]:
    """New tubules that leave their parents sideways, and the index of each one's parent."""
    parent = np.repeat(np.arange(len(branches)), branches)
    draws = [draw_uniforms(len(parent), seed=seed, stream=SEED_STREAM + 10 + k) for k in range(4)]
    sizes = exists.sum(axis=0)[parent]
    at = np.minimum((sizes * (0.1 + 0.8 * draws[0])).astype(int), np.maximum(sizes - 2, 0))
    start = points[at, parent]
    ahead = points[np.minimum(at + 1, len(points) - 1), parent] - start
    flat = ahead[:, 1:] / np.maximum(np.linalg.norm(ahead[:, 1:], axis=1), 1e-9)[:, None]
    side = np.where(draws[1] < 0.5, -1.0, 1.0)
    flat = _rotate(flat, side * np.deg2rad(40 + 45 * draws[2]))
    heading = np.concatenate([np.zeros((len(parent), 1)), flat], axis=1)
    lengths = length_um * (LONGEST_BRANCH - 0.5 * draws[3])
    return Growth(start, heading, lengths, parents.cell[parent], parents.over[parent]), parent


def _radial(cells: Cells, cell: Ints, points_um: Array) -> Array:
    """Unit vectors outwards: the gradient of the relative radius, its waves left out."""
    unit = cells.unit_offsets(cell, points_um)
    gradient = np.einsum("mji,mj->mi", cells.to_unit[cell], unit)
    return np.asarray(gradient / np.maximum(np.linalg.norm(gradient, axis=1, keepdims=True), 1e-12))


def _rotate(vectors: Array, angle: Array) -> Array:
    cos, sin = np.cos(angle), np.sin(angle)
    first, second = vectors[:, 0], vectors[:, 1]
    return np.stack([cos * first - sin * second, sin * first + cos * second], axis=-1)
