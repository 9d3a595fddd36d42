"""Points along all mitochondria of a field: tubules, branches, fragments and rings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_fidelity.core.random import poisson
from napari_fidelity.simulation.cells import Cells
from napari_fidelity.simulation.fields import draw_normals, draw_uniforms
from napari_fidelity.simulation.mitochondria_params import MitochondriaParams
from napari_fidelity.simulation.tubules import (
    LONGEST_BRANCH,
    Growth,
    branch_tubules,
    grow_tubules,
    seed_tubules,
)

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
KIND_STREAM, ALONG_STREAM, RING_STREAM = 5000, 5100, 5200
RING_RADII = (0.85, 1.7)  # of the centre line, over the thickness
BRANCH_LENGTH = 0.7  # over that of a tubule, before the draw
BEAD_UM = 0.5  # length over which thickness and brightness vary along a tubule


@dataclass(frozen=True)
class Points:
    """Balls that, drawn close together, make up mitochondria.

    Parameters
    ----------
    centre_um : ndarray, (n, 3)
        ZYX; z = 0 is the focal plane.
    radius_um, brightness : ndarray, (n,)
        Half the local thickness, and the fluorescence of a tubule there.
    step_um : ndarray, (n,)
        Length of tubule that the ball stands for.
    owner : ndarray of int, (n,)
        Number of the mitochondrion, from 1.
    """

    centre_um: Array
    radius_um: Array
    brightness: Array
    step_um: Array
    owner: Ints


def shape_mitochondria(
    cells: Cells, field_um: Array, params: MitochondriaParams, step_um: float, *, seed: int
) -> Points:
    """The mitochondria of `cells` that may reach the field (Y, X from 0 to `field_um`).

    Their summed area is `density` times that of the cytoplasm.
    """
    counts = _count_mitochondria(cells, params, seed)
    total = int(counts.sum())
    kind = draw_uniforms(total, seed=seed, stream=KIND_STREAM)
    is_ring = kind < params.rings
    is_fragment = ~is_ring & (kind > 1 - params.fragments * (1 - params.rings))
    lengths = _draw_lengths(is_fragment, params, seed)
    trunks = seed_tubules(cells, counts, lengths, seed=seed)
    near = _reach_field(trunks, field_um, params)
    trunks, is_ring, is_fragment = trunks.select(near), is_ring[near], is_fragment[near]
    points, exists = grow_tubules(trunks, cells, step_um, params.waviness, seed=seed, stream=0)
    exists &= ~is_ring
    parts = [_vary_along(points, exists, np.arange(len(is_ring)), params, step_um, (seed, 0))]
    mean = np.where(is_ring | is_fragment, 0.0, params.branching)
    branches = poisson(mean, seed=seed, stream=KIND_STREAM + 3)
    if branches.any():
        length_um = BRANCH_LENGTH * params.length_um
        twigs, parent = branch_tubules(trunks, points, exists, branches, length_um, seed=seed)
        grown = grow_tubules(twigs, cells, step_um, params.waviness, seed=seed, stream=2)
        parts.append(_vary_along(*grown, parent, params, step_um, (seed, 1)))
    if is_ring.any():
        rings = _bend_rings(trunks.start_um[is_ring], params.thickness_um, step_um, seed)
        whole = np.ones(rings.shape[:2], bool)
        owner = np.flatnonzero(is_ring)
        parts.append(_vary_along(rings, whole, owner, params, step_um, (seed, 2)))
    return _join_points(parts)


def _reach_field(
    trunks: Growth, field_um: Array, params: MitochondriaParams
) -> npt.NDArray[np.bool_]:
    """Whether a trunk, its branches or a ring that starts there could end inside the field."""
    middle = field_um / 2
    outside = np.maximum(np.abs(trunks.start_um[:, 1:] - middle) - middle, 0)
    widest = 2 * RING_RADII[1] * params.thickness_um
    reach_um = trunks.length_um + LONGEST_BRANCH * BRANCH_LENGTH * params.length_um + widest
    return np.asarray(np.hypot(*outside.T) <= reach_um)


def _count_mitochondria(cells: Cells, params: MitochondriaParams, seed: int) -> Ints:
    """Mitochondria per cell, so that length times thickness makes up the wanted share."""
    rings = params.rings
    fragments = params.fragments * (1 - rings)
    ring_um = 2 * np.pi * params.thickness_um * sum(RING_RADII) / 2
    fragment_um = min(2.0 * params.thickness_um, params.length_um)
    tubule_um = params.length_um * (1 + 0.5 * BRANCH_LENGTH * params.branching)
    mean_um = rings * ring_um + fragments * fragment_um + (1 - rings - fragments) * tubule_um
    wanted = params.density * cells.areas_um2() / (mean_um * params.thickness_um)
    dither = draw_uniforms(len(wanted), seed=seed, stream=KIND_STREAM - 1)
    return np.asarray(np.floor(wanted + dither * (wanted > 0)), np.int64)


def _draw_lengths(
    is_fragment: npt.NDArray[np.bool_], params: MitochondriaParams, seed: int
) -> Array:
    """Log-normal lengths of tubules (relative SD 0.53); fragments are up to 3.5 widths long."""
    bell = draw_normals(is_fragment.shape, seed=seed, stream=KIND_STREAM + 1)
    long = params.length_um * np.exp(0.5 * bell - 0.125)
    short = params.thickness_um * draw_uniforms(
        len(is_fragment), seed=seed, stream=KIND_STREAM + 2, low=0.5, high=3.5
    )
    return np.where(is_fragment, np.minimum(short, params.length_um), long)


def _bend_rings(centres_um: Array, thickness_um: float, step_um: float, seed: int) -> Array:
    """Closed, slightly dented, slightly tilted curves, (steps, n, 3)."""
    count = len(centres_um)
    draws = [draw_uniforms(count, seed=seed, stream=RING_STREAM + k) for k in range(5)]
    radius = thickness_um * (RING_RADII[0] + (RING_RADII[1] - RING_RADII[0]) * draws[0] ** 1.5)
    steps = int(np.ceil(2 * np.pi * RING_RADII[1] * thickness_um / step_um))
    angle = np.linspace(0, 2 * np.pi, steps, endpoint=False)[:, None]
    dent = 0.16 * np.cos(2 * angle + 2 * np.pi * draws[1])
    dent = dent + 0.07 * np.cos(3 * angle + 2 * np.pi * draws[2])
    length = radius * (1 + dent)
    tilt = np.deg2rad(35) * draws[3] * np.sin(angle + 2 * np.pi * draws[4])
    flat = length * np.cos(tilt)
    curve = np.stack([length * np.sin(tilt), flat * np.sin(angle), flat * np.cos(angle)], axis=-1)
    return np.asarray(centres_um + curve)


def _vary_along(
    points: Array,
    exists: npt.NDArray[np.bool_],
    owner: Ints,
    params: MitochondriaParams,
    step_um: float,
    key: tuple[int, int],
) -> Points:
    """Curves (steps, n, 3) as balls whose thickness and brightness vary smoothly along them."""
    steps, count = exists.shape
    seed, part = key
    own = draw_normals((2, int(owner.max(initial=0)) + 1), seed=seed, stream=ALONG_STREAM)
    sigma = BEAD_UM / 2.355 / step_um
    gain = np.sqrt(2 * np.sqrt(np.pi) * sigma)  # brings the smoothed noise back to variance 1
    beads = draw_normals((2, steps, count), seed=seed, stream=ALONG_STREAM + 1 + part)
    beads = ndimage.gaussian_filter1d(beads, sigma, axis=1, mode="wrap") * max(gain, 1.0)
    mixed = np.clip(0.6 * own[:, None, owner] + 0.8 * beads, -2.5, 2.5)
    radius = params.thickness_um / 2 * np.exp(params.thickness_spread * mixed[0])
    brightness = np.exp(params.brightness_spread * mixed[1])
    ahead = np.roll(points, -1, axis=0)
    length = np.linalg.norm(ahead - points, axis=-1)
    length = np.where(length < 3 * step_um, length, step_um)  # an open end has no next point
    return Points(
        points[exists],
        radius[exists],
        brightness[exists],
        length[exists],
        np.broadcast_to(owner + 1, exists.shape)[exists],
    )


def _join_points(parts: list[Points]) -> Points:
    return Points(
        np.concatenate([part.centre_um for part in parts]),
        np.concatenate([part.radius_um for part in parts]),
        np.concatenate([part.brightness for part in parts]),
        np.concatenate([part.step_um for part in parts]),
        np.concatenate([part.owner for part in parts]),
    )
