"""What a point spread function is computed from, or where it was measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.params import Params


class PsfSettings(Params):
    """Optics from which a PSF is computed; lengths of a wave are those in vacuum."""

    kind: Literal["computed"] = "computed"
    model: Literal["gaussian", "born-wolf", "gibson-lanni"] = Field(
        "born-wolf",
        title="Model",
        description="Gaussian of the right width, scalar diffraction in one medium (Born–Wolf), "
        "or through coverslip and sample as well (Gibson–Lanni).",
    )
    microscope: Literal["widefield", "confocal"] = Field(
        "widefield",
        title="Microscope",
        description="A confocal one multiplies by the excitation and detects through a pinhole.",
    )
    numerical_aperture: float = Field(
        1.4,
        gt=0,
        le=1.7,
        title="Numerical aperture",
        description="NA of the objective; at most the refractive index of its immersion.",
    )
    emission_nm: float = Field(
        520.0,
        ge=200,
        le=2000,
        title="Emission (nm)",
        description="Wavelength of the detected light, nanometers.",
    )
    excitation_nm: float = Field(
        488.0,
        ge=200,
        le=2000,
        title="Excitation (nm)",
        description="Wavelength of the laser, nanometers; confocal only.",
    )
    pinhole_au: float = Field(
        1.0,
        ge=0,
        le=10,
        title="Pinhole (Airy units)",
        description="Diameter of the pinhole over 1.22·emission/NA; confocal only.",
    )
    immersion_index: float = Field(
        1.515,
        ge=1,
        le=2,
        title="Immersion index",
        description="Refractive index between objective and coverslip: air 1, water 1.333, "
        "silicone 1.406, oil 1.515.",
    )
    sample_index: float = Field(
        1.333,
        ge=1,
        le=2,
        title="Sample index",
        description="Refractive index around the specimen; Gibson–Lanni only.",
    )
    depth_um: float = Field(
        0.0,
        ge=0,
        le=1000,
        title="Depth (µm)",
        description="Distance of the point from the coverslip; Gibson–Lanni only.",
    )
    working_distance_um: float = Field(
        150.0,
        gt=0,
        le=20000,
        title="Immersion layer (µm)",
        description="Thickness of the immersion by design, in focus at the coverslip; it counts "
        "where the immersion is not the designed one. Gibson–Lanni only.",
    )
    coverslip_um: float = Field(
        170.0,
        ge=0,
        le=5000,
        title="Coverslip (µm)",
        description="Thickness of the coverslip in use; Gibson–Lanni only.",
    )
    coverslip_index: float = Field(
        1.515,
        ge=1,
        le=2,
        title="Coverslip index",
        description="Refractive index of the coverslip in use; Gibson–Lanni only.",
    )
    design_coverslip_um: float = Field(
        170.0,
        ge=0,
        le=5000,
        title="Designed coverslip (µm)",
        description="Thickness that the objective is corrected for; Gibson–Lanni only.",
    )
    design_coverslip_index: float = Field(
        1.515,
        ge=1,
        le=2,
        title="Designed coverslip index",
        description="Refractive index that the objective is corrected for; Gibson–Lanni only.",
    )
    design_immersion_index: float | None = Field(
        None,
        ge=1,
        le=2,
        title="Designed immersion index",
        description="Refractive index that the objective is corrected for; none: the index of "
        "the immersion in use. Gibson–Lanni only.",
    )
    pixel_integration: bool = Field(
        False,
        title="Integrate over pixels",
        description="Mean over each pixel's area instead of the value at its centre: what a "
        "camera with coarse pixels records of a point.",
    )


class MeasuredPsf(Params):
    """A PSF that was measured: a file of pixels, or the pixels themselves, and their size."""

    kind: Literal["measured"] = "measured"
    path: str = Field(
        "", title="File", description="TIFF or .npy file with the pixels of the PSF, YX or ZYX."
    )
    sha256: str = Field(
        "", title="SHA-256", description="Of the file; one that has changed is refused."
    )
    pixels: str = Field(
        "", title="Pixels", description="Float32 values in C order, zlib-packed, as base64."
    )
    shape: tuple[int, ...] = Field((), title="Shape", description="Of the packed pixels, (Z)YX.")
    scale_um: tuple[float, ...] = Field(
        (),
        title="Pixel size (µm)",
        description="Size of the PSF's pixels, (Z)YX; empty: those of the image it is used on.",
    )


PsfSource = PsfSettings | MeasuredPsf
_KINDS: dict[str, type[PsfSettings] | type[MeasuredPsf]] = {
    "computed": PsfSettings,
    "measured": MeasuredPsf,
}


def parse_psf(value: object) -> PsfSource:
    """A PSF's settings from settings, or from a mapping as JSON and YAML give it.

    A mapping without `kind` is a measured PSF where it has `path` or `pixels`, else computed.

    Raises
    ------
    UserError
        The kind is unknown, a key is unknown, or a value is out of range.

    Examples
    --------
    >>> parse_psf({"numerical_aperture": 0.8}).numerical_aperture
    0.8
    >>> parse_psf({"path": "psf.tif"}).kind
    'measured'
    """
    if isinstance(value, PsfSettings | MeasuredPsf):
        return value
    if not isinstance(value, Mapping):
        raise UserError(f"A PSF is given by its settings, not by {value!r}.")
    values: dict[str, Any] = dict(value)  # Any: values come from files and forms
    guess = "measured" if {"path", "pixels"} & values.keys() else "computed"
    kind = values.get("kind", guess)
    if kind not in _KINDS:
        raise UserError(f"There is no PSF of kind {kind!r}: choose one of {', '.join(_KINDS)}.")
    return _KINDS[kind].parse(values)


def check_optics(settings: PsfSettings) -> None:
    """Refuse optics that cannot be.

    Raises
    ------
    UserError
        The numerical aperture is above the refractive index of the immersion or the coverslip.

    Examples
    --------
    >>> check_optics(PsfSettings(numerical_aperture=1.4, immersion_index=1))
    Traceback (most recent call last):
    ...
    napari_fidelity.core.errors.UserError: The numerical aperture 1.4 is above ...
    """
    aperture = settings.numerical_aperture
    layers = {"immersion": settings.immersion_index}
    if settings.model == "gibson-lanni":
        layers["designed immersion"] = settings.design_immersion_index or settings.immersion_index
        layers["coverslip"] = settings.coverslip_index
        layers["designed coverslip"] = settings.design_coverslip_index
    for name, index in layers.items():
        if aperture > index:
            raise UserError(
                f"The numerical aperture {aperture:g} is above the refractive index {index:g} of "
                f"the {name}, which no objective can have: correct one of the two."
            )
