"""Point spread functions: computed from optics, measured, and put on an image."""

from napari_fidelity.simulation.psf.beads import BeadSettings, average_beads
from napari_fidelity.simulation.psf.compute import compute_psf
from napari_fidelity.simulation.psf.convolution import convolve_with_psf, reach_px
from napari_fidelity.simulation.psf.gaussian_blur import (
    FWHM_PER_SIGMA,
    Floats,
    GaussianPsf,
    blur_widely,
    blur_with_psf,
    psf_sigmas_px,
)
from napari_fidelity.simulation.psf.kernel import Psf, build_psf, crop_psf
from napari_fidelity.simulation.psf.measured import pack_psf, psf_from_image, resample_psf
from napari_fidelity.simulation.psf.presets import OBJECTIVES, ObjectiveSpec
from napari_fidelity.simulation.psf.settings import (
    MeasuredPsf,
    PsfSettings,
    PsfSource,
    check_optics,
    parse_psf,
)
from napari_fidelity.simulation.psf.widths import measure_fwhm_um

__all__ = [
    "FWHM_PER_SIGMA",
    "OBJECTIVES",
    "BeadSettings",
    "Floats",
    "GaussianPsf",
    "MeasuredPsf",
    "ObjectiveSpec",
    "Psf",
    "PsfSettings",
    "PsfSource",
    "average_beads",
    "blur_widely",
    "blur_with_psf",
    "build_psf",
    "check_optics",
    "compute_psf",
    "convolve_with_psf",
    "crop_psf",
    "measure_fwhm_um",
    "pack_psf",
    "parse_psf",
    "psf_from_image",
    "psf_sigmas_px",
    "reach_px",
    "resample_psf",
]
