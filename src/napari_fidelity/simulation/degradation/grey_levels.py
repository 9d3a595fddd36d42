"""What grey levels mean at a step: where light begins, what is bright, where the range ends."""

from __future__ import annotations

from dataclasses import dataclass, replace

from napari_fidelity.simulation.degradation.whole_image import WholeImage

BRIGHT_PERCENT = 99.9
CAMERA_BITS = (8, 10, 12, 14, 16)


@dataclass(frozen=True)
class GreyLevels:
    """The scale of grey levels at a step of a pipeline.

    Parameters
    ----------
    whole : WholeImage
        The image that the pipeline was given.
    black : float
        Level without light.
    slope, shift : float
        ``slope · level + shift`` is what a level of the given image is at this step.
    top : float, optional
        Where the range ends, if a step has said so.
    photons_per_level : float
        Photons that raise a pixel by one level, for a camera; 1 before a photon budget.
    """

    whole: WholeImage
    black: float = 0.0
    slope: float = 1.0
    shift: float = 0.0
    top: float | None = None
    photons_per_level: float = 1.0

    def percentile(self, percent: float) -> float:
        """A percentile of the given image on the scale of this step."""
        return self.slope * self.whole.percentile(percent) + self.shift

    @property
    def bright(self) -> float:
        """The 99.9 % level of the given image; its largest where that is black."""
        level = self.percentile(BRIGHT_PERCENT)
        return level if level > self.black else max(self.percentile(100), self.black)

    @property
    def limit(self) -> float:
        """Where the range ends: what a step said, else the smallest camera range that holds all.

        Ranges of cameras are those of 8, 10, 12, 14 and 16 bits; images of floats, and those
        with larger integers, end at their largest value.
        """
        if self.top is not None:
            return self.top
        largest = self.percentile(100)
        ranges = (2.0**bits - 1 for bits in CAMERA_BITS)
        if self.whole.dtype.kind in "iu":
            return next((top for top in ranges if top >= largest), largest)
        return largest

    def rescale(self, slope: float, shift: float, *, top: float | None = None) -> GreyLevels:
        """The scale after ``level → slope · level + shift``; photons of a level stay."""
        return replace(
            self,
            black=slope * self.black + shift,
            slope=slope * self.slope,
            shift=slope * self.shift + shift,
            top=top,
        )

    def with_black(self, black: float) -> GreyLevels:
        """The scale with another level without light."""
        return replace(self, black=black)
