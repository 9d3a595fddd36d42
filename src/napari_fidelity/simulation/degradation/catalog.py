"""The steps that a degradation can be made of, in the order of nature: optics, light, sensor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from napari_fidelity.core.catalog import Catalog
from napari_fidelity.core.errors import UserError
from napari_fidelity.simulation.degradation.step import Step
from napari_fidelity.simulation.degradation.steps.axial_subsampling import AxialSubsampling
from napari_fidelity.simulation.degradation.steps.bleaching import Bleaching
from napari_fidelity.simulation.degradation.steps.camera import Camera
from napari_fidelity.simulation.degradation.steps.contrast_stretch import ContrastStretch
from napari_fidelity.simulation.degradation.steps.defocus import Defocus
from napari_fidelity.simulation.degradation.steps.down_sampling import DownSampling
from napari_fidelity.simulation.degradation.steps.gaussian_noise import GaussianNoise
from napari_fidelity.simulation.degradation.steps.haze import Haze
from napari_fidelity.simulation.degradation.steps.intensity_factor import IntensityFactor
from napari_fidelity.simulation.degradation.steps.local_minimum import LocalMinimum
from napari_fidelity.simulation.degradation.steps.poisson import Poisson
from napari_fidelity.simulation.degradation.steps.psf_blur import PsfBlur
from napari_fidelity.simulation.degradation.steps.uneven_illumination import UnevenIllumination


@dataclass(frozen=True)
class StepSpec:
    """A line of the catalog of steps.

    Parameters
    ----------
    key : str
        What `kind` says in files.
    title, description : str
        For a person.
    params : type of Step
        Its settings, which also do it.
    """

    key: str
    title: str
    description: str
    params: type[Step]


STEPS: Catalog[StepSpec] = Catalog(
    "step",
    [
        StepSpec(
            "contrast-stretch",
            "Contrast stretch",
            "Stretches the clean image to the whole range; its target as well",
            ContrastStretch,
        ),
        StepSpec(
            "local-minimum",
            "Local minimum",
            "Removes the grain of the clean image; of its target as well",
            LocalMinimum,
        ),
        StepSpec("psf", "PSF", "Blur by the point spread function of a microscope", PsfBlur),
        StepSpec("defocus", "Defocus", "Each plane at a distance from the focus", Defocus),
        StepSpec("haze", "Haze", "Light of other depths, far out of focus", Haze),
        StepSpec(
            "uneven-illumination",
            "Uneven illumination",
            "Light that falls off towards the border, to a side, or in patches",
            UnevenIllumination,
        ),
        StepSpec("bleaching", "Bleaching", "Light is lost from frame to frame", Bleaching),
        StepSpec(
            "axial-subsampling", "Axial subsampling", "A stack with fewer planes", AxialSubsampling
        ),
        StepSpec("down-sampling", "Down-sampling", "Larger pixels", DownSampling),
        StepSpec(
            "poisson",
            "Photon budget",
            "Few photons are counted: Poisson noise",
            Poisson,
        ),
        StepSpec(
            "camera",
            "Camera",
            "Offset, gain, read noise, whole grey levels of some bits, and the maps of a sensor",
            Camera,
        ),
        StepSpec(
            "gaussian-noise",
            "Gaussian noise",
            "Noise of a random standard deviation and amplitude",
            GaussianNoise,
        ),
        StepSpec(
            "intensity-factor",
            "Intensity factor",
            "Under- or over-exposure, clipped to the camera's range",
            IntensityFactor,
        ),
    ],
)


def parse_step(value: object) -> Step:
    """A step from itself, or from a mapping as JSON and YAML give it.

    Raises
    ------
    UserError
        Its kind is missing or unknown, or a value is out of range.

    Examples
    --------
    >>> parse_step({"kind": "poisson", "photons": [50, 200]}).photons
    Interval(low=50.0, high=200.0)
    """
    if isinstance(value, Step):
        return value
    if not isinstance(value, Mapping) or "kind" not in value:
        raise UserError(
            f"A step is given by its settings, with its kind ({', '.join(STEPS)}), "
            f"not by {value!r}."
        )
    return STEPS[str(value["kind"])].params.parse(dict(value))
