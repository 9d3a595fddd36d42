"""Estimated numbers with their range, how they were found, or why they are not known."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from napari_fidelity.core.errors import UserError
from napari_fidelity.simulation.camera_noise import CameraNoise
from napari_fidelity.simulation.noise import Camera

Json = dict[str, Any]  # Any: JSON


@dataclass(frozen=True)
class Estimated:
    """One number: its value, a 95 % range, and how it was found; NaN with the reason.

    Parameters
    ----------
    value, low, high : float
        NaN where nothing can be said.
    how : str
        What was measured, and which assumption was made; or why there is no value.

    Examples
    --------
    >>> Estimated.unknown("the image is constant").is_known
    False
    """

    value: float
    low: float
    high: float
    how: str

    @classmethod
    def unknown(cls, reason: str) -> Estimated:
        """NaN, and why."""
        return cls(math.nan, math.nan, math.nan, reason)

    @property
    def is_known(self) -> bool:
        """Whether there is a value."""
        return math.isfinite(self.value)


@dataclass(frozen=True)
class ImageEstimate:
    """What an image tells about its camera and optics.

    Parameters
    ----------
    offset : Estimated
        Grey level without light.
    gain : Estimated
        Grey levels per detected photon (electron).
    read_noise : Estimated
        Standard deviation of the noise without light, in electrons.
    background : Estimated
        Typical grey level away from objects.
    bright : Estimated
        Grey level of the brightest thousandth.
    blur_sigma_px : Estimated
        Standard deviation of the lateral blur as a Gaussian, in pixels.
    blur_fwhm_um : Estimated
        Its full width at half maximum in µm; NaN where the pixel size is not known.
    image : str
        Name of the image.
    notes : tuple of str
        Sentences on what makes the numbers doubtful.

    Examples
    --------
    >>> found = Estimated(2.0, 1.9, 2.1, "stated")
    >>> estimate = ImageEstimate(*[found] * 7)
    >>> ImageEstimate.from_json(estimate.to_json()) == estimate
    True
    >>> estimate.camera().gain
    2.0
    """

    offset: Estimated
    gain: Estimated
    read_noise: Estimated
    background: Estimated
    bright: Estimated
    blur_sigma_px: Estimated
    blur_fwhm_um: Estimated
    image: str = ""
    notes: tuple[str, ...] = ()

    def to_json(self) -> Json:
        """All of it for a JSON file; NaN becomes None."""
        found = asdict(self)
        for name in NUMBERS:
            found[name] = {key: _none_if_nan(value) for key, value in found[name].items()}
        return {**found, "notes": list(self.notes)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ImageEstimate:  # Any: JSON
        """What `to_json` made.

        Raises
        ------
        UserError
            Something is missing or is not known.
        """
        try:
            numbers = {name: _read_number(values[name]) for name in NUMBERS}
            notes = tuple(str(note) for note in values.get("notes", ()))
            return cls(**numbers, image=str(values.get("image", "")), notes=notes)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise UserError(
                "This is no estimate of a camera: make one with `napari-fidelity estimate IMAGE "
                "--format json`."
            ) from None

    def camera(self) -> CameraNoise:
        """The camera, for a generator.

        Raises
        ------
        UserError
            The offset or the gain is not known; the sentence gives the reason. A read noise
            that is not known counts as 0.
        """
        name = self.image or "the image"
        for what in ("offset", "gain"):
            number: Estimated = getattr(self, what)
            if not number.is_known:
                raise UserError(f"The camera's {what} is not known from {name}: {number.how}")
        read_noise = self.read_noise.value if self.read_noise.is_known else 0.0
        return CameraNoise.parse(
            {"offset": self.offset.value, "gain": self.gain.value, "read_noise": read_noise}
        )

    def specimen_camera(self, template: Camera | None = None) -> Camera:
        """The camera of a simulated specimen: `template` with all that is known put in.

        Raises
        ------
        UserError
            As for `camera`.
        """
        known, camera = self.camera(), template or Camera()
        changes: Json = known.model_dump(include={"offset", "gain", "read_noise"})
        if self.background.is_known:
            light = (self.background.value - known.offset) / known.gain
            changes["background_photons"] = max(light, 0.0)
        return Camera.parse({**camera.model_dump(), **changes})

    def describe(self) -> str:
        """A line for each number, how it was found beneath, and the notes."""
        lines = []
        for name, (title, unit) in TITLES.items():
            number: Estimated = getattr(self, name)
            said = "not known"
            if number.is_known:
                said = f"{number.value:.4g}{unit}"
                if number.low < number.high:
                    said += f"  ({number.low:.4g} to {number.high:.4g})"
            lines += [f"{title:<12}{said}", f"            {number.how}"]
        return "\n".join([*lines, *(f"Note: {note}" for note in self.notes)])


TITLES = {
    "offset": ("Offset", ""),
    "gain": ("Gain", " grey levels per electron"),
    "read_noise": ("Read noise", " electrons"),
    "background": ("Background", ""),
    "bright": ("Bright", ""),
    "blur_sigma_px": ("Blur sigma", " px"),
    "blur_fwhm_um": ("Blur FWHM", " µm"),
}
NUMBERS = tuple(f.name for f in fields(ImageEstimate) if f.name not in ("image", "notes"))


def _none_if_nan(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _read_number(values: Mapping[str, Any]) -> Estimated:  # Any: JSON
    numbers = (values[key] for key in ("value", "low", "high"))
    value, low, high = (math.nan if number is None else float(number) for number in numbers)
    return Estimated(value, low, high, str(values["how"]))
