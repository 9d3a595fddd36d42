"""Simulated fluorescent nuclei with chromatin, nucleoli, neighbours that touch, and mitoses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from napari_fidelity.simulation.chromatin import make_texture, stain_nucleus
from napari_fidelity.simulation.fields import draw_normals
from napari_fidelity.simulation.microscope import image_layers
from napari_fidelity.simulation.nuclei_params import NucleiParams
from napari_fidelity.simulation.nucleus_layout import Nucleus, place_nuclei
from napari_fidelity.simulation.specimen import Specimen, check_shape, frame_specimen

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]
DEFOCUS_STREAM = 103
DEFOCUS_LAYERS = 4


def simulate_nuclei(
    params: NucleiParams | None = None, *, shape: Sequence[int] = (256, 256), seed: int = 0
) -> Specimen:
    """Labels, clean object and microscope image of simulated nuclei.

    Star-convex outlines are placed apart or against each other; inside, chromatin is a
    log-normal random field at two scales with a brighter rim, foci, and darker nucleoli; a few
    cells are in metaphase or anaphase. In a stack the nuclei form one flat layer.

    Parameters
    ----------
    params : NucleiParams, optional
        Settings. Default: their defaults.
    shape : sequence of int
        YX or ZYX.
    seed : int
        The same seed, shape and settings give the same bytes.

    Returns
    -------
    Specimen
        Images in micrometre. Nuclei that touch have different labels.

    Raises
    ------
    UserError
        The shape has neither two nor three axes, or an axis is empty.

    Examples
    --------
    >>> specimen = simulate_nuclei(shape=(96, 96), seed=1)
    >>> specimen.labels.array.dtype.name, specimen.image.array.dtype.name, specimen.image.units
    ('uint16', 'uint16', ('micrometer', 'micrometer'))
    """
    params = params or NucleiParams()
    sizes = check_shape(shape)
    scale_um = (params.z_step_um, params.pixel_size_um, params.pixel_size_um)[-len(sizes) :]
    nuclei, owner = place_nuclei(sizes, np.array(scale_um), params, seed=seed)
    clean = _paint_nuclei(nuclei, owner, np.array(scale_um), params, seed)
    layers = [(0.0, clean)]
    if len(sizes) == 2 and params.defocus_um:
        layers = _split_by_defocus(clean, owner, len(nuclei), params.defocus_um, seed)
    image = image_layers(layers, params.microscope, scale_um, seed=seed)
    return frame_specimen("nuclei", params, seed, scale_um, labels=owner, clean=clean, image=image)


def _paint_nuclei(
    nuclei: list[Nucleus],
    owner: npt.NDArray[np.int64],
    scale_um: Array,
    params: NucleiParams,
    seed: int,
) -> Floats:
    """The clean image: every nucleus inside its own pixels, its outline antialiased."""
    clean = np.zeros(owner.shape, np.float32)
    texture = make_texture(owner.shape, scale_um, params, seed=seed)
    for index, nucleus in enumerate(nuclei, start=1):
        found = nucleus.box(owner.shape, scale_um)
        if found is None:
            continue
        box, offsets = found
        stain = stain_nucleus(nucleus, offsets, texture[box], params, seed=seed)
        radius_px = nucleus.semi_axes_um[-2:].min() / scale_um[-1]
        level = nucleus.level(offsets)
        cover = np.clip((1 - level) * radius_px + 0.5, 0, 1)
        free = (owner[box] == index) | ((owner[box] == 0) & (level >= 1))
        clean[box] = np.maximum(clean[box], np.where(free, stain * cover, 0))
    return clean


def _split_by_defocus(
    clean: Floats, owner: npt.NDArray[np.int64], count: int, spread_um: float, seed: int
) -> list[tuple[float, Floats]]:
    """The plane as layers of nuclei at equal distance from the focus."""
    depths = np.abs(draw_normals((count + 1,), seed=seed, stream=DEFOCUS_STREAM)) * spread_um
    steps = np.minimum((depths * 2 / spread_um).astype(int), DEFOCUS_LAYERS - 1)
    steps[0] = 0  # the antialiased rim outside the labels stays sharp
    layer = steps[owner]
    return [
        ((step + 0.3) * spread_um / 2, np.where(layer == step, clean, np.float32(0)))
        for step in range(DEFOCUS_LAYERS)
    ]
