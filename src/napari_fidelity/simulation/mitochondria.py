"""Simulated mitochondrial networks: branching tubules, fragments and rings around a nucleus."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from napari_fidelity.simulation.cells import place_cells
from napari_fidelity.simulation.microscope import image_layers
from napari_fidelity.simulation.mitochondria_params import MitochondriaParams
from napari_fidelity.simulation.mitochondria_shapes import shape_mitochondria
from napari_fidelity.simulation.rasterise import draw_labels, project_light
from napari_fidelity.simulation.specimen import Specimen, check_shape, frame_specimen

DEPTHS_UM = (0.0, 0.3, 0.6, 1.0, 1.5)  # borders of the layers of equal defocus


def simulate_mitochondria(
    params: MitochondriaParams | None = None, *, shape: Sequence[int] = (256, 256), seed: int = 0
) -> Specimen:
    """Labels, clean object and microscope image of simulated mitochondria.

    Tubules grow through flat cells as persistent random curves, crowded around the nucleus,
    which they avoid; some branch, some are short, some are rings. A plane is the projection of
    the cell, each tubule blurred by its own distance from the focus, and crossing tubules add
    their light. A stack shows the same cell in three dimensions, its middle plane in the focus.

    Parameters
    ----------
    params : MitochondriaParams, optional
        Settings. Default: their defaults.
    shape : sequence of int
        YX or ZYX.
    seed : int
        The same seed, shape and settings give the same bytes.

    Returns
    -------
    Specimen
        Images in micrometre. A tubule and its branches share a label; where two mitochondria
        cross or touch, a pixel has the label of the one in which it lies deepest.

    Raises
    ------
    UserError
        The shape has neither two nor three axes, or an axis is empty.

    Examples
    --------
    >>> specimen = simulate_mitochondria(shape=(96, 96), seed=1)
    >>> specimen.labels.array.dtype.name, specimen.clean.array.dtype.name, specimen.clean.scale
    ('uint16', 'float32', (0.1, 0.1))
    """
    params = params or MitochondriaParams()
    sizes = check_shape(shape)
    scale_um = (params.z_step_um, params.pixel_size_um, params.pixel_size_um)[-len(sizes) :]
    scale = np.array(scale_um)
    step_um = max(params.thickness_um / 5, 0.4 * params.pixel_size_um)
    height_um = params.cell_height_um
    if len(sizes) == 3:
        height_um = min(height_um, max(sizes[0] * scale_um[0] - params.thickness_um, scale_um[0]))
    field_um = np.array(sizes[-2:]) * scale[-2:]
    cells = place_cells(field_um.tolist(), params.cell_diameter_um, height_um, seed=seed)
    points = shape_mitochondria(cells, field_um, params, step_um, seed=seed)
    labels, clean = draw_labels(points, sizes, scale)
    layers = [(0.0, clean)]
    if len(sizes) == 2:
        planes = project_light(points, sizes, scale, DEPTHS_UM)
        clean = np.sum(planes, axis=0)
        middles = np.array(DEPTHS_UM) + np.diff((*DEPTHS_UM, DEPTHS_UM[-1] + 0.5)) / 2
        layers = list(zip(middles.tolist(), planes, strict=True))
    image = image_layers(layers, params.microscope, scale_um, seed=seed)
    return frame_specimen(
        "mitochondria", params, seed, scale_um, labels=labels, clean=clean, image=image
    )
