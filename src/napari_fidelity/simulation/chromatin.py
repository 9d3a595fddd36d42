"""What a stained nucleus looks like inside: lumps, rim, foci, dark nucleoli."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from napari_fidelity.simulation.fields import draw_normals, draw_uniforms, smooth_field
from napari_fidelity.simulation.nuclei_params import NucleiParams
from napari_fidelity.simulation.nucleus_layout import Nucleus

Array = npt.NDArray[np.float64]
COARSE_STREAM, FINE_STREAM, INSIDE_STREAM = 101, 102, 700_000
MAX_SPOTS = 64


def make_texture(
    shape: Sequence[int], scale_um: Array, params: NucleiParams, *, seed: int
) -> npt.NDArray[np.float32]:
    """Log-density of chromatin over the whole field, variance 1: lumps and finer grain."""
    coarse = params.texture_scale_um / 2.355 / scale_um
    fine = 0.45 * coarse
    return np.asarray(
        0.8 * smooth_field(shape, tuple(coarse), seed=seed, stream=COARSE_STREAM)
        + 0.6 * smooth_field(shape, tuple(fine), seed=seed, stream=FINE_STREAM),
        np.float32,
    )


def stain_nucleus(
    nucleus: Nucleus,
    offsets_um: Array,
    texture: npt.NDArray[np.float32],
    params: NucleiParams,
    *,
    seed: int,
) -> npt.NDArray[np.float32]:
    """Relative fluorescence at `offsets_um` (…, n) from the centre, ragged outside the outline.

    A nucleus in a plane is thicker, hence brighter, in its middle: the chord of an ellipsoid to
    the power 0.45, since adherent nuclei are flat. In a stack it is filled evenly.
    """
    level = nucleus.level(offsets_um)
    size_um = float(np.sqrt(np.prod(nucleus.semi_axes_um[-2:])))
    own = draw_uniforms(4, seed=seed, stream=INSIDE_STREAM + 4 * nucleus.number)
    contrast = params.texture * (0.6 + 0.8 * own[0])
    flat = offsets_um.shape[-1] == 2
    if nucleus.mitotic:
        value = np.exp(0.45 * texture - 0.1)
        return np.asarray(value * nucleus.brightness, np.float32)
    value = np.exp(contrast * texture - contrast**2 / 2)
    below_um = np.maximum(1 - level, 0) * size_um
    value *= 1 + params.rim * (0.5 + own[1]) * np.exp(-((below_um / 0.45) ** 2))
    value *= _dim_nucleoli(nucleus, offsets_um, params, size_um, seed)
    value += _light_foci(nucleus, offsets_um, params, seed)
    if flat:
        value *= np.maximum(1 - np.minimum(level, 1) ** 2, 0.04) ** 0.225
    return np.asarray(value * nucleus.brightness, np.float32)


def _dim_nucleoli(
    nucleus: Nucleus, offsets_um: Array, params: NucleiParams, size_um: float, seed: int
) -> Array:
    """A factor that falls to about a half inside nucleoli and rises slightly around them."""
    stream = INSIDE_STREAM + 4 * nucleus.number + 1
    dark, bright = np.zeros((2, *offsets_um.shape[:-1]))
    for centre, share in _draw_spots(nucleus, params.nucleoli, 0.6, seed, stream):
        radius_um = size_um * (0.13 + 0.13 * share)
        distance = np.sqrt(((offsets_um - centre) ** 2).sum(axis=-1))
        inside = 1 / (1 + np.exp((distance - radius_um) / (0.12 * radius_um + 0.05)))
        shell = np.exp(-(((distance - 1.25 * radius_um) / (0.3 * radius_um)) ** 2))
        dark = np.maximum(dark, (0.35 + 0.2 * share) * inside)
        bright = np.maximum(bright, 0.12 * shell)
    return np.asarray((1 - dark) * (1 + bright))


def _light_foci(nucleus: Nucleus, offsets_um: Array, params: NucleiParams, seed: int) -> Array:
    """Bright spots of dense heteroparams, 0.5–1.1 µm wide."""
    stream = INSIDE_STREAM + 4 * nucleus.number + 2
    light = np.zeros(offsets_um.shape[:-1])
    for centre, share in _draw_spots(nucleus, params.foci, 0.85, seed, stream):
        sigma_um = 0.22 + 0.25 * share
        squared = ((offsets_um - centre) ** 2).sum(axis=-1)
        light += (0.4 + 0.6 * share) * np.exp(-squared / (2 * sigma_um**2))
    return light


def _draw_spots(
    nucleus: Nucleus, mean: float, reach: float, seed: int, stream: int
) -> list[tuple[Array, float]]:
    """Centres (offsets in micrometre) and a uniform share for each, within `reach` of the outline.

    The number is uniform between half and one and a half of `mean`.
    """
    ndim = len(nucleus.semi_axes_um)
    draws = draw_uniforms(2 + 2 * MAX_SPOTS, seed=seed, stream=stream)
    count = min(int(mean * (0.5 + draws[0]) + draws[1]), MAX_SPOTS)
    if not count:
        return []
    vectors = draw_normals((MAX_SPOTS, ndim), seed=seed, stream=stream)[:count]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    length = reach * draws[2 : 2 + count] ** (1 / ndim)
    relative = vectors * length[:, None] * nucleus.semi_axes_um
    cos, sin = np.cos(nucleus.angle), np.sin(nucleus.angle)
    centres = relative.copy()
    centres[:, -2] = cos * relative[:, -2] + sin * relative[:, -1]
    centres[:, -1] = -sin * relative[:, -2] + cos * relative[:, -1]
    return list(zip(centres, draws[-MAX_SPOTS:][:count].tolist(), strict=True))
