"""Ready pipelines: three sets of intervals after the semi-synthetic data of the literature."""

from __future__ import annotations

from dataclasses import dataclass

from napari_fidelity.core.catalog import Catalog
from napari_fidelity.simulation.degradation.interval import Interval
from napari_fidelity.simulation.degradation.pipeline import Pipeline
from napari_fidelity.simulation.degradation.steps.contrast_stretch import ContrastStretch
from napari_fidelity.simulation.degradation.steps.gaussian_noise import GaussianNoise
from napari_fidelity.simulation.degradation.steps.intensity_factor import IntensityFactor
from napari_fidelity.simulation.degradation.steps.local_minimum import LocalMinimum
from napari_fidelity.simulation.degradation.steps.poisson import Poisson
from napari_fidelity.simulation.degradation.steps.psf_blur import PsfBlur
from napari_fidelity.simulation.psf import OBJECTIVES


@dataclass(frozen=True)
class PresetSpec:
    """A line of the catalog of presets."""

    key: str
    title: str
    description: str
    pipeline: Pipeline


# How a clean image is prepared before it is degraded, of which the target is made too: contrast
# stretch, then a minimum filter of 0.5 to 4 pixels. Put before a preset where images are grainy.
PREPARATION = (ContrastStretch(), LocalMinimum(mode="gate", radius_px=1.0))

_Pair = tuple[float, float]


def _preset(
    key: str, photons: _Pair, sd_percent: _Pair, amplitude: _Pair, factor: _Pair
) -> PresetSpec:
    """PSF of a 20×/0.8 objective, Poisson, Gaussian noise, factor.

    The order and what is random are the literature's, the numbers are ours. Noise and exposure
    set the presets apart, the optics do not.
    """

    def span(pair: _Pair) -> Interval:
        return Interval(low=pair[0], high=pair[1])

    steps = (
        PsfBlur(psf=OBJECTIVES["20x-0.8"].apply()),
        Poisson(photons=span(photons)),
        GaussianNoise(sd_percent=span(sd_percent), amplitude=span(amplitude)),
        IntensityFactor(factor=span(factor)),
    )
    title = key.capitalize()
    about = f"PSF, {photons[0]:g} to {photons[1]:g} photons, noise, exposure"
    return PresetSpec(key, title, about, Pipeline(name=key, steps=steps))


PRESETS: Catalog[PresetSpec] = Catalog(
    "preset",
    [
        _preset("mild", (150, 400), (1, 3), (0.5, 1), (0.8, 1.2)),
        _preset("medium", (40, 120), (3, 6), (0.5, 1), (0.6, 1.4)),
        _preset("strong", (8, 30), (6, 12), (0.5, 1), (0.4, 1.6)),
    ],
)
