"""Settings of simulated mitochondria."""

from __future__ import annotations

from pydantic import Field

from napari_fidelity.core.params import Params
from napari_fidelity.simulation.microscope import Microscope
from napari_fidelity.simulation.noise import Camera
from napari_fidelity.simulation.psf import GaussianPsf


class MitochondriaParams(Params):
    """Mitochondria of adherent cells under a 60× to 100× objective."""

    pixel_size_um: float = Field(
        0.1, gt=0.01, le=1, title="Pixel size (µm)", description="Pixel size in Y and X."
    )
    z_step_um: float = Field(
        0.25, gt=0.01, le=5, title="Z step (µm)", description="Distance of planes of a stack."
    )
    thickness_um: float = Field(
        0.4, ge=0.1, le=3, title="Thickness (µm)", description="Mean diameter of a tubule."
    )
    thickness_spread: float = Field(
        0.18,
        ge=0,
        le=0.5,
        title="Thickness spread",
        description="Relative SD of the diameter along and between tubules.",
    )
    density: float = Field(
        0.5,
        ge=0,
        le=1.5,
        title="Density",
        description="Area of all mitochondria over the area of the cytoplasm.",
    )
    length_um: float = Field(
        8.0, ge=0.5, le=50, title="Length (µm)", description="Mean length of a tubule."
    )
    waviness: float = Field(
        1.0,
        ge=0,
        le=3,
        title="Waviness (1/µm)",
        description="SD of a tubule's curvature; 1 bends with a radius of 1 µm.",
    )
    branching: float = Field(
        0.6, ge=0, le=5, title="Branching", description="Mean number of branches of a tubule."
    )
    fragments: float = Field(
        0.25,
        ge=0,
        le=1,
        title="Fragments",
        description="Share of the mitochondria that are short rods and dots.",
    )
    rings: float = Field(
        0.08,
        ge=0,
        le=1,
        title="Rings",
        description="Share of the mitochondria that are closed rings.",
    )
    brightness_spread: float = Field(
        0.4,
        ge=0,
        le=1,
        title="Brightness spread",
        description="Relative SD of the brightness along and between tubules.",
    )
    cell_diameter_um: float = Field(
        38.0, ge=5, le=300, title="Cell diameter (µm)", description="Mean width of a cell."
    )
    cell_height_um: float = Field(
        3.0,
        gt=0.1,
        le=30,
        title="Cell height (µm)",
        description="Height of a cell beside its nucleus; it thins towards the edge.",
    )
    microscope: Microscope = Field(
        Microscope(
            psf=GaussianPsf(lateral_fwhm_um=0.24, axial_fwhm_um=0.9),
            haze=0.35,
            haze_sigma_um=1.6,
            camera=Camera(photons=350, background_photons=8),
        ),
        title="Microscope",
        description="Optics and camera.",
    )
