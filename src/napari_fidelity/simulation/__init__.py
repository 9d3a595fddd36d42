"""Floor 1: simulated specimens with known truth, and the blur and noise of a microscope."""

from napari_fidelity.simulation.catalog import SPECIMENS, SpecimenSpec
from napari_fidelity.simulation.microscope import Microscope
from napari_fidelity.simulation.mitochondria import simulate_mitochondria
from napari_fidelity.simulation.mitochondria_params import MitochondriaParams
from napari_fidelity.simulation.noise import Camera
from napari_fidelity.simulation.nuclei import simulate_nuclei
from napari_fidelity.simulation.nuclei_params import NucleiParams
from napari_fidelity.simulation.psf import GaussianPsf
from napari_fidelity.simulation.specimen import Specimen

__all__ = [
    "SPECIMENS",
    "Camera",
    "GaussianPsf",
    "Microscope",
    "MitochondriaParams",
    "NucleiParams",
    "Specimen",
    "SpecimenSpec",
    "simulate_mitochondria",
    "simulate_nuclei",
]
