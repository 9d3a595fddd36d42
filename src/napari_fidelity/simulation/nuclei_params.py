"""Settings of simulated nuclei."""

from __future__ import annotations

from pydantic import Field

from napari_fidelity.core.params import Params
from napari_fidelity.simulation.microscope import Microscope
from napari_fidelity.simulation.noise import Camera
from napari_fidelity.simulation.psf import GaussianPsf


class NucleiParams(Params):
    """Nuclei of adherent cells under a 20× to 63× objective."""

    pixel_size_um: float = Field(
        0.26, gt=0.01, le=5, title="Pixel size (µm)", description="Pixel size in Y and X."
    )
    z_step_um: float = Field(
        0.5, gt=0.01, le=10, title="Z step (µm)", description="Distance of planes of a stack."
    )
    diameter_um: float = Field(
        11.0, ge=1, le=100, title="Diameter (µm)", description="Mean diameter of a nucleus."
    )
    size_spread: float = Field(
        0.13, ge=0, le=0.5, title="Size spread", description="Relative SD of the diameter."
    )
    elongation: float = Field(
        1.35, ge=1, le=3, title="Elongation", description="Mean ratio of length to width."
    )
    irregularity: float = Field(
        0.07,
        ge=0,
        le=0.3,
        title="Irregularity",
        description="Relative SD of the outline about an ellipse.",
    )
    flatness: float = Field(
        0.6, gt=0.05, le=1, title="Flatness", description="Height over width, in stacks."
    )
    density: float = Field(
        0.3,
        ge=0,
        le=0.9,
        title="Density",
        description="Share of the area covered, as far as nuclei fit.",
    )
    touching: float = Field(
        0.35,
        ge=0,
        le=1,
        title="Touching",
        description="Share of nuclei that are placed against a neighbour.",
    )
    mitotic: float = Field(
        0.03, ge=0, le=1, title="Mitotic", description="Share of cells in division."
    )
    brightness_spread: float = Field(
        0.22, ge=0, le=1, title="Brightness spread", description="Relative SD between nuclei."
    )
    texture: float = Field(
        0.23,
        ge=0,
        le=1.5,
        title="Chromatin contrast",
        description="Relative SD of the chromatin density inside a nucleus.",
    )
    texture_scale_um: float = Field(
        0.9, gt=0.05, le=10, title="Chromatin lumps (µm)", description="Width of a lump."
    )
    nucleoli: float = Field(
        2.5, ge=0, le=20, title="Nucleoli", description="Mean number of nucleoli in a nucleus."
    )
    rim: float = Field(
        0.35, ge=0, le=3, title="Rim", description="Extra density under the nuclear envelope."
    )
    foci: float = Field(
        2.0, ge=0, le=40, title="Foci", description="Mean number of bright foci in a nucleus."
    )
    defocus_um: float = Field(
        1.0,
        ge=0,
        le=20,
        title="Defocus (µm)",
        description="SD of the distance of nuclei from the focal plane, in single planes.",
    )
    microscope: Microscope = Field(
        Microscope(
            psf=GaussianPsf(lateral_fwhm_um=0.45, axial_fwhm_um=1.6),
            haze=0.12,
            haze_sigma_um=4.0,
            camera=Camera(photons=500, background_photons=12),
        ),
        title="Microscope",
        description="Optics and camera.",
    )
