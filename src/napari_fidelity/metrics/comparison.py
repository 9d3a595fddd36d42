"""A reference opened once for many tests: what all metrics share is computed at most once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from napari_fidelity.core.image import Image
from napari_fidelity.metrics.blur_fidelity import fit_gain
from napari_fidelity.metrics.masks import as_mask, mask_baselines
from napari_fidelity.metrics.noise_fidelity import NoiseField, choose_background, read_floor
from napari_fidelity.metrics.pixels import (
    REFERENCE,
    TEST,
    AnyImage,
    Bools,
    Floats,
    check_frames,
    read_pixels,
)
from napari_fidelity.metrics.reading import NEEDS_MASK, Reading
from napari_fidelity.metrics.reference import dtype_of, resolve_range
from napari_fidelity.metrics.settings import MeasureSettings
from napari_fidelity.metrics.sharpness import laplacian, laplacian_of_gaussian
from napari_fidelity.metrics.signal_fidelity import read_sfm


@dataclass(frozen=True, eq=False)
class Scene:
    """A reference with its mask, background and settings, checked; `open_scene` makes one.

    Parameters
    ----------
    source : array-like or Image
        The reference as given, for frame checks.
    reference : ndarray of float64
        Its pixels.
    mask, marked : ndarray of bool or None
        Foreground, and a background that was marked by hand.
    settings : MeasureSettings
        How to compute.
    notes : tuple of str
        How masks were understood.
    """

    source: AnyImage
    reference: Floats
    mask: Bools | None
    marked: Bools | None
    settings: MeasureSettings
    notes: tuple[str, ...] = ()

    @cached_property
    def background(self) -> Bools | None:
        """The very pixels that NFM and bfm_background use."""
        return choose_background(self.mask, self.marked, self.settings.margin_px)

    @cached_property
    def noise_field(self) -> NoiseField | None:
        """Background with its dither, keyed by the reference's own coordinates."""
        origin = self.source.origin if isinstance(self.source, Image) else None
        return None if self.background is None else NoiseField(self.background, origin)

    @cached_property
    def nfm_floor(self) -> Reading:
        """NFM between two spatial halves of the reference."""
        if self.noise_field is None:
            return Reading.undefined(NEEDS_MASK)
        return read_floor(self.reference, self.noise_field, self.settings.density)

    @cached_property
    def baselines(self) -> Mapping[str, Reading]:
        """SFM of the two mask-only images, `"blurred"` and `"distance"`."""
        if self.mask is None or self.reference.ndim < 2:
            return {key: Reading.undefined(NEEDS_MASK) for key in ("blurred", "distance")}
        images = mask_baselines(self.mask)
        return {key: read_sfm(i, self.reference, self.mask) for key, i in images.items()}

    @cached_property
    def data_range(self) -> Reading:
        """The range of SSIM and PSNR, in intensities."""
        return resolve_range(self.reference, dtype_of(self.source), self.settings.data_range)

    @cached_property
    def laplacian(self) -> Floats:
        """The reference under the 3×3 Laplacian."""
        return laplacian(self.reference, self.settings.border)

    @cached_property
    def laplacian_of_gaussian(self) -> Floats:
        """The reference under the Laplacian of Gaussian."""
        return laplacian_of_gaussian(self.reference, self.settings.border)

    def describe_settings(self) -> dict[str, Any]:  # Any: numbers, words and None
        """What stands beside every score: settings, and the sizes they led to."""
        sizes = {"n_foreground": self.mask, "n_background": self.background}
        value = self.data_range.value
        return {
            "data_range": value if np.isfinite(value) else None,
            "data_range_from": self.settings.data_range,
            "margin_px": self.settings.margin_px,
            "density": self.settings.density,
            "border": self.settings.border,
            "normalization": self.settings.normalization,
            "spatial_ndim": self.settings.spatial_ndim,
            **{k: None if m is None else int(np.count_nonzero(m)) for k, m in sizes.items()},
        }


@dataclass(frozen=True, eq=False)
class Comparison:
    """One image under test in a scene: all that a metric can ask for."""

    test: Floats
    scene: Scene

    @cached_property
    def laplacians(self) -> tuple[Floats, Floats]:
        """Test and reference under the 3×3 Laplacian."""
        return laplacian(self.test, self.scene.settings.border), self.scene.laplacian

    @cached_property
    def laplacians_of_gaussian(self) -> tuple[Floats, Floats]:
        """Test and reference under the Laplacian of Gaussian."""
        filtered = laplacian_of_gaussian(self.test, self.scene.settings.border)
        return filtered, self.scene.laplacian_of_gaussian

    @cached_property
    def gain(self) -> Reading:
        """Fitted gain of test on reference inside the mask."""
        if self.scene.mask is None:
            return Reading.undefined(NEEDS_MASK)
        return fit_gain(self.test, self.scene.reference, self.scene.mask)


def open_scene(
    reference: AnyImage,
    mask: AnyImage | None = None,
    background: AnyImage | None = None,
    settings: MeasureSettings | None = None,
) -> Scene:
    """A scene of checked arrays; errors and arguments as `measure`."""
    notes: list[str] = []

    def read(marks: AnyImage | None, name: str) -> Bools | None:
        if marks is None:
            return None
        check_frames(marks, name, reference, REFERENCE)
        found = as_mask(marks, name)
        notes.extend([found.note] if found.note else [])
        return found.mask

    pixels = read_pixels(reference, REFERENCE)
    foreground, marked = read(mask, "The mask"), read(background, "The background")
    return Scene(reference, pixels, foreground, marked, settings or MeasureSettings(), tuple(notes))


def compare(test: AnyImage, scene: Scene) -> Comparison:
    """A checked test image beside the scene's reference."""
    check_frames(test, TEST, scene.source, REFERENCE)
    return Comparison(read_pixels(test, TEST), scene)
