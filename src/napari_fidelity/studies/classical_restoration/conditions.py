"""How the fields of the study were spoilt: by known degradations, or by too little light."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import ndimage

from napari_fidelity.core.catalog import Catalog
from napari_fidelity.core.image import Image
from napari_fidelity.core.random import normal
from napari_fidelity.operations.degrade import DegradeParams, degrade
from napari_fidelity.restoration.spec import Floats
from napari_fidelity.simulation.degradation import PRESETS
from napari_fidelity.simulation.degradation.steps.psf_blur import PsfBlur
from napari_fidelity.simulation.psf import PsfSettings, PsfSource, build_psf, pack_psf
from napari_fidelity.studies.classical_restoration.fields import PIXEL_SIZE_UM, EvidenceField

SEED = 2026
BLACK_PERCENTILE = 0.1
# A dry lens of low aperture: 4.5 px wide at half maximum on the nominal pixels.
BLUR = PsfSettings(numerical_aperture=0.6, emission_nm=520, immersion_index=1.0)
SHARP = PsfSettings()  # a guess for recorded pairs
PRESET_PSF = next(s.psf for s in PRESETS["medium"].pipeline.steps if isinstance(s, PsfBlur))
NOISE_LIGHT_PHOTONS, DIM_PHOTONS = 5000.0, 15.0
TEXTURE_SIGMA_PX, NOISE_SHARE = 1.0, 0.1

DECONVOLUTION = ("richardson-lucy", "richardson-lucy-tv", "wiener", "unsupervised-wiener")
DENOISING = ("gaussian", "non-local-means", "total-variation", "bm3d")
ALL = (*DECONVOLUTION, "l0-blind", *DENOISING)
CLEAN, PAIRS, W2S = "clean", "hagen pairs", "w2s pairs"


@dataclass(frozen=True)
class Condition:
    """A way in which images were spoilt.

    Parameters
    ----------
    key, title, about : str
        Its names, and a sentence for the table.
    spoil : callable
        `spoil(field, number)`: the image that methods get; `number` keys the noise.
    psf : PsfSource, optional
        What the methods that need a PSF are given.
    methods : sequence of str
        Keys of `CANDIDATES` that are tuned and reported; empty: only for failures.
    fields : str
        Which fields it is applied to: "clean", "hagen pairs" or "w2s pairs".
    """

    key: str
    title: str
    about: str
    spoil: Callable[[EvidenceField, int], Image]
    psf: PsfSource | None
    methods: Sequence[str]
    fields: str = CLEAN


def degrade_by(*steps: Mapping[str, Any]) -> Callable[[EvidenceField, int], Image]:
    """A maker of degraded images; steps as a pipeline holds them."""  # Any: JSON values

    def spoil(field: EvidenceField, number: int) -> Image:
        black = float(np.percentile(field.truth.array, BLACK_PERCENTILE))
        pipeline = {"steps": [dict(step) for step in steps], "black": black}
        params = DegradeParams.parse({"pipeline": pipeline, "seed": SEED + number})
        return degrade(field.truth, params, region=_whole(field.truth))

    return spoil


def degrade_by_preset(key: str) -> Callable[[EvidenceField, int], Image]:
    """A maker of images degraded by a preset, its numbers drawn for each field."""
    steps = PRESETS[key].pipeline.model_dump()["steps"]
    return degrade_by(*steps)


def add_noise(sigma_px: float) -> Callable[[EvidenceField, int], Image]:
    """A maker of images with Gaussian noise of a tenth of the range, smoothed by `sigma_px`.

    The noise has the same standard deviation whatever its texture.
    """

    def spoil(field: EvidenceField, number: int) -> Image:
        pixels: Floats = field.truth.array
        noise = normal(pixels.shape, seed=SEED + number, stream=1)
        noise = ndimage.gaussian_filter(noise, sigma_px, mode="wrap")
        low, high = np.percentile(pixels, (BLACK_PERCENTILE, 100 - BLACK_PERCENTILE))
        sd = np.float32(NOISE_SHARE * (high - low) / float(noise.std()))
        return replace(field.truth, array=(pixels + sd * noise).astype(np.float32))

    return spoil


def take_recorded(field: EvidenceField, _number: int) -> Image:
    """The field as it was recorded with little light."""
    if field.recorded is None:
        raise ValueError(f"{field.key} has no second recording")
    return field.recorded


def draw_motion(side_px: int = 15) -> Floats:
    """The blur of a stage that moves along an arc while the shutter is open; sum 1."""
    time = np.linspace(0, 1, 400)
    angle = 0.3 + 1.6 * time
    path = np.cumsum(np.stack([np.sin(angle), np.cos(angle)]), axis=1)
    span = (path.max(axis=1) - path.min(axis=1)).max()
    path = (path - path.mean(axis=1, keepdims=True)) / span * (side_px - 5)
    kernel = np.zeros((side_px, side_px), np.float64)
    y, x = path + side_px // 2
    edges = np.arange(side_px + 1) - 0.5
    kernel += np.histogram2d(y, x, bins=(edges, edges))[0]
    kernel = ndimage.gaussian_filter(kernel, 0.5)
    return np.asarray(kernel / kernel.sum(), np.float32)


def _whole(image: Image) -> tuple[slice, ...]:
    """Every pixel as a region: results of a region carry no recipe, which is not needed here."""
    return tuple(slice(0, size) for size in image.shape)


def _blur(psf: PsfSource) -> dict[str, Any]:  # Any: JSON values
    return {"kind": "psf", "psf": psf.model_dump()}


def _photons(count: float) -> dict[str, Any]:  # Any: JSON values
    return {"kind": "poisson", "photons": count}


MOTION = pack_psf(build_psf(draw_motion(), (PIXEL_SIZE_UM, PIXEL_SIZE_UM)))

CONDITIONS: Catalog[Condition] = Catalog(
    "condition",
    [
        Condition(
            "blurred",
            "Blurred, noise-light",
            "PSF of NA 0.6 (4.5 px wide at half maximum), 5000 photons in the brightest pixels; "
            "the methods are given the true PSF.",
            degrade_by(_blur(BLUR), _photons(NOISE_LIGHT_PHOTONS)),
            BLUR,
            (*DECONVOLUTION, "l0-blind", "gaussian", "total-variation"),
        ),
        Condition(
            "medium",
            "Preset medium",
            "PSF of NA 0.8 (3.3 px), 40 to 120 photons, Gaussian noise, exposure; true PSF.",
            degrade_by_preset("medium"),
            PRESET_PSF,
            ALL,
        ),
        Condition(
            "strong",
            "Preset strong",
            "PSF of NA 0.8 (3.3 px), 8 to 30 photons, more Gaussian noise, exposure; true PSF.",
            degrade_by_preset("strong"),
            PRESET_PSF,
            (*DECONVOLUTION, *DENOISING),
        ),
        Condition(
            "motion",
            "Moved during exposure",
            "An arc of 10 px, 5000 photons; the methods that need a PSF are given the true arc, "
            "L0 finds its own.",
            degrade_by(_blur(MOTION), _photons(NOISE_LIGHT_PHOTONS)),
            MOTION,
            ("richardson-lucy", "richardson-lucy-tv", "wiener", "unsupervised-wiener", "l0-blind"),
        ),
        Condition(
            "haze",
            "Haze",
            "Twice the light again from far out of focus (σ 3 µm), 1000 photons.",
            degrade_by(
                {"kind": "haze", "amount": 2.0, "width_um": 3.0, "keep_mean": False},
                _photons(1000.0),
            ),
            None,
            ("rolling-ball", "gaussian"),
        ),
        Condition(
            "hagen",
            "Real pairs: hagen",
            "The same field with little and with much light. The PSF is a guess (NA 1.4).",
            take_recorded,
            SHARP,
            ALL,
            PAIRS,
        ),
        Condition(
            "w2s",
            "Real pairs: w2s",
            "One exposure against the mean of 400. The PSF is a guess (NA 1.4).",
            take_recorded,
            SHARP,
            ALL,
            W2S,
        ),
        Condition(
            "dim",
            "Blurred and dim",
            "As blurred, with 15 photons.",
            degrade_by(_blur(BLUR), _photons(DIM_PHOTONS)),
            BLUR,
            (),
        ),
        Condition(
            "defocused",
            "Out of focus and dim",
            "2 µm out of focus, 15 photons: L0 beside a plain Gaussian.",
            degrade_by(
                {"kind": "defocus", "defocus_um": 2.0, "psf": BLUR.model_dump()},
                _photons(DIM_PHOTONS),
            ),
            BLUR,
            ("l0-blind", "gaussian"),
        ),
        Condition(
            "white",
            "White noise",
            "Gaussian noise of a tenth of the range, each pixel for itself.",
            add_noise(0.0),
            None,
            DENOISING,
        ),
        Condition(
            "textured",
            "Textured noise",
            "The same noise smoothed by σ 1 px, as after interpolation, of the same strength.",
            add_noise(TEXTURE_SIGMA_PX),
            None,
            (),
        ),
    ],
)
