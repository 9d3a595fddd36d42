"""Where nuclei lie and what outline they have: some apart, some pressed against each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_fidelity.simulation.fields import draw_normals, draw_uniforms
from napari_fidelity.simulation.nuclei_params import NucleiParams

Array = npt.NDArray[np.float64]
Box = tuple[slice, ...]
NUCLEUS_STREAM, PLACE_STREAM = 1000, 500_000
TRIES = 25
GAP = 1.06  # relative radius that a nucleus lying apart keeps free around itself
MAX_OVERLAP = 0.14  # share of its area that a touching nucleus may lose or take


@dataclass(frozen=True)
class Nucleus:
    """An ellipsoid with a gently waved outline.

    Parameters
    ----------
    centre_um, semi_axes_um : ndarray, (n,)
        In axis order, (Z)YX.
    angle : float
        Rotation in the YX plane, radian.
    waves : ndarray, (m, n + 2)
        Per wave: direction vector (n), amplitude, phase.
    mitotic : bool
        A condensed metaphase or anaphase plate.
    brightness : float
        Relative to a typical nucleus.
    number : int
        Keys its own draws.
    """

    centre_um: Array
    semi_axes_um: Array
    angle: float
    waves: Array
    mitotic: bool
    brightness: float
    number: int

    def level(self, offset_um: Array) -> Array:
        """0 at the centre, 1 on the outline; `offset_um` (…, n) is relative to the centre."""
        relative = self.to_frame(offset_um)
        length = np.sqrt((relative**2).sum(axis=-1))
        unit = relative / np.maximum(length, 1e-9)[..., None]
        ndim = len(self.semi_axes_um)
        wave = np.cos(unit @ self.waves[:, :ndim].T + self.waves[:, ndim + 1])
        return np.asarray(length / (1 + wave @ self.waves[:, ndim]))

    def to_frame(self, offset_um: Array) -> Array:
        """Offsets rotated into the nucleus' own axes, in units of its semi-axes."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        rotated = offset_um.copy()
        rotated[..., -2] = cos * offset_um[..., -2] - sin * offset_um[..., -1]
        rotated[..., -1] = sin * offset_um[..., -2] + cos * offset_um[..., -1]
        return np.asarray(rotated / self.semi_axes_um)

    def radius_um(self, direction: Array) -> float:
        """Distance from the centre to the outline along a unit `direction`."""
        return 1 / float(self.level(direction[None])[0])

    def box(self, shape: Sequence[int], scale_um: Array) -> tuple[Box, Array] | None:
        """The pixels around it that lie in `shape`, and their offsets; None if there are none."""
        reach = np.full(len(shape), self.semi_axes_um[-2:].max() * 1.35)
        if len(shape) == 3:
            reach[0] = self.semi_axes_um[0] * 1.35
        low = np.maximum(np.floor((self.centre_um - reach) / scale_um).astype(int), 0)
        high = np.minimum(np.ceil((self.centre_um + reach) / scale_um).astype(int) + 1, shape)
        if (high <= low).any():
            return None
        grids = np.meshgrid(*map(np.arange, low, high), indexing="ij")
        offsets = np.stack(grids, axis=-1) * scale_um - self.centre_um
        return tuple(map(slice, low, high)), offsets


def place_nuclei(
    shape: Sequence[int], scale_um: Array, params: NucleiParams, *, seed: int
) -> tuple[list[Nucleus], npt.NDArray[np.int64]]:
    """Nuclei, and the index (from 1) of the one at each pixel.

    Nuclei are placed one after the other until their share of the area is reached. One that
    touches is put beside an earlier one; where two overlap a pixel goes to the one in which it
    lies deeper, which flattens their interface as in a real cluster.
    """
    owner = np.zeros(tuple(shape), np.int64)
    depth = np.full(tuple(shape), np.inf, np.float32)
    field_um = np.array(shape) * scale_um
    margin_um = 0.6 * params.diameter_um
    area = float(np.prod(field_um[-2:] + 2 * margin_um))
    wanted = params.density * area / (np.pi / 4 * params.diameter_um**2)
    count = int(np.floor(wanted + draw_uniforms(1, seed=seed, stream=PLACE_STREAM - 1)[0]))
    nuclei: list[Nucleus] = []
    for number in range(count):
        nucleus = _shape_nucleus(number, params, len(shape), seed)
        for placed in _try_places(nucleus, nuclei, owner, field_um, scale_um, params, seed):
            nuclei.append(placed)
            _claim_pixels(placed, len(nuclei), owner, depth, scale_um)
    _keep_largest_pieces(owner)
    return nuclei, owner


def _shape_nucleus(number: int, params: NucleiParams, ndim: int, seed: int) -> Nucleus:
    stream = NUCLEUS_STREAM + 4 * number
    even = draw_uniforms(16, seed=seed, stream=stream)
    bell = draw_normals((4,), seed=seed, stream=stream + 1)
    mitotic = bool(even[0] < params.mitotic)
    radius = params.diameter_um / 2 * float(np.exp(params.size_spread * bell[0]))
    stretch = np.sqrt(1 + (params.elongation - 1) * 2 * even[1])
    semi = np.array([radius * params.flatness, radius / stretch, radius * stretch])
    brightness = float(np.exp(params.brightness_spread * bell[1]))
    strength = params.irregularity * (0.5 + even[2])
    count, fastest = 4, 3.2
    if mitotic:  # a metaphase plate seen from its side: narrow, rough, more than twice as dense
        semi = params.diameter_um * np.array([0.45, 0.16, 0.45])
        brightness, strength, count, fastest = 2.2 * brightness, 0.16, 8, 9.0
    waves = np.empty((count, ndim + 2))
    vectors = draw_normals((count, ndim), seed=seed, stream=stream + 2)
    speeds = np.linspace(1.4, fastest, count)
    waves[:, :ndim] = speeds[:, None] * vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    waves[:, ndim] = strength * np.sqrt(2 / count)
    waves[:, ndim + 1] = 2 * np.pi * draw_uniforms(count, seed=seed, stream=stream + 3)
    angle = float(np.pi * even[3])
    return Nucleus(np.zeros(ndim), semi[-ndim:], angle, waves, mitotic, brightness, number)


def _try_places(
    nucleus: Nucleus,
    placed: list[Nucleus],
    owner: npt.NDArray[np.int64],
    field_um: Array,
    scale_um: Array,
    params: NucleiParams,
    seed: int,
) -> list[Nucleus]:
    """The nucleus where it fits (with its sister in anaphase), or nothing after some tries."""
    draws = draw_uniforms(4 * TRIES + 2, seed=seed, stream=PLACE_STREAM + nucleus.number)
    resting = [other for other in placed if not other.mitotic]
    touches = bool(resting) and not nucleus.mitotic and draws[-1] < params.touching
    for first, second, third, fourth in draws[:-2].reshape(TRIES, 4):
        if touches:
            centre = _place_beside(nucleus, resting[int(first * len(resting))], second, third)
        else:
            margin = 0.6 * params.diameter_um
            centre = field_um * np.array([0.42 + 0.16 * fourth, first, second])[-len(field_um) :]
            centre[-2:] += margin * (2 * np.array([first, second]) - 1)
        candidates = [replace(nucleus, centre_um=centre)]
        if nucleus.mitotic and draws[-2] < 0.4:
            candidates.append(_make_sister(candidates[0], params.diameter_um))
        if all(_fits(one, owner, scale_um, touches) for one in candidates):
            return candidates
    return []


def _place_beside(nucleus: Nucleus, other: Nucleus, turn: float, press: float) -> Array:
    angle = 2 * np.pi * turn
    direction = np.zeros(len(nucleus.semi_axes_um))
    direction[-2:] = np.sin(angle), np.cos(angle)
    apart = other.radius_um(direction) + nucleus.radius_um(-direction)
    return np.asarray(other.centre_um + direction * apart * (0.9 + 0.09 * press))


def _make_sister(nucleus: Nucleus, diameter_um: float) -> Nucleus:
    """The other half of an anaphase: a parallel plate, its waves mirrored."""
    across = np.zeros(len(nucleus.semi_axes_um))
    across[-2:] = np.cos(nucleus.angle), -np.sin(nucleus.angle)
    waves = nucleus.waves.copy()
    waves[:, -1] += 2.0
    return replace(nucleus, centre_um=nucleus.centre_um + 0.62 * diameter_um * across, waves=waves)


def _fits(nucleus: Nucleus, owner: npt.NDArray[np.int64], scale_um: Array, touches: bool) -> bool:
    found = nucleus.box(owner.shape, scale_um)
    if found is None:
        return not touches
    box, offsets = found
    taken = owner[box] > 0
    level = nucleus.level(offsets)
    if not touches:
        return not bool((taken & (level < GAP)).any())
    inside = level < 1
    return bool((inside & taken).sum() <= MAX_OVERLAP * max(int(inside.sum()), 1))


def _claim_pixels(
    nucleus: Nucleus,
    index: int,
    owner: npt.NDArray[np.int64],
    depth: npt.NDArray[np.float32],
    scale_um: Array,
) -> None:
    found = nucleus.box(owner.shape, scale_um)
    if found is None:
        return
    box, offsets = found
    level = nucleus.level(offsets).astype(np.float32)
    better = (level < 1) & (level < depth[box])
    owner[box][better] = index
    depth[box][better] = level[better]


def _keep_largest_pieces(owner: npt.NDArray[np.int64]) -> None:
    """Make every nucleus one piece: crumbs that a neighbour cut off become background."""
    for index, box in enumerate(ndimage.find_objects(owner), start=1):
        if box is None:
            continue
        pieces, count = ndimage.label(owner[box] == index)
        if count > 1:
            largest = np.argmax(np.bincount(pieces.ravel())[1:]) + 1
            owner[box][(pieces > 0) & (pieces != largest)] = 0
