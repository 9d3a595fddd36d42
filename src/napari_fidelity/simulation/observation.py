"""What a camera adds to an expected signal, as measured on a training set or on one image.

**Ours**, not of the papers: the generator makes the expected signal (background 0, foreground
about 1), the observation makes what the camera adds. It has three parts: the haze that the
signal itself casts around objects, a smooth and positively skewed field (light from out of
focus, debris), and pixel noise that grows with the signal; both random parts are keyed by
coordinate. How they share the background's variance is measured once on a training set
(`ObservationModel`); an image to be matched contributes four numbers and no more (`Levels`).
`simulation.response` turns both into the coefficients that make intensities.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from napari_fidelity.core.params import Params
from napari_fidelity.simulation.camera_noise import CameraNoise


class Levels(Params):
    """The four numbers to which an image is matched, in its own intensity units."""

    foreground_mean: float = Field(title="Foreground mean", description="Mean inside the mask")
    foreground_sd: float = Field(
        ge=0, title="Foreground SD", description="Standard deviation inside the mask"
    )
    background_mean: float = Field(title="Background mean", description="Mean away from the mask")
    background_sd: float = Field(
        ge=0, title="Background SD", description="Standard deviation away from the mask"
    )

    @property
    def contrast(self) -> float:
        """Foreground mean minus background mean."""
        return self.foreground_mean - self.background_mean


class ObservationModel(Params):
    """How the background's variance and the pixel noise come about, measured on a training set.

    With contrast c, background SD s and foreground SD f, pixel noise has the SD
    `pixel_factor · s · (s/c)^pixel_exponent` where there is no signal and
    `foreground_factor · f` where the signal is 1; its variance is linear in between. Background
    variance beyond what haze and smooth field may take is pixel noise as well.
    """

    pixel_factor: float = Field(1.0, ge=0, description="Pixel noise over background SD at s = c")
    pixel_exponent: float = Field(0.0, description="Power of s/c by which that ratio changes")
    foreground_factor: float = Field(0.0, ge=0, description="Pixel noise over foreground SD")
    haze_share: float = Field(
        0.0, ge=0, le=1, description="Share of the background's variance that haze takes"
    )
    field_scales_px: tuple[float, ...] = Field(
        (8.0,), min_length=1, description="Gaussian SDs of the layers of the smooth field"
    )
    field_skew: float = Field(
        0.0, ge=0, le=2, description="Log-normal shape of the smooth field; 0 is Gaussian"
    )
    field_limit: float = Field(
        1.0, ge=0, description="Largest SD of the smooth field over c; the rest is pixel noise"
    )
    exponent_limit: float = Field(
        4.0,
        ge=1,
        le=4,
        description="Largest power of the signal inside objects: what varies more than that "
        "varies by what a mask does not tell, and stays less",
    )

    def known_camera(self) -> CameraNoise | None:
        """The camera whose noise takes the place of the pixel noise; None here."""
        return None

    def split_noise(self, levels: Levels) -> tuple[float, float]:
        """SD of pixel noise without signal, and where the signal is 1."""
        contrast, spread = max(levels.contrast, 1e-9), max(levels.background_sd, 1e-9)
        ratio = min(self.pixel_factor * (spread / contrast) ** self.pixel_exponent, 1.0)
        smooth_share = min(1 - self.haze_share, (self.field_limit * contrast / spread) ** 2)
        pixel_sd = spread * np.sqrt(max(ratio**2, 1 - self.haze_share - smooth_share))
        foreground = max(self.foreground_factor * levels.foreground_sd, pixel_sd)
        return float(pixel_sd), float(min(foreground, 0.9 * levels.foreground_sd))


# Of a generator that draws the whole image, haze and noise with it: nothing is added. Where an
# image to be matched varies more in its background than what was drawn, the rest is pixel noise.
NOTHING_ADDED = ObservationModel(
    pixel_factor=0.0, foreground_factor=0.0, haze_share=1.0, field_limit=0.0
)


class CameraObservation(ObservationModel):
    """An observation whose pixel noise is that of a known camera; all else as measured."""

    camera: CameraNoise = Field(description="The camera")

    def known_camera(self) -> CameraNoise:
        """The camera."""
        return self.camera

    def split_noise(self, levels: Levels) -> tuple[float, float]:
        """SD of the camera's noise at the mean levels of background and foreground."""
        foreground = self.camera.noise_sd(levels.foreground_mean)
        pixel_sd = self.camera.noise_sd(levels.background_mean)
        return pixel_sd, max(min(foreground, 0.9 * levels.foreground_sd), pixel_sd)


def measure_levels(
    image: npt.NDArray[Any], mask: npt.NDArray[np.bool_], background: npt.NDArray[np.bool_]
) -> Levels:
    """The four levels of `image` (any shape) inside `mask` and inside `background`."""
    inside, outside = image[mask].astype(np.float64), image[background].astype(np.float64)
    return Levels(
        foreground_mean=float(inside.mean()),
        foreground_sd=float(inside.std()),
        background_mean=float(outside.mean()),
        background_sd=float(outside.std()),
    )
