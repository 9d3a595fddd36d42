"""Sample data: simulated specimens and a real stack, each with its mask."""

from __future__ import annotations

import numpy as np

from napari_fidelity.contributions.layer_data import LayerData, layer_from_image
from napari_fidelity.contributions.nuclei_stack import read_nuclei_stack
from napari_fidelity.simulation import simulate_mitochondria, simulate_nuclei
from napari_fidelity.simulation.specimen import Specimen

SIDE_PX = 512
SEED = 0


def open_simulated_nuclei() -> list[LayerData]:
    """Simulated nuclei: the sharp object (hidden), its microscope image, its labels."""
    return _show_specimen(simulate_nuclei(shape=(SIDE_PX, SIDE_PX), seed=SEED), "gray")


def open_simulated_mitochondria() -> list[LayerData]:
    """Simulated mitochondria: the sharp object (hidden), its microscope image, its labels."""
    return _show_specimen(simulate_mitochondria(shape=(SIDE_PX, SIDE_PX), seed=SEED), "green")


def open_nuclei_stack() -> list[LayerData]:
    """A real stack of nuclei with its labels.

    Raises
    ------
    UserError
        It is not installed and cannot be downloaded.
    """
    stack = read_nuclei_stack()
    # The brightest of a few dividing nuclei would leave all others dark.
    dark, bright = (float(value) for value in np.percentile(stack.image.array, (1, 99.9)))
    return [
        layer_from_image(
            stack.image, "image", colormap="gray", contrast_limits=(dark, max(bright, dark + 1))
        ),
        layer_from_image(stack.labels, "labels", opacity=0.4),
    ]


def _show_specimen(specimen: Specimen, colormap: str) -> list[LayerData]:
    return [
        layer_from_image(specimen.clean, "image", colormap=colormap, visible=False),
        layer_from_image(specimen.image, "image", colormap=colormap),
        layer_from_image(specimen.labels, "labels", opacity=0.4),
    ]
